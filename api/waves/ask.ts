import { isoSeconds } from '../../core/clock.ts';
import { RotaError } from '../../core/errors.ts';
import { isDue, lastRotation, nextRotationId, youngestDueMs } from '../../core/findings/due-start.ts';
import { usualShare } from '../../core/kms-quotas.ts';
import { workflowOf } from '../../core/plan/plan.ts';
import type { Person, RegisteredKey } from '../../core/registry/registry-schema.ts';
import { largestWave, usualCanaries, waveStatus, type WaveMember, type WaveRequest, type WaveStatus } from '../../core/wave/wave.ts';
import { watched } from '../../store/clients.ts';
import { kmsPaceOf } from '../../store/kms-pace.ts';
import { renewedOf } from '../../store/renewed.ts';
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

const atOnce = 10;

/** Opens a wave; the schedule of the API drives it. Throws `AliasUnregistered`, `WaveEmpty`, `WaveTooLarge`. */
export async function askForWave(deps: ApiDeps, person: Person, asked: WaveAsked): Promise<WaveAnswer> {
  const { store, clients, clock, randomSuffix, kmsQuotas } = deps;
  const nowMs = clock.now();
  const { keys } = await store.registry.whole();
  const wanted = asked.aliases === undefined ? keys : [...new Set(asked.aliases)].map((alias) => registered(keys, alias));
  if (asked.aliases !== undefined && wanted.length > largestWave) throw new RotaError('WaveTooLarge', { keys: wanted.length, most: largestWave });
  const { taken, leftOut } = await choose({ ...deps, clients: watched(clients, clock, { pace: kmsPaceOf(deps, kmsQuotas, usualShare) }) }, wanted, { dueOnly: asked.aliases === undefined, nowMs });
  const members = taken.slice(0, Math.min(asked.most, largestWave)).map(({ member }, place): WaveMember => ({ ...member, place }));
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

function registered(keys: readonly RegisteredKey[], alias: string): RegisteredKey {
  const found = keys.find((key) => key.alias === alias);
  if (found === undefined) throw new RotaError('AliasUnregistered', { alias });
  return found;
}

interface Candidate {
  readonly sinceMs: number;
  readonly member: Omit<WaveMember, 'place'>;
}

/** Which of the keys go, the longest overdue first. One key goes once, whatever aliases it has. */
async function choose(deps: ApiDeps, keys: readonly RegisteredKey[], { dueOnly, nowMs }: { dueOnly: boolean; nowMs: number }): Promise<{ taken: Candidate[]; leftOut: LeftOut[] }> {
  const ledger = await deps.store.ledger.heads();
  const candidates: Candidate[] = [];
  const leftOut: LeftOut[] = [];
  const look = async (key: RegisteredKey): Promise<void> => {
    const { alias, method } = key;
    const renewed = await renewedOf(deps.clients.kms, alias, youngestDueMs(key, nowMs));
    if (renewed === undefined) leftOut.push({ alias, why: 'leads to no key that is Enabled' });
    else if (!dueOnly || isDue(key, renewed.sinceMs, nowMs)) {
      const last = lastRotation(alias, ledger);
      if (last !== undefined && last.outcome === undefined) leftOut.push({ alias, why: `is being rotated already, by ${last.rotationId}` });
      else candidates.push({ sinceMs: renewed.sinceMs, member: { alias, rotationId: nextRotationId(alias, ledger), workflow: workflowOf[method], keyId: renewed.keyId } });
    }
  };
  for (let from = 0; from < keys.length; from += atOnce) await Promise.all(keys.slice(from, from + atOnce).map(look));
  const byKey = new Map<string, Candidate>();
  for (const candidate of candidates.sort((a, b) => a.sinceMs - b.sinceMs || a.member.alias.localeCompare(b.member.alias))) {
    const { keyId, alias } = candidate.member;
    const first = byKey.get(keyId);
    if (first === undefined) byKey.set(keyId, candidate);
    else leftOut.push({ alias, why: `leads to the same key as ${first.member.alias}, whose rotation moves it too` });
  }
  return { taken: [...byKey.values()], leftOut };
}
