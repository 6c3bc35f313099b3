import { approvalDelays, type StageDelay } from '../approval/delay.ts';
import { secondsPerDay } from '../clock.ts';
import { durations, type Durations } from '../spread.ts';
import { manualOverdue, rotationOff } from './facts.ts';
import type { FindingTally, KpiTally } from './tally.ts';

/** The KPIs as of a moment; every figure comes with the keys, findings or questions behind it. */
export interface KpiReport {
  readonly asOf: string;
  /** Days before `asOf` that durations are taken over. */
  readonly windowDays: number;
  /** Of the customer managed symmetric keys that KMS could rotate: how many it does, a multi-Region key counted once. NIST SP 800-57 Part 1, 5.3. */
  readonly automaticRotation: { readonly on: number; readonly eligible: number; readonly percent?: number; readonly off: readonly string[] };
  /**
   * From a key found without automatic rotation to the same key with it, closed within the window; neither exceptions, nor keys that were disabled or deleted or are no longer swept.
   * A multi-Region key is one case, that of its primary key: one act there mends it in every Region. Where no sweep has found the primary key so, that of one replica.
   */
  readonly timeToRemediate: Durations;
  /** Manual rotations that were overdue at some time in a quarter, by quarter (`2026-Q4`, in UTC); a quarter without is left out. */
  readonly overdueManualRotations: Readonly<Record<string, readonly string[]>>;
  readonly findings: { readonly open: Readonly<Record<string, readonly string[]>>; readonly opened: number; readonly closed: number };
  /** From a question to its approval or refusal, within the window. */
  readonly approvalDelay: Durations;
  /** The same by stage and by group, with what was seen when and what ran out of time. */
  readonly approvalStages: readonly StageDelay[];
  /** Keys kept after their rotation. KMS pricing: one dollar a key and month. */
  readonly retainedKeys: { readonly count: number; readonly dollarsPerMonth: number; readonly keys: readonly string[] };
}

/** The figures of a day that a plot shows, without what is behind them. */
export interface KpiFigures {
  readonly asOf: string;
  /** Of symmetric keys, those that KMS rotates; none where there is no such key. */
  readonly percent?: number;
  /** How many findings are open. */
  readonly open: number;
}

export const openFindings = ({ findings }: KpiReport): number => Object.values(findings.open).reduce((sum, ids) => sum + ids.length, 0);

export const figuresOf = (report: KpiReport): KpiFigures => {
  const { percent } = report.automaticRotation;
  return { asOf: report.asOf, ...(percent === undefined ? {} : { percent }), open: openFindings(report) };
};

const dollarsPerKeyMonth = 1;

/** The report of a tally of facts none of which is later than `asOf` (ISO 8601, UTC). For an earlier date, add the facts up to that date only. */
export function kpiReport({ keys, findings, approvals }: KpiTally, asOf: string, windowDays = 365): KpiReport {
  const from = new Date(Date.parse(asOf) - windowDays * secondsPerDay * 1000).toISOString();
  const inWindow = (at: string): boolean => Date.parse(at) > Date.parse(from);
  const seen = Object.values(keys).filter((k) => k.fact === 'key-seen');
  const eligible = onceEach(seen.filter((k) => k.rotation !== 'not possible'));
  const off = sorted(eligible.filter((k) => k.rotation === 'off').map((k) => k.keyArn));
  const retained = sorted(seen.filter((k) => k.retained).map((k) => k.keyArn));
  const told = Object.entries(findings).flatMap(([id, f]) => episodeOf(id, f));
  const closed = told.filter((f) => f.closedAt !== undefined);
  const settled = Object.values(approvals).filter((a) => inWindow(a.at));
  return {
    asOf,
    windowDays,
    automaticRotation: { on: eligible.length - off.length, eligible: eligible.length, ...(eligible.length === 0 ? {} : { percent: (100 * (eligible.length - off.length)) / eligible.length }), off },
    timeToRemediate: durations(ofEachKey(told.filter((f) => f.kind === rotationOff)).filter((f) => f.isMended && inWindow(f.closedAt ?? '')).map((f) => ({ id: f.id, from: f.openedAt, to: f.closedAt ?? '' }))),
    overdueManualRotations: byQuarter(told.filter((f) => f.kind === manualOverdue), asOf),
    findings: { open: openByKind(told), opened: told.length, closed: closed.length },
    approvalDelay: durations(settled.filter((a) => a.outcome !== 'timed out').map((a) => ({ id: a.approvalId, from: a.requestedAt, to: a.at }))),
    approvalStages: approvalDelays(settled),
    retainedKeys: { count: retained.length, dollarsPerMonth: retained.length * dollarsPerKeyMonth, keys: retained },
  };
}

