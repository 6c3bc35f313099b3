import { isRotaError } from '../../core/errors.ts';
import { standing, type Acknowledgement } from '../../core/rollover/acknowledgement.ts';
import type { RotationStanding } from '../../store/ledger-table.ts';
import type { ApiDeps } from '../deps.ts';
import { sayWord } from '../waits/answer.ts';
import { openRollover, type OpenRollover } from './open-rollover.ts';

/**
 * Tells the machine when all who must have acknowledged. That it does not wait just now is no error: it looks at the table
 * before it waits, and `tellSatisfied` comes again.
 */
export async function tellIfSatisfied(deps: ApiDeps, { head, rollover }: OpenRollover, given: readonly Acknowledgement[]): Promise<boolean> {
  if (standing(rollover.consumers, rollover.acknowledgement, given).outcome !== 'satisfied') return false;
  try {
    await sayWord(deps, { rotationId: head.rotationId, name: 'acknowledgements', say: 'satisfied', by: 'rota', reason: 'every consumer that must has acknowledged' });
    return true;
  } catch (error) {
    if (isRotaError(error, 'NotWaiting')) return false;
    throw error;
  }
}

/**
 * Tells each machine that waits although all have acknowledged: a crash came between the record and the word, or the last
 * acknowledgement came after the machine had looked and before its wait was open.
 */
export async function tellSatisfied(deps: ApiDeps, open: readonly RotationStanding[]): Promise<number> {
  const running = open.filter((h) => h.workflow === 'asymmetric-rotation' && h.outcome === undefined);
  const told = await Promise.allSettled(
    running.map(async ({ rotationId }) => tellIfSatisfied(deps, await openRollover(deps, rotationId), await deps.store.acknowledgements.ofRotation(rotationId))),
  );
  return told.filter((t) => t.status === 'fulfilled' && t.value).length;
}
