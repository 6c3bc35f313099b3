import { lastResult } from '../done-steps.ts';
import type { Context } from '../task.ts';

/** What was imported: the material of the successor, as the ledger has it. A key whose material KMS made has none. */
export interface Imported {
  readonly keyMaterialId: string;
  readonly fingerprint: string;
}

/** The result of the round of `import-material` that succeeded. */
export async function importedOf(context: Context): Promise<Imported> {
  const last = await lastResult<Imported>(context, 'import-material');
  if (last === undefined) throw new Error(`rotation ${context.head.rotationId} has imported nothing yet`);
  return last;
}
