import { sha256Hex } from '../canonical-json.ts';
import { secondsPerDay } from '../clock.ts';
import { slugOf } from '../ids.ts';

/** What the ledger knows of a rotation. */
export interface KnownRotation {
  readonly rotationId: string;
  readonly alias: string;
  readonly workflow: string;
  readonly requestedAt: string;
  readonly outcome?: string;
}

interface Registered {
  readonly alias: string;
  readonly method: string;
  readonly schedule: { readonly cryptoperiodDays: number; readonly warningDays: number; readonly starts?: 'by-hand' | 'when-due' | undefined };
}

/** After a rotation without effect somebody should look before the schedule tries again. */
const waitsAfterFailureDays = 7;
const dayMs = secondsPerDay * 1000;

const ofAKey: ReadonlySet<string> = new Set(['byok-rotation', 'asymmetric-rotation']);

/** Whether such a rotation puts a new key in the place of another; a rollback or a retirement does not. */
export const rotatesAKey = ({ workflow }: { readonly workflow: string }): boolean => ofAKey.has(workflow);

/** The rotations of one key that the ledger has, in no order. */
const rotationsOf = <R extends KnownRotation>(alias: string, ledger: readonly R[]): R[] => ledger.filter((r) => r.alias === alias && rotatesAKey(r));

/** The newest rotation of a key. */
export const lastRotation = <R extends KnownRotation>(alias: string, ledger: readonly R[]): R | undefined =>
  rotationsOf(alias, ledger).reduce<R | undefined>((newest, r) => (newest === undefined || r.requestedAt > newest.requestedAt ? r : newest), undefined);

/**
 * When the present material of a key must have come to be at the latest for it to be due now, its warning time having begun. Epoch milliseconds.
 * NIST SP 800-57 Part 1 Rev. 5, section 5.3.
 */
export const youngestDueMs = ({ schedule }: Registered, nowMs: number): number => nowMs - (schedule.cryptoperiodDays - schedule.warningDays) * dayMs;

/** Whether a key should be rotated. `sinceMs` is when its present material came to be. Epoch milliseconds. */
export const isDue = (key: Registered, sinceMs: number, nowMs: number): boolean => sinceMs <= youngestDueMs(key, nowMs);

/** Since when the material behind each alias is there, as the last sweep of it saw; ISO 8601, UTC. */
interface Swept {
  readonly sweptAt: string;
  readonly sinceAtOfAlias: Readonly<Record<string, string>>;
}

/** Sweeps come once a day: what an older one saw is asked anew. */
const sweepHoldsMs = 2 * dayMs;

/** A registered key that may be due. */
export interface MayBeDue<K> {
  readonly key: K;
  /** Since when its material is there by the last sweep, epoch milliseconds. Material only gets younger, so what was in time then still is. */
  readonly sweptMs?: number;
}

/** The keys that may be due: those of which no sweep tells, then those that were due when one saw them, the longest overdue first. */
export function mayBeDue<K extends Registered>(keys: readonly K[], swept: Swept | undefined, nowMs: number): MayBeDue<K>[] {
  const tells = swept !== undefined && nowMs - Date.parse(swept.sweptAt) < sweepHoldsMs ? swept.sinceAtOfAlias : {};
  return keys
    .map((key): MayBeDue<K> => {
      const sinceAt = Object.hasOwn(tells, key.alias) ? tells[key.alias] : undefined;
      return { key, ...(sinceAt === undefined ? {} : { sweptMs: Date.parse(sinceAt) }) };
    })
    .filter(({ key, sweptMs }) => sweptMs === undefined || isDue(key, sweptMs, nowMs))
    .sort((a, b) => (a.sweptMs ?? 0) - (b.sweptMs ?? 0));
}

/**
 * The id of the next rotation of a key: alias and serial, the number of rotations that the ledger knows of it and one. Whoever asks twice asks for
 * the same. An alias that does not fit into an id has a piece of its digest there, so that no two aliases share one.
 */
export function nextRotationId(alias: string, ledger: readonly KnownRotation[]): string {
  const name = alias.replace(/^alias\//, '');
  const slug = slugOf(alias);
  return `${slug === name ? name : `${slug}-${sha256Hex(Buffer.from(name, 'utf8')).slice(0, 8)}`}-s${rotationsOf(alias, ledger).length + 1}`;
}

/** The id of the rotation that the schedule should start for a key now, or undefined. */
export function dueStart(key: Registered, ledger: readonly KnownRotation[], sinceMs: number, nowMs: number): string | undefined {
  const { alias, schedule } = key;
  if (schedule.starts !== 'when-due') return undefined;
  const last = lastRotation(alias, ledger);
  if (last !== undefined && last.outcome === undefined) return undefined;
  if (last !== undefined && last.outcome !== 'complete' && Date.parse(last.requestedAt) + waitsAfterFailureDays * dayMs > nowMs) return undefined;
  return isDue(key, sinceMs, nowMs) ? nextRotationId(alias, ledger) : undefined;
}
