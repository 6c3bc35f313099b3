import type { LedgerTable } from '../../store/ledger-table.ts';
import type { Canary } from './exercise.ts';

/** The canary that `make-canary` kept. */
export async function canaryOf(ledger: LedgerTable, rotationId: string): Promise<Canary> {
  const kept = await ledger.kept(rotationId, 'canary');
  if (kept === undefined) throw new Error(`rotation ${rotationId} has no canary yet`);
  return kept as unknown as Canary;
}
