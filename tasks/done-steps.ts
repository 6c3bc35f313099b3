import type { StepRecord } from '../core/dossier/statement.ts';
import type { Context } from './task.ts';

/** The completed steps whose names begin so, oldest first. */
export const doneSteps = async ({ head, store }: Context, step: string): Promise<StepRecord[]> =>
  (await store.ledger.steps(head.rotationId)).filter((s) => s.step.startsWith(step) && s.completedAt !== undefined);

/** The result of the last of them. */
export const lastResult = async <T>(context: Context, step: string): Promise<T | undefined> => (await doneSteps(context, step)).at(-1)?.result as T | undefined;
