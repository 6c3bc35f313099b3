import { isoSeconds } from '../clock.ts';
import { scaled } from '../kms-quotas.ts';
import { bottleneckOf, type KmsRates } from '../pace/kms-rates.ts';

/** What a wave of rotations was asked to be. */
export interface WaveRequest {
  readonly waveId: string;
  readonly requestedBy: string;
  readonly reason: string;
  readonly requestedAt: string;
  /** How many are rotated first; the others wait until these are complete. */
  readonly canaries: number;
  /** Of those that have ended, what share may end otherwise than complete before nothing more is started; 0 to 1. */
  readonly failureShare: number;
  /** Of each of KMS's request quotas, what the wave may take; above 0, to 1. */
  readonly quotaShare: number;
}

/** The wave as it goes on. */
export interface Wave extends WaveRequest {
  /** Nothing more is started: since when and why. What has been started goes on. */
  readonly stopped?: { readonly at: string; readonly because: string };
  /** Failures up to when somebody let it go on; they stop it no more. */
  readonly forgiven: number;
  readonly endedAt?: string;
}

/** One key of a wave. What became of its rotation is in the ledger; `outcome` is what the wave has seen of it. */
export interface WaveMember {
  readonly alias: string;
  /** Its place in the order of starting. */
  readonly place: number;
  readonly rotationId: string;
  readonly workflow: 'byok-rotation' | 'asymmetric-rotation';
  /** Where the alias led when the wave was asked for. */
  readonly keyId: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  /** As the ledger has it; or `skipped`, when its turn came and there was nothing to do. */
  readonly outcome?: string;
  /** Why it was skipped, or what it waits for after its aliases have moved. */
  readonly why?: string;
}

/** `rate`: as fast as the quotas allow. `canaries`: until the first ones are complete. */
type WaveState = 'canaries' | 'rate' | 'stopped' | 'all started' | 'ended';

export interface WaveVerdict {
  readonly state: WaveState;
  /** Those that may be started now, in their order. */
  readonly mayStart: readonly WaveMember[];
  /** Why it must be stopped now. */
  readonly mustStop?: string;
}

const hasFailed = ({ outcome }: WaveMember): boolean => outcome !== undefined && outcome !== 'complete' && outcome !== 'skipped';

/** What share may end otherwise than complete when nobody says so. */
export const usualFailureShare = 0.05;

/** So many keys at most: as many answers in one DynamoDB partition and one signed request are still quick. */
export const largestWave = 1000;

/** How many are canaries when nobody says so: one in twenty, and one at least. */
export const usualCanaries = (keys: number): number => Math.max(1, Math.ceil(keys / 20));

/**
 * What a wave does next. Canaries first, and all of them must be complete; then the others, until too large a share of what has ended was not.
 * One that was skipped is no canary: the next takes its place.
 */
export function judgeWave(wave: Wave, members: readonly WaveMember[]): WaveVerdict {
  const inOrder = byPlace(members);
  const waiting = inOrder.filter((m) => m.startedAt === undefined && m.outcome === undefined);
  const open = inOrder.filter((m) => m.outcome === undefined);
  if (open.length === 0) return { state: 'ended', mayStart: [] };
  if (wave.stopped !== undefined) return { state: 'stopped', mayStart: [] };
  const canaries = inOrder.filter((m) => m.outcome !== 'skipped').slice(0, wave.canaries);
  const ended = inOrder.filter((m) => m.outcome !== undefined && m.outcome !== 'skipped');
  const failed = ended.filter(hasFailed).length - wave.forgiven;
  const failedCanary = wave.forgiven === 0 ? canaries.find(hasFailed) : undefined;
  if (failedCanary !== undefined) return { state: 'canaries', mayStart: [], mustStop: `the canary ${failedCanary.alias} ended as ${failedCanary.outcome ?? ''}` };
  if (failed > 0 && failed / (ended.length - wave.forgiven) > wave.failureShare)
    return { state: 'rate', mayStart: [], mustStop: `${failed} of ${ended.length - wave.forgiven} that have ended did not complete, which is more than ${percent(wave.failureShare)}` };
  const canariesOpen = canaries.some((m) => m.outcome === undefined);
  const mayStart = canariesOpen ? canaries.filter((m) => waiting.includes(m)) : waiting;
  if (canariesOpen) return { state: 'canaries', mayStart };
  return { state: waiting.length === 0 ? 'all started' : 'rate', mayStart };
}

