import { secondsPerDay } from '../clock.ts';

interface Rotation {
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

const ofAKey: ReadonlySet<string> = new Set(['byok-rotation', 'asymmetric-rotation']);

/**
 * The id of the rotation that the schedule should start for a key now, or undefined. It is alias and serial, the number of rotations that the
 * ledger knows of it and one: whoever asks twice asks for the same. `sinceMs` is when its present material came to be. Epoch milliseconds.
 * NIST SP 800-57 Part 1 Rev. 5, section 5.3.
 */
export function dueStart({ alias, schedule }: Registered, ledger: readonly Rotation[], sinceMs: number, nowMs: number): string | undefined {
  if (schedule.starts !== 'when-due') return undefined;
  const its = ledger.filter((r) => r.alias === alias && ofAKey.has(r.workflow));
  const last = its.reduce<Rotation | undefined>((newest, r) => (newest === undefined || r.requestedAt > newest.requestedAt ? r : newest), undefined);
  if (last !== undefined && last.outcome === undefined) return undefined;
  const dayMs = secondsPerDay * 1000;
  if (last !== undefined && last.outcome !== 'complete' && Date.parse(last.requestedAt) + waitsAfterFailureDays * dayMs > nowMs) return undefined;
  if (sinceMs + (schedule.cryptoperiodDays - schedule.warningDays) * dayMs > nowMs) return undefined;
  return `${alias.replace(/^alias\//, '').replace(/[^0-9A-Za-z_-]/g, '-').slice(0, 60)}-s${its.length + 1}`;
}
