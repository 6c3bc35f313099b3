import { isoSeconds } from '../clock.ts';
import type { StepRecord } from '../dossier/statement.ts';
import type { RolloverPlan } from '../plan/plan.ts';
import type { RolloverState } from './timing.ts';

/** A state of a rollover, with when it was reached, or the earliest time at which it can be. */
export interface RolloverDate {
  readonly state: RolloverState;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly because: string;
  readonly reached: boolean;
}

/** What a completed `publish-keys` step answered. */
export interface Publication {
  readonly sequence: number;
  readonly keySetSha256: string;
  readonly oldThumbprint: string;
  readonly newThumbprint: string;
  readonly publishedAt: string;
}

interface Rule {
  readonly state: RolloverState;
  /** The step whose completion reaches the state; a turn or a round may follow its name. */
  readonly step: RegExp;
  /** Where the step's answer tells the time; else it is when the step completed. */
  readonly at?: 'publishedAt' | 'stoppedAt';
  readonly holds?: (result: Readonly<Record<string, unknown>>) => boolean;
  readonly because: string;
}

/**
 * How the ledger shows each state, in their order. The key set of an emergency and of keys that others encrypt to loses the old
 * key as soon as the new one is there, so that `switch` removes it, too.
 */
const rules: readonly Rule[] = [
  { state: 'GENERATED', step: /^create-successor$/, because: 'the successor key was made' },
  { state: 'PUBLISHED', step: /^publish-keys\.(introduce|emergency)$/, at: 'publishedAt', because: 'every target served the new key' },
  { state: 'READY', step: /^plan-cutover(\.\d+)?$/, because: 'every cache had the new key, and the consumers acknowledged it' },
  { state: 'ACTIVE', step: /^repoint-aliases$/, because: 'the aliases moved to the new key' },
  { state: 'RETIRED', step: /^stop-key\.old(\.\d+)?$/, at: 'stoppedAt', because: 'the old key was stopped' },
  { state: 'DRAINED', step: /^check-drained(\.\d+)*$/, holds: (result) => result.drained === true, because: 'nothing that the old key made was alive' },
  { state: 'REMOVED', step: /^publish-keys\.(remove|switch)(\.\d+)?$/, at: 'publishedAt', because: 'the old key left the key set' },
];

const completed = (steps: readonly StepRecord[], name: RegExp): StepRecord[] => steps.filter((s) => s.completedAt !== undefined && name.test(s.step));
const resultOf = ({ result }: StepRecord): Readonly<Record<string, unknown>> => (result ?? {}) as Readonly<Record<string, unknown>>;

/** When a rule was first met, ISO 8601. */
function metAt(steps: readonly StepRecord[], { step, at, holds = () => true }: Rule): string | undefined {
  const first = completed(steps, step).find((s) => holds(resultOf(s)));
  if (first === undefined) return undefined;
  const told = at === undefined ? undefined : resultOf(first)[at];
  return isoSeconds(Date.parse(typeof told === 'string' ? told : (first.completedAt ?? '')));
}

/**
 * The states of a rollover: those reached with their time, those to come with the earliest one, which keeps the distances of the
 * plan and is never before `nowMs`. An emergency has no READY, since nobody was waited for.
 */
export function rolloverDates({ dates, emergency }: Pick<RolloverPlan, 'dates' | 'emergency'>, steps: readonly StepRecord[], nowMs: number): RolloverDate[] {
  const planned = new Map(dates.map((d) => [d.state, d]));
  const startMs = Date.parse(dates[0]?.at ?? isoSeconds(nowMs));
  let beforeMs = nowMs;
  let plannedBeforeMs = startMs;
  return rules.flatMap((rule): RolloverDate[] => {
    const { state } = rule;
    const plan = planned.get(state);
    const known = plan !== undefined || state === 'GENERATED' || (emergency && state === 'RETIRED');
    const reachedAt = known ? metAt(steps, rule) : undefined;
    if (reachedAt === undefined && plan === undefined && state !== 'GENERATED') return [];
    const plannedMs = plan === undefined ? plannedBeforeMs : Date.parse(plan.at);
    const earliestMs = Math.max(nowMs, beforeMs + (plannedMs - plannedBeforeMs));
    beforeMs = reachedAt === undefined ? earliestMs : Date.parse(reachedAt);
    plannedBeforeMs = plannedMs;
    if (reachedAt !== undefined) return [{ state, at: reachedAt, because: rule.because, reached: true }];
    return [{ state, at: isoSeconds(earliestMs), because: plan?.because ?? 'the start', reached: false }];
  });
}

/** Where a rollover stands: the last of its states before the first that is not reached. */
export function stateOf(dates: readonly RolloverDate[]): RolloverState | 'PLANNED' {
  const open = dates.findIndex((d) => !d.reached);
  return (open === -1 ? dates : dates.slice(0, open)).at(-1)?.state ?? 'PLANNED';
}

/** The publication that introduced the new key, once every target served it. */
export const introducedIn = (steps: readonly StepRecord[]): Publication | undefined =>
  completed(steps, /^publish-keys\.introduce$/).map((s) => s.result as unknown as Publication)[0];

/** The key set that a rotation published last. */
export const lastPublishedIn = (steps: readonly StepRecord[]): Publication | undefined =>
  completed(steps, /^publish-keys\./).map((s) => s.result as unknown as Publication).reduce<Publication | undefined>((last, p) => (last === undefined || p.sequence >= last.sequence ? p : last), undefined);

/** Since when the aliases are back at the old key, where the rotation was rolled back while the old key drained. */
export function putBackIn(steps: readonly StepRecord[]): string | undefined {
  const back = completed(steps, /^repoint-aliases\.\d+$/).at(-1);
  const undone = completed(steps, /^restore-aliases\.\d+$/).some((s) => s.step.split('.')[1] === back?.step.split('.')[1]);
  return back === undefined || undone ? undefined : isoSeconds(Date.parse(back.completedAt ?? ''));
}