/** A share of 1 in words: `2.5 %`. */
export const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;

/** How a wave stands, for people. Times are ISO 8601. */
export interface WaveStatus extends Omit<Wave, 'forgiven'> {
  readonly state: WaveState;
  readonly counts: { readonly waiting: number; readonly underWay: number; readonly complete: number; readonly failed: number; readonly skipped: number };
  /** What holds it up, and how many rotations a second that lets through. */
  readonly bottleneck: { readonly operation: string; readonly perSecond: number };
  /** When the last one will be started, and, once one has ended, when the last one will have ended if the others take as long. */
  readonly lastStartAt?: string;
  readonly predictedEnd?: string;
  readonly members: readonly WaveMember[];
}

/** A wave in a list: all but its keys, which may be a thousand. */
export type WaveSummary = Omit<WaveStatus, 'members'>;

/** How many of its keys stand how, in words. */
export const countsText = ({ counts: { waiting, underWay, complete, failed, skipped } }: Pick<WaveSummary, 'counts'>): string =>
  [`${complete} complete`, ...(failed > 0 ? [`${failed} failed`] : []), ...(skipped > 0 ? [`${skipped} skipped`] : []), `${underWay} under way`, `${waiting} not started`].join(', ');

/** How a wave stands, with each of its keys. `nowMs` is epoch milliseconds. */
export const waveStatus = (wave: Wave, members: readonly WaveMember[], rates: KmsRates, nowMs: number): WaveStatus => ({ ...waveSummary(wave, members, rates, nowMs), members: byPlace(members) });

const byPlace = (members: readonly WaveMember[]): WaveMember[] => [...members].sort((a, b) => a.place - b.place);

/** Counts and predicts. `nowMs` is epoch milliseconds. */
export function waveSummary(whole: Wave, members: readonly WaveMember[], rates: KmsRates, nowMs: number): WaveSummary {
  const { forgiven, ...wave } = whole;
  const inOrder = byPlace(members);
  const waiting = inOrder.filter((m) => m.startedAt === undefined && m.outcome === undefined);
  const underWay = inOrder.filter((m) => m.startedAt !== undefined && m.outcome === undefined);
  const shared = scaled(rates, wave.quotaShare);
  const slowest = (waiting.length > 0 ? waiting : inOrder).map((m) => bottleneckOf(m.workflow, shared)).sort((a, b) => a.perSecond - b.perSecond)[0] ?? { operation: 'CreateKey', perSecond: shared.CreateKey };
  const state = judgeWave({ ...wave, forgiven }, members).state;
  const startsMs = nowMs + waiting.reduce((ms, m) => ms + 1000 / bottleneckOf(m.workflow, shared).perSecond, 0);
  const took = inOrder.flatMap(({ startedAt, endedAt, outcome }) => (outcome === 'complete' && startedAt !== undefined && endedAt !== undefined ? [Date.parse(endedAt) - Date.parse(startedAt)] : []));
  const meanMs = took.reduce((sum, ms) => sum + ms, 0) / took.length;
  const goesOn = state !== 'ended' && state !== 'stopped';
  const lastMs = waiting.length > 0 ? startsMs : Math.max(0, ...underWay.map((m) => Date.parse(m.startedAt ?? '')));
  return {
    ...wave,
    state,
    counts: {
      waiting: waiting.length,
      underWay: underWay.length,
      complete: inOrder.filter((m) => m.outcome === 'complete').length,
      failed: inOrder.filter(hasFailed).length,
      skipped: inOrder.filter((m) => m.outcome === 'skipped').length,
    },
    bottleneck: slowest,
    ...(goesOn && waiting.length > 0 ? { lastStartAt: isoSeconds(startsMs) } : {}),
    ...(goesOn && took.length > 0 ? { predictedEnd: isoSeconds(Math.max(nowMs, lastMs + meanMs)) } : {}),
  };
}
