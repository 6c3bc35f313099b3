import { doneSteps } from '../done-steps.ts';
import type { Context } from '../task.ts';

/** The plan that people were asked about before, if this step has been done in an earlier round. What stands in the ledger may be this round's own, after a crash. */
export const planBefore = async <P>(context: Context, step: string, inLedger: P | undefined): Promise<P | undefined> => ((await doneSteps(context, step)).length > 0 ? inLedger : undefined);
