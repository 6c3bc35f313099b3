import { describe, expect, test } from 'vitest';
import { findingKinds } from '../../../core/inventory/finding.ts';
import { factMetric, kpiMetrics } from '../../../core/kpi/metrics.ts';
import type { KpiReport } from '../../../core/kpi/report.ts';

const atMs = Date.UTC(2026, 10, 27, 4, 30);
const report: KpiReport = {
  asOf: '2026-11-27T04:30:00Z',
  windowDays: 365,
  automaticRotation: { on: 3, eligible: 4, percent: 75, off: ['arn:k4'] },
  timeToRemediate: { count: 2, meanSeconds: 7200, p50Seconds: 3600, p90Seconds: 10_800, ids: ['a', 'b'] },
  overdueManualRotations: { '2026-Q3': ['x'], '2026-Q4': ['x', 'y', 'z'] },
  findings: { open: { overdue: ['y', 'z'], 'material-expires': ['m'], 'rotation-off': ['arn:k4'], 'exception-ends': ['e', 'f'] }, opened: 9, closed: 4 },
  approvalDelay: { count: 1, meanSeconds: 3600, p50Seconds: 3600, p90Seconds: 3600, ids: ['q'] },
  approvalStages: [],
  retainedKeys: { count: 5, dollarsPerMonth: 5, keys: [] },
};

interface Document {
  readonly _aws: { readonly Timestamp: number; readonly CloudWatchMetrics: readonly { readonly Namespace: string; readonly Dimensions: readonly (readonly string[])[]; readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[] }[] };
  readonly [member: string]: unknown;
}
const read = (lines: readonly string[]): Document[] => lines.map((line) => JSON.parse(line) as Document);
/** As CloudWatch would take them out: `Name{dimension=value} value`. */
const taken = (documents: readonly Document[]): string[] =>
  documents.flatMap((d) =>
    d._aws.CloudWatchMetrics.flatMap(({ Dimensions, Metrics }) => Dimensions.flatMap((names) => Metrics.map(({ Name }) => `${Name}${names.map((n) => `{${n}=${String(d[n])}}`).join('')} ${String(d[Name])}`))),
  );

describe('the KPIs as metrics', () => {
  const documents = read(kpiMetrics(report, { targetsFailed: 1 }, atMs));

  test('have the figures of the report', () => {
    expect(taken(documents).filter((m) => !m.startsWith('OpenFindings'))).toEqual([
      'AutomaticRotationPercent 75',
      // overdue, material-expires; rotation-off is medium, exception-ends a notice
      'OpenHighFindings 3',
      'OverdueManualRotations 2',
      'OverdueManualRotationsThisQuarter 3',
      'TimeToRemediateMean 7200',
      'TimeToRemediateP90 10800',
      'ApprovalDelayMean 3600',
      'RetainedKeys 5',
      'SweepsEnded 1',
      'SweepTargetsFailed 1',
    ]);
  });
  test('have every kind of finding, those without an open one too', () => {
    const byKind = taken(documents).filter((m) => m.startsWith('OpenFindings'));
    expect(byKind).toHaveLength(Object.keys(findingKinds).length);
    expect(byKind).toEqual(expect.arrayContaining(['OpenFindings{Finding=overdue} 2', 'OpenFindings{Finding=material-expires} 1', 'OpenFindings{Finding=exception-ends} 2', 'OpenFindings{Finding=rotation-off} 1', 'OpenFindings{Finding=alias-moved} 0']));
  });
  test('leave out what has no case', () => {
    const without: KpiReport = { ...report, automaticRotation: { on: 0, eligible: 0, off: [] }, timeToRemediate: { count: 0, ids: [] }, approvalDelay: { count: 0, ids: [] } };
    const names = taken(read(kpiMetrics(without, { targetsFailed: 0 }, atMs))).map((m) => m.replace(/[{ ].*/, ''));
    expect([...new Set(names)]).toEqual(['OpenHighFindings', 'OverdueManualRotations', 'OverdueManualRotationsThisQuarter', 'RetainedKeys', 'SweepsEnded', 'SweepTargetsFailed', 'OpenFindings']);
  });
  test('are documents of the embedded metric format, each on one line', () => {
    for (const line of kpiMetrics(report, { targetsFailed: 0 }, atMs)) {
      expect(line).not.toContain('\n');
      const { _aws: { Timestamp, CloudWatchMetrics }, ...members } = JSON.parse(line) as Document;
      expect(Timestamp).toBe(1_795_753_800_000);
      expect(CloudWatchMetrics).toHaveLength(1);
      for (const { Namespace, Dimensions, Metrics } of CloudWatchMetrics) {
        expect(Namespace).toBe('Rota');
        // One set, of one name at most: what more there was would be a metric more for each value.
        expect(Dimensions).toHaveLength(1);
        expect(Dimensions[0]?.length).toBeLessThanOrEqual(1);
        for (const name of Dimensions.flat()) expect(members[name]).toEqual(expect.any(String));
        expect(Metrics.length).toBeGreaterThan(0);
        for (const { Name, Unit } of Metrics) {
          expect(['Count', 'Percent', 'Seconds']).toContain(Unit);
          expect(members[Name]).toEqual(expect.any(Number));
        }
        // Nothing else is in the document, so no key and no alias.
        expect(Object.keys(members).sort()).toEqual([...Dimensions.flat(), ...Metrics.map((m) => m.Name)].sort());
      }
    }
  });
});

test.each([
  ['Rota Finding Opened', { severity: 'high', about: 'arn:k4' }, ['FindingsOpened{Severity=high} 1']],
  ['Rota Approval Timed Out', { approvalId: 'q' }, ['ApprovalsTimedOut 1']],
  ['Rota Finding Closed', { severity: 'high' }, []],
  ['Rota Approval Decided', {}, []],
])('%s counts as %j %j', (type, detail, metrics) => {
  const line = factMetric({ type, detail }, atMs);
  expect(taken(line === undefined ? [] : read([line]))).toEqual(metrics);
});
