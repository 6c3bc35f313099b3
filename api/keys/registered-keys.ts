import { isoSeconds, secondsPerDay } from '../../core/clock.ts';
import type { RegisteredKey } from '../../core/registry/registry-schema.ts';
import type { RotationHead } from '../../store/ledger-table.ts';
import type { ApiDeps } from '../deps.ts';

/** A key of the registry, with what the ledger knows of its rotations. Times are ISO 8601 in UTC. */
export interface RegisteredKeyRow {
  readonly key: RegisteredKey;
  /** The rotation that is under way. */
  readonly running?: string;
  /** When Rota last moved its aliases to a new key. */
  readonly lastRotatedAt?: string;
  readonly dueAt?: string;
  readonly state: 'current' | 'due soon' | 'overdue' | 'not rotated by Rota yet';
}

/** The keys of the registry, sorted by alias. An empty registry has none. */
export async function registeredKeys(deps: ApiDeps): Promise<RegisteredKeyRow[]> {
  if ((await deps.store.registry.head()) === undefined) return [];
  const [{ keys }, heads] = await Promise.all([deps.store.registry.whole(), deps.store.ledger.heads()]);
  return Promise.all(keys.map((key) => rowOf(deps, key, heads.filter((h) => h.alias === key.alias))));
}

async function rowOf(deps: ApiDeps, key: RegisteredKey, heads: readonly RotationHead[]): Promise<RegisteredKeyRow> {
  const running = heads.find((h) => h.outcome === undefined)?.rotationId;
  const lastRotatedAt = await lastCutover(deps, heads);
  const common = { key, ...(running === undefined ? {} : { running }) };
  if (lastRotatedAt === undefined) return { ...common, state: 'not rotated by Rota yet' };
  const { cryptoperiodDays, warningDays } = key.schedule;
  const dueMs = Date.parse(lastRotatedAt) + cryptoperiodDays * secondsPerDay * 1000;
  const nowMs = deps.clock.now();
  const state = nowMs >= dueMs ? 'overdue' : nowMs >= dueMs - warningDays * secondsPerDay * 1000 ? 'due soon' : 'current';
  return { ...common, lastRotatedAt, dueAt: isoSeconds(dueMs), state };
}

/** When the newest rotation that lasts moved the aliases. */
async function lastCutover({ store }: ApiDeps, heads: readonly RotationHead[]): Promise<string | undefined> {
  const lasting = heads.find((h) => (h.workflow === 'byok-rotation' || h.workflow === 'asymmetric-rotation') && h.outcome === 'complete' && h.rolledBackBy === undefined);
  if (lasting === undefined) return undefined;
  const moved = (await store.ledger.steps(lasting.rotationId)).find((s) => s.step.startsWith('repoint-aliases') && s.completedAt !== undefined);
  return moved?.completedAt;
}
