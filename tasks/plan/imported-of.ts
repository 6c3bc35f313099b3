import type { LedgerTable } from '../../store/ledger-table.ts';
import type { Imported } from './live-cutover-plan.ts';

/** The result of the round of `import-material` that succeeded. */
export async function importedOf(ledger: LedgerTable, rotationId: string): Promise<Imported> {
  const done = (await ledger.steps(rotationId)).filter((s) => s.step.startsWith('import-material') && s.completedAt !== undefined);
  const last = done.at(-1)?.result;
  if (last === undefined) throw new Error(`rotation ${rotationId} has imported nothing yet`);
  return last as unknown as Imported;
}
