import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KpiFact } from '../../../core/kpi/facts.ts';
import { kpiReport, overdueByQuarter, quarterOf, type KpiReport } from '../../../core/kpi/report.ts';
import { addFacts, noFacts, type KpiTally } from '../../../core/kpi/tally.ts';

const day = (n: number): string => new Date(Date.UTC(2026, 0, 1) + n * 86_400_000).toISOString();
const lastDay = 700;

/** One thing's own facts, each at a day of its own, as the world tells them when nothing is late. */
const keyHistory = (n: number) =>
  fc.uniqueArray(fc.record({ on: fc.nat(lastDay), rotation: fc.constantFrom('on', 'off', 'not possible', 'gone'), retained: fc.boolean() }), { selector: (s) => s.on, maxLength: 5 }).map((steps) =>
    steps.map(({ on, rotation, retained }): KpiFact => {
      const keyArn = `arn:key/${n}`;
      return rotation === 'gone' ? { fact: 'key-gone', at: day(on), keyArn } : { fact: 'key-seen', at: day(on), keyArn, rotation: rotation as 'on', retained };
    }),
  );
/** A key of one Region, and a multi-Region key in three, whose primary key may move from one to another; in another account the same id is another key. */
const aboutKeys = ['arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab', ...['eu-central-1', 'eu-west-1', 'us-east-1'].map((region) => `arn:aws:kms:${region}:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab`), 'arn:aws:kms:eu-west-1:444455556666:key/mrk-1234abcd12ab34cd56ef1234567890ab'];
const findingHistory = (n: number) =>
  fc.record({ about: fc.constantFrom(...aboutKeys), isReplica: fc.boolean(), opens: fc.nat(lastDay), lasts: fc.option(fc.nat(200)), kind: fc.constantFrom('rotation-off', 'overdue', 'alias-moved'), notMended: fc.option(fc.constantFrom('excused' as const, 'out of use' as const, 'no longer swept' as const)) }).map(({ about, isReplica, opens, lasts, kind, notMended }): KpiFact[] => [
    { fact: 'finding-opened', at: day(opens), findingId: `f${n}`, kind, about, evidence: 'sweep', ...(isReplica ? { isReplica } : {}) },
    ...(lasts === null ? [] : [{ fact: 'finding-closed' as const, at: day(opens + lasts), findingId: `f${n}`, evidence: 'sweep', ...(notMended === null ? {} : { notMended }) }]),
  ]);
const approvalHistory = (n: number) =>
  fc
    .record({
      asked: fc.nat(lastDay),
      takes: fc.nat(30),
      stage: fc.constantFrom('start', 'cutover', 'retire'),
      outcome: fc.constantFrom('approved' as const, 'refused' as const, 'timed out' as const),
      seenAfter: fc.option(fc.nat(30)),
      decisions: fc.array(fc.record({ group: fc.constantFrom('security', 'owners'), after: fc.nat(30) }), { maxLength: 3 }),
    })
    .map(({ asked, takes, stage, outcome, seenAfter, decisions }): KpiFact[] => {
      const seen = seenAfter === null ? {} : { seenAt: day(asked + Math.min(takes, seenAfter)) };
      const decided = decisions.map(({ group, after }) => ({ group, at: day(asked + Math.min(takes, after)) }));
      return [{ fact: 'approval-settled', at: day(asked + takes), approvalId: `q${n}`, requestedAt: day(asked), stage, outcome, ...seen, decisions: decided }];
    });

const many = (of: (n: number) => fc.Arbitrary<KpiFact[]>, count: number): fc.Arbitrary<KpiFact[]> => fc.tuple(...Array.from({ length: count }, (_, n) => of(n))).map((lists) => lists.flat());
const history = fc.tuple(many(keyHistory, 6), many(findingHistory, 8), many(approvalHistory, 4)).map((lists) => lists.flat());

