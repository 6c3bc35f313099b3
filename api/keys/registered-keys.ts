import { isoSeconds, secondsPerDay } from '../../core/clock.ts';
import type { RegisteredKey } from '../../core/registry/registry-schema.ts';
import type { RotationHead } from '../../store/ledger-table.ts';
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

/** The keys of the registry, sorted by alias. An empty registry has none. */
export async function registeredKeys(deps: ApiDeps): Promise<RegisteredKeyRow[]> {
  if ((await deps.store.registry.head()) === undefined) return [];
  const [{ keys }, heads, swept] = await Promise.all([deps.store.registry.whole(), deps.store.ledger.heads(), deps.store.records.materials()]);
  return Promise.all(keys.map((key) => rowOf(deps, key, heads.filter((h) => h.alias === key.alias), swept)));
}

async function rowOf(deps: ApiDeps, key: RegisteredKey, heads: readonly RotationHead[], swept: SweptMaterials | undefined): Promise<RegisteredKeyRow> {
  const running = heads.find((h) => h.outcome === undefined)?.rotationId;
  const lastRotatedAt = await lastCutover(deps, heads);
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

/** When the newest rotation that lasts moved the aliases. */
async function lastCutover({ store }: ApiDeps, heads: readonly RotationHead[]): Promise<string | undefined> {
  const lasting = heads.find((h) => (h.workflow === 'byok-rotation' || h.workflow === 'asymmetric-rotation') && h.outcome === 'complete' && h.rolledBackBy === undefined);
  if (lasting === undefined) return undefined;
  const moved = (await store.ledger.steps(lasting.rotationId)).find((s) => s.step.startsWith('repoint-aliases') && s.completedAt !== undefined);
  return moved?.completedAt;
}
