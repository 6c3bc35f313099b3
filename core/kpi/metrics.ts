/**
 * The CloudWatch metrics of Rota: every name, unit and dimension. A metric is a line of JSON in a function's log, which CloudWatch takes out of it
 * (Amazon CloudWatch User Guide, "Specification: Embedded metric format"); one document of that form needs no library. No dimension names a key, an
 * alias or a rotation: each value of a dimension is a metric that somebody pays for.
 */
import { findingKinds, type FindingName } from '../inventory/finding.ts';
import type { Fact } from '../notice/facts.ts';
import { manualOverdue } from './facts.ts';
import { quarterOf, type KpiReport } from './report.ts';

export const metricNamespace = 'Rota';

/** Each metric with its unit, as CloudWatch writes units. */
const units = {
  AutomaticRotationPercent: 'Percent',
  /** Dimension `Finding`. */
  OpenFindings: 'Count',
  OpenHighFindings: 'Count',
  OverdueManualRotations: 'Count',
  OverdueManualRotationsThisQuarter: 'Count',
  TimeToRemediateMean: 'Seconds',
  TimeToRemediateP90: 'Seconds',
  ApprovalDelayMean: 'Seconds',
  RetainedKeys: 'Count',
  SweepsEnded: 'Count',
  SweepTargetsFailed: 'Count',
  /** Dimension `Severity`. */
  FindingsOpened: 'Count',
  ApprovalsTimedOut: 'Count',
} as const;
export type MetricName = keyof typeof units;

interface Measured {
  readonly values: Readonly<Partial<Record<MetricName, number>>>;
  readonly dimensions?: Readonly<Partial<Record<'Finding' | 'Severity', string>>>;
}

/** One document of the embedded metric format, at epoch milliseconds. */
function line({ values, dimensions = {} }: Measured, atMs: number): string {
  const Metrics = (Object.keys(values) as MetricName[]).map((Name) => ({ Name, Unit: units[Name] }));
  return JSON.stringify({ _aws: { Timestamp: atMs, CloudWatchMetrics: [{ Namespace: metricNamespace, Dimensions: [Object.keys(dimensions)], Metrics }] }, ...dimensions, ...values });
}

/** What became of a sweep, for whoever misses one. */
export interface SweepCount {
  readonly targetsFailed: number;
}

/**
 * The KPIs of a day as metrics: the figures of the report, none counted anew. Kinds of finding without an open one are told as 0, so that none stays where it
 * was. A figure that has no case has no metric. Keys whose exception or material ends soon are `OpenFindings` of `exception-ends` and `material-expires`.
 */
export function kpiMetrics({ asOf, automaticRotation, timeToRemediate, overdueManualRotations, findings: { open }, approvalDelay, retainedKeys }: KpiReport, { targetsFailed }: SweepCount, atMs: number): string[] {
  const count = (kind: string): number => open[kind]?.length ?? 0;
  const kinds = Object.keys(findingKinds) as FindingName[];
  const high = kinds.filter((kind) => findingKinds[kind].severity === 'high');
  const known = (name: MetricName, value: number | undefined): Measured['values'] => (value === undefined ? {} : { [name]: value });
  return [
    line(
      {
        values: {
          ...known('AutomaticRotationPercent', automaticRotation.percent),
          OpenHighFindings: high.reduce((sum, kind) => sum + count(kind), 0),
          OverdueManualRotations: count(manualOverdue),
          OverdueManualRotationsThisQuarter: overdueManualRotations[quarterOf(asOf)]?.length ?? 0,
          ...known('TimeToRemediateMean', timeToRemediate.meanSeconds),
          ...known('TimeToRemediateP90', timeToRemediate.p90Seconds),
          ...known('ApprovalDelayMean', approvalDelay.meanSeconds),
          RetainedKeys: retainedKeys.count,
          SweepsEnded: 1,
          SweepTargetsFailed: targetsFailed,
        },
      },
      atMs,
    ),
    ...kinds.map((Finding) => line({ values: { OpenFindings: count(Finding) }, dimensions: { Finding } }, atMs)),
  ];
}

/** What counts at once, and not with the next sweep: undefined for every other fact. */
export function factMetric({ type, detail }: Fact, atMs: number): string | undefined {
  if (type === 'Rota Approval Timed Out') return line({ values: { ApprovalsTimedOut: 1 } }, atMs);
  if (type === 'Rota Finding Opened') return line({ values: { FindingsOpened: 1 }, dimensions: { Severity: String(detail.severity) } }, atMs);
  return undefined;
}
