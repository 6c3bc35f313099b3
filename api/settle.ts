import { tellSatisfied } from './acknowledgements/satisfied.ts';
import { deliverPending } from './approvals/deliver.ts';
import { lookAfterQuestions } from './approvals/look-after.ts';
import type { ApiDeps } from './deps.ts';
import { closeStopped } from './rotations/close.ts';
import { startPending } from './rotations/start.ts';
import { startDailySweep } from './sweeps/start.ts';
import { deliverOwedWords } from './waits/answer.ts';

/**
 * Does what a crash, or a wait that ended in the same moment, left undone; and closes what was stopped from outside. Called at
 * start and on a schedule. One kind that fails keeps none of the others back; then the first failure is thrown.
 */
export async function settle(deps: ApiDeps): Promise<Readonly<Record<string, number>>> {
  const open = await deps.store.ledger.openOnes();
  const restless = deps.store.approvals.restless();
  const work = {
    delivered: deliverPending(deps, restless),
    told: lookAfterQuestions(deps, restless),
    started: startPending(deps, open),
    words: deliverOwedWords(deps),
    satisfied: tellSatisfied(deps, open),
    closed: closeStopped(deps, open),
    swept: startDailySweep(deps),
  };
  await Promise.allSettled(Object.values(work));
  return Object.fromEntries(await Promise.all(Object.entries(work).map(async ([what, count]) => [what, await count] as const)));
}