/**
 * Of each multi-Region key what was seen last, in whichever Region: primary and replicas have one id, one material and one rotation, so they are one
 * key that rotates or does not (KMS-DG "multi-region-keys-overview", shared properties). Any other key is its own.
 */
function onceEach<K extends { readonly keyArn: string; readonly at: string }>(keys: readonly K[]): K[] {
  const last = new Map<string, K>();
  for (const key of keys) {
    const name = nameInAllRegions(key.keyArn);
    const known = last.get(name);
    if (known === undefined || known.at < key.at || (known.at === key.at && known.keyArn < key.keyArn)) last.set(name, key);
  }
  return [...last.values()];
}

/** What the ARN of a multi-Region key has in common in every Region; any other ARN as it is. */
const nameInAllRegions = (keyArn: string): string => keyArn.replace(/^.*:(\d{12}:key\/mrk-)/, '$1');

interface Episode {
  readonly id: string;
  readonly kind: string;
  readonly about: string;
  readonly isReplica: boolean;
  readonly openedAt: string;
  readonly closedAt?: string;
  readonly isMended: boolean;
}

/** A finding whose beginning is not told yet counts when it is. */
function episodeOf(id: string, { opened, closed }: FindingTally): Episode[] {
  if (opened === undefined) return [];
  return [{ id, kind: opened.kind, about: opened.about, isReplica: opened.isReplica === true, openedAt: opened.at, ...(closed === undefined ? { isMended: false } : { closedAt: closed.at, isMended: closed.notMended === undefined }) }];
}

function openByKind(episodes: readonly Episode[]): Record<string, string[]> {
  const open: Record<string, string[]> = {};
  for (const { id, kind, closedAt } of episodes) if (closedAt === undefined) (open[kind] ??= []).push(id);
  for (const ids of Object.values(open)) ids.sort();
  return Object.fromEntries(Object.entries(open).sort(([a], [b]) => a.localeCompare(b)));
}

/** Of each multi-Region key the episodes of its primary key alone; where there are none, those of the replica whose ARN comes first: any rule does, if it is one. */
function ofEachKey(episodes: readonly Episode[]): Episode[] {
  const counts = new Map<string, Episode>();
  for (const one of episodes) {
    const name = nameInAllRegions(one.about);
    const known = counts.get(name);
    if (known === undefined || (known.isReplica && !one.isReplica) || (known.isReplica === one.isReplica && one.about < known.about)) counts.set(name, one);
  }
  return episodes.filter(({ about }) => counts.get(nameInAllRegions(about))?.about === about);
}

/** `2026-Q4` of a moment, in UTC. */
export function quarterOf(at: string): string {
  const date = new Date(at);
  return `${date.getUTCFullYear()}-Q${Math.floor(date.getUTCMonth() / 3) + 1}`;
}

function nextQuarter(quarter: string): string {
  const [year = 0, q = 0] = quarter.split('-Q').map(Number);
  return q === 4 ? `${year + 1}-Q1` : `${year}-Q${q + 1}`;
}

/** The quarters with overdue rotations, and the one of the report, so that none is told as none. */
export const overdueByQuarter = ({ asOf, overdueManualRotations }: Pick<KpiReport, 'asOf' | 'overdueManualRotations'>): readonly (readonly [quarter: string, ids: readonly string[]])[] =>
  Object.entries({ ...overdueManualRotations, [quarterOf(asOf)]: overdueManualRotations[quarterOf(asOf)] ?? [] }).sort(([a], [b]) => a.localeCompare(b));

/** Each quarter from the beginning of an episode to its end, or until now. */
function byQuarter(episodes: readonly Episode[], asOf: string): Record<string, string[]> {
  const quarters: Record<string, string[]> = {};
  for (const { id, openedAt, closedAt = asOf } of episodes) {
    const last = quarterOf(closedAt);
    for (let quarter = quarterOf(openedAt); quarter <= last; quarter = nextQuarter(quarter)) (quarters[quarter] ??= []).push(id);
  }
  for (const ids of Object.values(quarters)) ids.sort();
  return Object.fromEntries(Object.entries(quarters).sort(([a], [b]) => a.localeCompare(b)));
}

const sorted = (texts: readonly string[]): string[] => [...texts].sort();
