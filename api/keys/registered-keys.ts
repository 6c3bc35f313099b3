import { isoSeconds, secondsPerDay } from '../../core/clock.ts';
import { rotatesAKey } from '../../core/findings/due-start.ts';
import type { RegisteredKey } from '../../core/registry/registry-schema.ts';
import type { ListedRotation } from '../../store/ledger-table.ts';
import type { SweptMaterials } from '../../store/record-bucket.ts';
import type { ApiDeps } from '../deps.ts';

/** A key of the registry, with what ledger and sweeps know of its material. Times are ISO 8601 in UTC. */
export interface RegisteredKeyRow {
  readonly key: RegisteredKey;
  /** The rotation that is under way. */
  readonly running?: string;
  /** When Rota last moved its aliases to a new key. */
  readonly lastRotatedAt?: string;
  /** Since when the material is there that its alias leads to: of that rotation, or as a sweep saw it since. Unknown before either. */
  readonly materialSince?: string;
  readonly dueAt?: string;
  readonly state: 'current' | 'due soon' | 'overdue' | 'not swept yet';
}

/** What the ledger lists: all rotations, newest first, and the ids of those that have not ended. */
export interface Listed {
  readonly rotations: readonly ListedRotation[];
  readonly moving: ReadonlySet<string>;
}

export async function listedRotations({ store: { ledger } }: ApiDeps): Promise<Listed> {
  const [rotations, open] = await Promise.all([ledger.list(), ledger.openOnes()]);
  return { rotations, moving: new Set(open.map((r) => r.rotationId)) };
}

/** The keys of the registry, sorted by alias. An empty registry has none. */
export const keysOfRegistry = async ({ store: { registry } }: ApiDeps): Promise<readonly RegisteredKey[]> => ((await registry.head()) === undefined ? [] : (await registry.whole()).keys);

/** How these keys stand, in their order. `listed` is what was read already. */
export async function standingOfKeys(deps: ApiDeps, keys: readonly RegisteredKey[], listed?: Listed): Promise<RegisteredKeyRow[]> {
  const [read, swept] = await Promise.all([listed ?? listedRotations(deps), deps.store.records.materials()]);
  return rowsOf(deps, keys, read, swept);
}

/** The keys that are overdue or due soon, the longest overdue first. Of a key that the last sweep saw in time the ledger is not asked: since then it has only become younger. */
export async function lateKeys(deps: ApiDeps, keys: readonly RegisteredKey[], listed?: Listed): Promise<RegisteredKeyRow[]> {
  const swept = await deps.store.records.materials();
  const isLate = ({ state }: RegisteredKeyRow): boolean => state === 'overdue' || state === 'due soon';
  const mayBeLate = keys.filter((key) => {
    const row = rowOf(deps, { key, running: undefined, lastRotatedAt: undefined, swept });
    return isLate(row) || row.materialSince === undefined;
  });
  const dueMs = ({ dueAt = '' }: RegisteredKeyRow): number => Date.parse(dueAt);
  return (await rowsOf(deps, mayBeLate, listed ?? (await listedRotations(deps)), swept)).filter(isLate).sort((a, b) => dueMs(a) - dueMs(b));
}

async function rowsOf(deps: ApiDeps, keys: readonly RegisteredKey[], { rotations, moving }: Listed, swept: SweptMaterials | undefined): Promise<RegisteredKeyRow[]> {
  const aliases = new Set(keys.map(({ alias }) => alias));
  const theirs = rotations.filter(({ alias }) => aliases.has(alias));
  const switched = await lastSwitches(deps, theirs);
  const running = new Map(theirs.filter((r) => moving.has(r.rotationId)).reverse().map((r) => [r.alias, r.rotationId]));
  return keys.map((key) => rowOf(deps, { key, running: running.get(key.alias), lastRotatedAt: switched.get(key.alias), swept }));
}

interface Known {
  readonly key: RegisteredKey;
  readonly running: string | undefined;
  readonly lastRotatedAt: string | undefined;
  readonly swept: SweptMaterials | undefined;
}

function rowOf(deps: ApiDeps, { key, running, lastRotatedAt, swept }: Known): RegisteredKeyRow {
  const seenAt = swept?.sinceAtOfAlias[key.alias];
  // What happened after the sweep it cannot know; what people did beside Rota before it the ledger cannot.
  const materialSince = swept === undefined || seenAt === undefined || (lastRotatedAt !== undefined && lastRotatedAt > swept.sweptAt) ? lastRotatedAt : seenAt;
  const common = { key, ...(running === undefined ? {} : { running }), ...(lastRotatedAt === undefined ? {} : { lastRotatedAt }) };
  if (materialSince === undefined) return { ...common, state: 'not swept yet' };
  const { cryptoperiodDays, warningDays } = key.schedule;
  const dueMs = Date.parse(materialSince) + cryptoperiodDays * secondsPerDay * 1000;
  const nowMs = deps.clock.now();
  const state = nowMs >= dueMs ? 'overdue' : nowMs >= dueMs - warningDays * secondsPerDay * 1000 ? 'due soon' : 'current';
  return { ...common, materialSince, dueAt: isoSeconds(dueMs), state };
}

/** When the newest rotation of each alias that lasts moved it. Most aliases are known after their newest one. */
async function lastSwitches({ store }: ApiDeps, rotations: readonly ListedRotation[]): Promise<ReadonlyMap<string, string>> {
  const left = new Map<string, string[]>();
  for (const { alias, rotationId } of rotations.filter(rotatesAKey)) left.set(alias, [...(left.get(alias) ?? []), rotationId]);
  const switched = new Map<string, string>();
  while (left.size > 0) {
    const asked = new Map([...left].map(([alias, [newest = '']]) => [newest, alias]));
    for (const { rotationId, outcome, rolledBackBy, switchedAt } of await store.ledger.standingOf([...asked.keys()]))
      if (outcome === 'complete' && rolledBackBy === undefined && switchedAt !== undefined) switched.set(asked.get(rotationId) ?? '', switchedAt);
    for (const [alias, [, ...older]] of left)
      if (switched.has(alias) || older.length === 0) left.delete(alias);
      else left.set(alias, older);
  }
  return switched;
}