/** The KPIs counted day by day from the whole ledger, with no thought for speed. */
function counted(ledger: readonly KpiFact[], asOf: string): KpiReport {
  const facts = ledger.filter((f) => f.at <= asOf);
  const from = day((Date.parse(asOf) - Date.parse(day(0))) / 86_400_000 - 365);
  const standing = [...Array(6).keys()].flatMap((n) => {
    const of = facts.filter((f) => 'keyArn' in f && f.keyArn === `arn:key/${n}`).sort((a, b) => (a.at < b.at ? -1 : 1));
    return of.slice(-1);
  });
  const eligible = standing.flatMap((f) => (f.fact === 'key-seen' && f.rotation !== 'not possible' ? [f] : []));
  const retained = standing.flatMap((f) => (f.fact === 'key-seen' && f.retained ? [f.keyArn] : []));
  const on = eligible.filter((f) => f.rotation === 'on').length;
  const findings = facts.flatMap((f) => {
    if (f.fact !== 'finding-opened') return [];
    const end = facts.flatMap((e) => (e.fact === 'finding-closed' && e.findingId === f.findingId ? [e] : []))[0];
    return [{ ...f, end: end?.at, isMended: end !== undefined && end.notMended === undefined }];
  });
  /** Of a key in several Regions one Region counts: one in which it was ever found as the primary key, else any; the first of these. */
  const counts = (arn: string): boolean => {
    const [, , , , account, key = ''] = arn.split(':');
    const same = findings.filter((f) => f.kind === 'rotation-off' && key.startsWith('key/mrk-') && f.about.endsWith(`:${account}:${key}`));
    const primary = same.filter((f) => f.isReplica === undefined);
    return !key.startsWith('key/mrk-') || (primary.length > 0 ? primary : same).map((f) => f.about).sort()[0] === arn;
  };
  const measure = (cases: { id: string; seconds: number }[]) => {
    const ids = [...new Set(cases.map((c) => c.id))].sort();
    if (cases.length === 0) return { count: 0 as const, ids };
    const seconds = cases.map((c) => c.seconds).sort((a, b) => a - b);
    // The smallest time that so many cases do not exceed.
    const within = (share: number) => seconds.find((s) => seconds.filter((other) => other <= s).length >= share * seconds.length) ?? Number.NaN;
    return { count: cases.length, meanSeconds: seconds.reduce((a, b) => a + b) / seconds.length, p50Seconds: within(0.5), p90Seconds: within(0.9), ids };
  };
  const seconds = (a: string, b: string) => (Date.parse(b) - Date.parse(a)) / 1000;
  const overdue: Record<string, Set<string>> = {};
  for (const f of findings.filter((x) => x.kind === 'overdue'))
    for (let n = 0; day(n) <= asOf; n++) if (day(n) >= f.at && (f.end === undefined || day(n) <= f.end)) (overdue[quarterOf(day(n))] ??= new Set()).add(f.findingId);
  const settled = facts.flatMap((f) => (f.fact === 'approval-settled' && f.at > from ? [f] : []));
  const kinds = [...new Set(findings.filter((f) => f.end === undefined).map((f) => f.kind))].sort();
  return {
    asOf,
    windowDays: 365,
    automaticRotation: { on, eligible: eligible.length, ...(eligible.length > 0 ? { percent: (on * 100) / eligible.length } : {}), off: eligible.filter((f) => f.rotation === 'off').map((f) => f.keyArn).sort() },
    timeToRemediate: measure(findings.flatMap((f) => (f.kind === 'rotation-off' && counts(f.about) && f.isMended && f.end !== undefined && f.end > from ? [{ id: f.findingId, seconds: seconds(f.at, f.end) }] : []))),
    overdueManualRotations: Object.fromEntries(Object.keys(overdue).sort().map((q) => [q, [...(overdue[q] ?? [])].sort()])),
    findings: {
      open: Object.fromEntries(kinds.map((k) => [k, findings.filter((f) => f.end === undefined && f.kind === k).map((f) => f.findingId).sort()])),
      opened: findings.length,
      closed: findings.filter((f) => f.end !== undefined).length,
    },
    approvalDelay: measure(settled.flatMap((f) => (f.outcome === 'timed out' ? [] : [{ id: f.approvalId, seconds: seconds(f.requestedAt, f.at) }]))),
    approvalStages: ['cutover', 'retire', 'start'].flatMap((stage) => {
      const those = settled.filter((f) => f.stage === stage);
      const groups = ['owners', 'security'].flatMap((group) => {
        const cases = those.flatMap((f) => f.decisions.filter((d) => d.group === group).map((d) => ({ id: f.approvalId, seconds: seconds(f.requestedAt, d.at) })));
        return cases.length === 0 ? [] : [{ group, ...measure(cases) }];
      });
      if (those.length === 0) return [];
      return [
        {
          stage,
          seen: measure(those.flatMap((f) => (f.seenAt === undefined ? [] : [{ id: f.approvalId, seconds: seconds(f.requestedAt, f.seenAt) }]))),
          settled: measure(those.flatMap((f) => (f.outcome === 'timed out' ? [] : [{ id: f.approvalId, seconds: seconds(f.requestedAt, f.at) }]))),
          timedOut: those.filter((f) => f.outcome === 'timed out').map((f) => f.approvalId).sort(),
          byGroup: groups,
        },
      ];
    }),
    retainedKeys: { count: retained.length, dollarsPerMonth: retained.length, keys: retained.sort() },
  };
}

