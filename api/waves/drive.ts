import { isoSeconds } from '../../core/clock.ts';
import { isRotaError } from '../../core/errors.ts';
import { scaled } from '../../core/kms-quotas.ts';
import { awaitsQuiet, notYetQuiet } from '../../core/rotation-status.ts';
import { bottleneckOf } from '../../core/pace/kms-rates.ts';
import { judgeWave, waveStatus, waveSummary, type Wave, type WaveMember, type WaveStatus, type WaveSummary } from '../../core/wave/wave.ts';
import { announceFact } from '../../store/events.ts';
import { describeKey } from '../../store/key-facts.ts';
import type { RotationStanding } from '../../store/ledger-table.ts';
import type { ApiDeps } from '../deps.ts';
import { start } from '../rotations/start.ts';

/** So many are on their way to their question, beside those whose turn comes before the next round: whatever runs them is spared the rest. */
const mostOnTheWay = 50;
/** Starts come a little faster than the scarcest operation lets them through: its own turns are what counts, and none goes by unused. */
const ahead = 1.1;

/**
 * Carries every open wave on: starts what may start, at the pace of its quotas, stops where too much fails, ends what is over. Called on a schedule;
 * it keeps nothing in memory, so that whoever comes next goes on. `aheadMs` is how long until it is called again. Answers how many it started.
 */
export async function driveWaves(deps: ApiDeps, aheadMs: number): Promise<number> {
  const driven = await Promise.allSettled((await deps.store.waves.openIds()).map((waveId) => drive(deps, waveId, aheadMs)));
  return driven.reduce((sum, d) => sum + (d.status === 'fulfilled' ? d.value : 0), 0);
}

/** How a wave stands: what was asked for, and what the ledger says of each rotation. Throws `NotFound`. */
export async function statusOfWave(deps: ApiDeps, waveId: string): Promise<WaveStatus> {
  const wave = await deps.store.waves.wave(waveId);
  const { members } = await observe(deps, wave);
  return waveStatus(wave, members, deps.kmsQuotas, deps.clock.now());
}

/** Every key of each of them is counted: twenty of the largest are twenty thousand items, and as many are answered within the 30 s of API Gateway. */
export const wavesAPage = 20;

/** How these waves stand, without their keys. One that a crash left half opened is none. */
export async function summariesOf(deps: ApiDeps, waveIds: readonly string[]): Promise<WaveSummary[]> {
  const summaries = waveIds.map(async (waveId) => {
    const wave = await openedWave(deps, waveId);
    return wave === undefined ? [] : [waveSummary(wave, (await observe(deps, wave)).members, deps.kmsQuotas, deps.clock.now())];
  });
  return (await Promise.all(summaries)).flat();
}

/** Undefined while a wave is being opened; what a crash left so stays so. */
function openedWave({ store }: ApiDeps, waveId: string): Promise<Wave | undefined> {
  return store.waves.wave(waveId).catch((error: unknown) => {
    if (!isRotaError(error, 'NotFound')) throw error;
    return undefined;
  });
}

async function drive(deps: ApiDeps, waveId: string, aheadMs: number): Promise<number> {
  const { store, clock } = deps;
  const wave = await openedWave(deps, waveId);
  if (wave === undefined) return 0;
  const { members, onTheWay } = await observe(deps, wave);
  const { state, mayStart, mustStop } = judgeWave(wave, members);
  const at = isoSeconds(clock.now());
  // Told before it is written: a crash in between tells it twice.
  if (mustStop !== undefined) {
    await tell(deps, wave, members, 'Rota Wave Stopped', mustStop);
    await store.waves.stop(waveId, { at, because: mustStop });
  }
  if (state === 'ended') {
    await tell(deps, wave, members, 'Rota Wave Ended');
    await store.waves.end(waveId, at);
  }
  const starting: WaveMember[] = [];
  for (const member of mayStart) {
    if (onTheWay + starting.length >= mostOnTheWay + (aheadMs / 1000) * startRate(deps, wave, member).perSecond) break;
    if (!(await hasTurn(deps, wave, member, aheadMs))) break;
    starting.push(member);
  }
  // Somebody may have stopped it meanwhile.
  if (starting.length === 0 || (await store.waves.wave(waveId)).stopped !== undefined) return 0;
  const started = await Promise.allSettled(starting.map((member) => startMember(deps, wave, member)));
  return started.filter((s) => s.status === 'fulfilled' && s.value).length;
}

