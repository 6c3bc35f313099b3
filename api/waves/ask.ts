import { atOnce } from '../../core/at-once.ts';
import { isoSeconds } from '../../core/clock.ts';
import { RotaError } from '../../core/errors.ts';
import { isDue, lastRotation, mayBeDue, nextRotationId, youngestDueMs, type MayBeDue } from '../../core/findings/due-start.ts';
import { usualShare } from '../../core/kms-quotas.ts';
import { workflowOf } from '../../core/plan/plan.ts';
import type { Person, RegisteredKey } from '../../core/registry/registry-schema.ts';
import { largestWave, usualCanaries, waveStatus, type WaveMember, type WaveRequest, type WaveStatus } from '../../core/wave/wave.ts';
import { watched } from '../../store/clients.ts';
import { kmsPaceOf } from '../../store/kms-pace.ts';
import { enabledKeyOf, materialSinceMs, wantsRotations, type EnabledKey } from '../../store/renewed.ts';
import type { ApiDeps } from '../deps.ts';

/** What a custodian asks for: these keys, or every registered key that is due, whatever its schedule says about starting by itself. */
export interface WaveAsked {
  readonly aliases?: readonly string[] | undefined;
  readonly reason: string;
  readonly canaries?: number | undefined;
  readonly failureShare: number;
  readonly quotaShare: number;
  readonly most: number;
}

/** A registered key that the wave does not take, and why. */
interface LeftOut {
  readonly alias: string;
  readonly why: string;
}

/** The wave that was opened, or nothing but who was left out, when no key is due. */
export type WaveAnswer = ({ readonly waveId: string } & WaveStatus & { readonly leftOut: readonly LeftOut[] }) | { readonly waveId?: never; readonly leftOut: readonly LeftOut[] };

/** Of keys that no sweep has told of lately: API Gateway waits for 30 seconds, in which KMS is asked about so many. Of rotations in place it tells 100 a second, half of them to Rota. */
const mostUnknown = { keys: 5000, rotations: 500 };
const looksAtOnce = 10;

/** Opens a wave; the schedule of the API drives it. Throws `AliasUnregistered`, `SweepFirst`, `WaveEmpty`, `WaveTooLarge`. */
export async function askForWave(deps: ApiDeps, person: Person, asked: WaveAsked): Promise<WaveAnswer> {
  const { store, clients, clock, randomSuffix, kmsQuotas } = deps;
  const nowMs = clock.now();
  const { keys } = await store.registry.whole();
  const named = asked.aliases === undefined ? undefined : [...new Set(asked.aliases)];
  if (named !== undefined && named.length > largestWave) throw new RotaError('WaveTooLarge', { keys: named.length, most: largestWave });
  const most = Math.min(asked.most, largestWave);
  const paced = { ...deps, clients: watched(clients, clock, { pace: kmsPaceOf(deps, kmsQuotas, usualShare) }) };
  const { taken, leftOut } = named === undefined ? await chooseDue(paced, mayBeDue(keys, await store.records.materials(), nowMs), most) : await chooseNamed(paced, keys, named);
  const members = taken.slice(0, most).map(({ member }, place): WaveMember => ({ ...member, place }));
  if (members.length === 0 && asked.aliases !== undefined) throw new RotaError('WaveEmpty', { leftOut });
  if (members.length === 0) return { leftOut };
  const request: WaveRequest = {
    waveId: `wave-${isoSeconds(nowMs).replace(/[-:Z]/g, '')}-${randomSuffix()}`,
    requestedBy: person.id,
    reason: asked.reason,
    requestedAt: isoSeconds(nowMs),
    canaries: Math.min(asked.canaries ?? usualCanaries(members.length), members.length),
    failureShare: asked.failureShare,
    quotaShare: asked.quotaShare,
  };
  await store.waves.open(request, members);
  return { ...waveStatus({ ...request, forgiven: 0 }, members, kmsQuotas, nowMs), leftOut };
}

interface Candidate {
  readonly sinceMs: number;
  readonly member: Omit<WaveMember, 'place'>;
}

interface Choice {
  readonly taken: readonly Candidate[];
  readonly leftOut: readonly LeftOut[];
}