/** A day's end on the way from one sweep to the next. */
const stored = (tally: KpiTally): KpiTally => JSON.parse(JSON.stringify(tally)) as KpiTally;

describe('KPIs that are carried on from sweep to sweep', () => {
  test('equal those counted anew from the ledger, on any day of any history', () => {
    fc.assert(
      fc.property(history, fc.nat(lastDay + 250), (ledger, on) => {
        let tally = noFacts;
        for (const fact of ledger.filter((f) => f.at <= day(on))) tally = stored(addFacts(tally, [fact]));
        expect(kpiReport(tally, day(on))).toEqual(counted(ledger, day(on)));
      }),
      { numRuns: 300 },
    );
  });

  test('do not mind facts that come late, twice, or in any other order', () => {
    const shuffled = history.chain((ledger) => fc.tuple(fc.constant(ledger), fc.shuffledSubarray([...ledger, ...ledger], { minLength: 2 * ledger.length }), fc.nat(5)));
    fc.assert(
      fc.property(shuffled, ([ledger, told, size]) => {
        let tally = noFacts;
        for (let i = 0; i < told.length; i += size + 1) tally = stored(addFacts(tally, told.slice(i, i + size + 1)));
        expect(kpiReport(tally, day(lastDay + 250))).toEqual(counted(ledger, day(lastDay + 250)));
      }),
      { numRuns: 200 },
    );
  });
});

