import { dueStart, youngestDueMs } from '../../core/findings/due-start.ts';
import { workflowOf } from '../../core/plan/plan.ts';
import { renewedOf } from '../../store/renewed.ts';
import type { PlainContext } from '../task.ts';

/** Who asks for a rotation that the schedule starts: nobody, so that everybody may approve it (P5). */
const scheduleName = 'schedule';

/**
 * Asks for the rotations that are due and that the registry lets the schedule start. Asking is an entry in the ledger, by alias and serial; the
 * API's own schedule starts what is asked for. Answers the ids.
 */
export async function dueRotations({ store, clients, clock, now }: PlainContext): Promise<string[]> {
  const { keys } = await store.registry.whole();
  const ledger = await store.ledger.heads();
  const asked: string[] = [];
  for (const key of keys) {
    if (key.schedule.starts !== 'when-due') continue;
    const renewed = await renewedOf(clients.kms, key.alias, youngestDueMs(key, clock.now()));
    const rotationId = renewed === undefined ? undefined : dueStart(key, ledger, renewed.sinceMs, clock.now());
    if (rotationId === undefined) continue;
    await store.ledger.open({ rotationId, workflow: workflowOf[key.method], alias: key.alias, requestedBy: scheduleName, reason: 'its cryptoperiod ends', requestedAt: now });
    asked.push(rotationId);
  }
  return asked;
}