/** All waves take their turns from one table, so that two at once are no faster than one. */
async function hasTurn(deps: ApiDeps, wave: Wave, member: WaveMember, aheadMs: number): Promise<boolean> {
  const { operation, perSecond } = startRate(deps, wave, member);
  const nowMs = deps.clock.now();
  const turn = await deps.store.paces.take({ pace: `${await deps.clients.kms.config.region()} starts for ${operation}`, perSecond, nowMs, latestMs: nowMs + aheadMs });
  return turn !== undefined;
}

function startRate({ kmsQuotas }: ApiDeps, { quotaShare }: Wave, { workflow }: WaveMember): { readonly operation: string; readonly perSecond: number } {
  const { operation, perSecond } = bottleneckOf(workflow, scaled(kmsQuotas, quotaShare));
  return { operation, perSecond: perSecond * ahead };
}

/** Asks for the rotation of a key, unless there is nothing left to do. Twice is once: its id is in the wave since it was opened. */
async function startMember(deps: ApiDeps, { waveId, requestedBy, reason, quotaShare }: Wave, member: WaveMember): Promise<boolean> {
  const { store, clock } = deps;
  const { rotationId, workflow, alias } = member;
  const why = await whyNot(deps, member);
  if (why !== undefined) {
    await store.waves.note(waveId, member, { outcome: 'skipped', why, endedAt: isoSeconds(clock.now()) });
    return false;
  }
  await start(deps, { rotationId, workflow, alias, requestedBy, reason, requestedAt: isoSeconds(clock.now()), waveId, quotaShare });
  return true;
}

/** What has come to be since the wave was opened. */
async function whyNot({ store, clients }: ApiDeps, { alias, keyId, rotationId }: WaveMember): Promise<string | undefined> {
  const found = await describeKey(clients.kms, alias).catch((error: unknown) => {
    if (!isRotaError(error, 'AliasUnknown')) throw error;
  });
  if (found === undefined) return 'its alias is gone';
  if (found.KeyId !== keyId) return `it leads to ${found.KeyId} since, so it has been rotated or moved`;
  const holders = [await store.ledger.lockHolder(keyId), await store.ledger.lockHolder(alias)];
  const other = holders.find((holder) => holder !== undefined && holder !== rotationId);
  return other === undefined ? undefined : `rotation ${other} of the same key is under way`;
}

interface Observed {
  readonly members: WaveMember[];
  /** How many are neither at their question to approvers nor over. */
  readonly onTheWay: number;
}

/** What the ledger says of every key of a wave; what has ended is noted, and not asked for again. */
async function observe({ store, clock }: ApiDeps, { waveId }: Wave): Promise<Observed> {
  const noted = await store.waves.members(waveId);
  const heads = new Map((await store.ledger.standingOf(noted.filter((m) => m.outcome === undefined).map((m) => m.rotationId))).map((head) => [head.rotationId, head]));
  const members = await Promise.all(
    noted.map(async (member): Promise<WaveMember> => {
      const head = heads.get(member.rotationId);
      if (member.outcome !== undefined || head === undefined) return member;
      if (head.outcome === undefined) return { ...member, startedAt: head.requestedAt, ...(awaitsQuiet(head) ? { why: `${notYetQuiet}: ${head.quiet?.because ?? ''}` } : {}) };
      const ended = { startedAt: head.requestedAt, outcome: head.outcome, endedAt: isoSeconds(clock.now()) };
      await store.waves.note(waveId, member, ended);
      return { ...member, ...ended };
    }),
  );
  return { members, onTheWay: [...heads.values()].filter(isOnTheWay).length };
}

function isOnTheWay({ outcome, hasCutoverPlan, newKeyId, asksBeforeStart }: RotationStanding): boolean {
  return outcome === undefined && !hasCutoverPlan && !(asksBeforeStart && newKeyId === undefined);
}

async function tell(deps: ApiDeps, wave: Wave, members: readonly WaveMember[], type: 'Rota Wave Stopped' | 'Rota Wave Ended', because?: string): Promise<void> {
  const { counts } = waveSummary(wave, members, deps.kmsQuotas, deps.clock.now());
  await announceFact(deps, type, { waveId: wave.waveId, requestedBy: wave.requestedBy, reason: wave.reason, ...counts, ...(because === undefined ? {} : { because }) });
}