describe('single figures', () => {
  const report = (...facts: KpiFact[]) => kpiReport(addFacts(noFacts, facts), day(100));
  const opened = (findingId: string, on: number, kind = 'rotation-off', more: object = {}): KpiFact => ({ fact: 'finding-opened', at: day(on), findingId, kind, about: findingId, evidence: 'CreateKey event', ...more });
  const closed = (findingId: string, on: number): KpiFact => ({ fact: 'finding-closed', at: day(on), findingId, evidence: 'sweep' });

  test('without a key there is no percentage, rather than 0 or 100', () => expect(report().automaticRotation).toEqual({ on: 0, eligible: 0, off: [] }));

  test('a multi-Region key counts once, as it was seen last; keys of other accounts are others', () => {
    const seen = (region: string, account: string, on: number, rotation: 'on' | 'off' | 'not possible'): KpiFact => ({ fact: 'key-seen', at: day(on), keyArn: `arn:aws:kms:${region}:${account}:key/mrk-1234abcd12ab34cd56ef1234567890ab`, rotation, retained: false });
    const off = ['eu-central-1', 'eu-west-1', 'us-east-1'].map((region) => seen(region, '111122223333', 10, 'off'));
    expect(report(...off, seen('eu-central-1', '444455556666', 10, 'on')).automaticRotation).toMatchObject({ on: 1, eligible: 2, percent: 50, off: [expect.stringContaining('111122223333')] });
    // Switched on at the primary; the sweeps of the replicas are still to come.
    expect(report(...off, seen('eu-west-1', '111122223333', 11, 'on')).automaticRotation).toEqual({ on: 1, eligible: 1, percent: 100, off: [] });
    // A replica that is disabled by itself says nothing of the others.
    expect(report(...off, seen('us-east-1', '111122223333', 11, 'not possible')).automaticRotation).toMatchObject({ on: 0, eligible: 1 });
  });

  test('the 90th percentile is a time that really was', () => {
    const facts = [1, 2, 3, 4, 5, 6, 7, 8, 9, 60].flatMap((lasts, i) => [opened(`f${i}`, 10), closed(`f${i}`, 10 + lasts)]);
    expect(report(...facts).timeToRemediate).toMatchObject({ count: 10, p90Seconds: 9 * 86_400, meanSeconds: 10.5 * 86_400 });
  });

  describe('of a multi-Region key', () => {
    const [, central = '', west = '', east = '', elsewhere = ''] = aboutKeys;
    const replica = (about: string) => ({ about, isReplica: true });
    const times = (...facts: KpiFact[]) => report(...facts).timeToRemediate;

    test('the time to remediate is that of its primary key, whatever was found first and whatever the sweeps of replicas see later', () => {
      const found = [opened('of west', 10, 'rotation-off', replica(west)), opened('of central', 11, 'rotation-off', { about: central }), opened('of east', 12, 'rotation-off', replica(east))];
      expect(times(...found, closed('of central', 15), closed('of west', 16), closed('of east', 20))).toEqual({ count: 1, meanSeconds: 4 * 86_400, p50Seconds: 4 * 86_400, p90Seconds: 4 * 86_400, ids: ['of central'] });
      // Nor is it mended where only a replica is out of sight.
      expect(times(...found, closed('of west', 13))).toEqual({ count: 0, ids: [] });
    });
    test('it is a case each time, also when the primary key has moved', () => {
      const first = [opened('1 central', 10, 'rotation-off', { about: central }), opened('1 west', 10, 'rotation-off', replica(west)), closed('1 central', 11), closed('1 west', 12)];
      const then = [opened('2 central', 30, 'rotation-off', replica(central)), opened('2 west', 30, 'rotation-off', { about: west }), closed('2 central', 33), closed('2 west', 33)];
      expect(times(...first, ...then)).toMatchObject({ count: 2, meanSeconds: 2 * 86_400 });
    });
    test('one replica stands for it where the Region of its primary key is not swept', () => {
      expect(times(...[west, east].flatMap((arn) => [opened(arn, 10, 'rotation-off', replica(arn)), closed(arn, 12)]))).toMatchObject({ count: 1, ids: [west] });
    });
    test('one of the same id in another account is another key', () => {
      expect(times(...[central, elsewhere].flatMap((arn) => [opened(arn, 10, 'rotation-off', { about: arn }), closed(arn, 12)]))).toMatchObject({ count: 2 });
    });
  });

  test('an overdue rotation counts in every quarter that it spans', () => {
    const tally = addFacts(noFacts, [opened('f1', 80, 'overdue'), closed('f1', 300)]);
    expect(kpiReport(tally, day(400)).overdueManualRotations).toEqual({ '2026-Q1': ['f1'], '2026-Q2': ['f1'], '2026-Q3': ['f1'], '2026-Q4': ['f1'] });
  });

  test('a quarter without an overdue rotation is told as such', () => {
    expect(overdueByQuarter(kpiReport(noFacts, day(100)))).toEqual([['2026-Q2', []]]);
    expect(overdueByQuarter(kpiReport(addFacts(noFacts, [opened('f1', 10, 'overdue'), closed('f1', 20)]), day(100)))).toEqual([['2026-Q1', ['f1']], ['2026-Q2', []]]);
  });

  test('an end without its beginning does not count until the beginning is told', () => {
    const early = addFacts(noFacts, [closed('f1', 20)]);
    expect(kpiReport(early, day(100)).findings).toEqual({ open: {}, opened: 0, closed: 0 });
    expect(kpiReport(addFacts(early, [opened('f1', 10)]), day(100)).timeToRemediate).toMatchObject({ count: 1, meanSeconds: 864_000 });
  });

  test('a fact is read strictly', () => {
    expect(KpiFact.safeParse({ fact: 'key-gone', at: day(1), keyArn: 'k', by: 'x' }).success).toBe(false);
    expect(KpiFact.safeParse({ fact: 'key-gone', at: 'yesterday', keyArn: 'k' }).success).toBe(false);
  });
});