/** These keys, the oldest first. */
async function chooseNamed(deps: ApiDeps, keys: readonly RegisteredKey[], aliases: readonly string[]): Promise<Choice> {
  const registered = new Map(keys.map((key) => [key.alias, key]));
  const named = aliases.map((alias) => {
    const key = registered.get(alias);
    if (key === undefined) throw new RotaError('AliasUnregistered', { alias });
    return key;
  });
  const choosing = await chooser(deps);
  await atOnce(looksAtOnce, named, async (key) => {
    const enabled = await enabledKeyOf(deps.clients.kms, key.alias);
    if (enabled === undefined) choosing.leaveOut(key.alias, gone);
    else await choosing.add(key, enabled.keyId, enabled.madeMs);
  });
  return choosing.choice();
}

/**
 * The keys that are due, the longest overdue first, until there are so many. KMS is asked about each: of those that a sweep saw it only says where they lead now. Throws
 * `SweepFirst` where too many are left for which nobody but KMS knows.
 */
async function chooseDue(deps: ApiDeps, may: readonly MayBeDue<RegisteredKey>[], most: number): Promise<Choice> {
  const { clients: { kms }, clock } = deps;
  const nowMs = clock.now();
  const swept = may.filter(({ sweptMs }) => sweptMs !== undefined);
  const unknown = may.filter(({ sweptMs }) => sweptMs === undefined).map(({ key }) => key);
  if (unknown.length > mostUnknown.keys) throw new RotaError('SweepFirst', { keys: unknown.length, most: mostUnknown.keys });
  const choosing = await chooser(deps);
  const found: { readonly key: RegisteredKey; readonly enabled: EnabledKey; readonly dueMs: number }[] = [];
  await atOnce(looksAtOnce, unknown, async (key) => {
    const enabled = await enabledKeyOf(kms, key.alias);
    if (enabled === undefined) choosing.leaveOut(key.alias, gone);
    else found.push({ key, enabled, dueMs: youngestDueMs(key, nowMs) });
  });
  const wanting = found.filter(({ enabled, dueMs }) => wantsRotations(enabled, { dueMs }));
  if (wanting.length > mostUnknown.rotations) throw new RotaError('SweepFirst', { keys: wanting.length, most: mostUnknown.rotations });
  const consider = async (key: RegisteredKey, enabled: EnabledKey, sweptMs?: number): Promise<void> => {
    const sinceMs = await materialSinceMs(kms, enabled, { dueMs: youngestDueMs(key, nowMs), sweptMs });
    if (isDue(key, sinceMs, nowMs)) await choosing.add(key, enabled.keyId, sinceMs);
  };
  await atOnce(looksAtOnce, found, ({ key, enabled }) => consider(key, enabled));
  const enough = choosing.count() + most;
  await atOnce(
    looksAtOnce,
    swept,
    async ({ key, sweptMs }) => {
      const enabled = await enabledKeyOf(kms, key.alias);
      if (enabled === undefined) choosing.leaveOut(key.alias, gone);
      else await consider(key, enabled, sweptMs);
    },
    () => choosing.count() >= enough,
  );
  return choosing.choice();
}

const gone = 'leads to no key that is Enabled';

/** Gathers who goes, and who does not and why. One key goes once, whatever aliases it has. */
async function chooser({ store }: ApiDeps) {
  const rotationsOf = await store.ledger.byAlias();
  const candidates: Candidate[] = [];
  const leftOut: LeftOut[] = [];
  const leaveOut = (alias: string, why: string): void => void leftOut.push({ alias, why });
  return {
    leaveOut,
    add: async ({ alias, method }: RegisteredKey, keyId: string, sinceMs: number): Promise<void> => {
      const rotations = await rotationsOf(alias);
      const last = lastRotation(alias, rotations);
      if (last !== undefined && last.outcome === undefined) leaveOut(alias, `is being rotated already, by ${last.rotationId}`);
      else candidates.push({ sinceMs, member: { alias, rotationId: nextRotationId(alias, rotations), workflow: workflowOf[method], keyId } });
    },
    /** Of different keys. */
    count: (): number => new Set(candidates.map(({ member }) => member.keyId)).size,
    choice: (): Choice => {
      const byKey = new Map<string, Candidate>();
      for (const candidate of candidates.sort((a, b) => a.sinceMs - b.sinceMs || a.member.alias.localeCompare(b.member.alias))) {
        const { keyId, alias } = candidate.member;
        const first = byKey.get(keyId);
        if (first === undefined) byKey.set(keyId, candidate);
        else leaveOut(alias, `leads to the same key as ${first.member.alias}, whose rotation moves it too`);
      }
      return { taken: [...byKey.values()], leftOut };
    },
  };
}
