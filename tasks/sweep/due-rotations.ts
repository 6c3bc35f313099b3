import { DescribeKeyCommand, ListKeyRotationsCommand, NotFoundException } from '@aws-sdk/client-kms';
import { dueStart } from '../../core/findings/due-start.ts';
import { workflowOf } from '../../core/plan/plan.ts';
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
    const sinceMs = await renewedMs(clients, key.alias);
    const rotationId = sinceMs === undefined ? undefined : dueStart(key, ledger, sinceMs, clock.now());
    if (rotationId === undefined) continue;
    await store.ledger.open({ rotationId, workflow: workflowOf[key.method], alias: key.alias, requestedBy: scheduleName, reason: 'its cryptoperiod ends', requestedAt: now });
    asked.push(rotationId);
  }
  return asked;
}

/** When the present material came to be; undefined where the alias is gone, which is a finding of its own. */
async function renewedMs({ kms }: PlainContext['clients'], alias: string): Promise<number | undefined> {
  try {
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: alias }));
    if (KeyMetadata === undefined || KeyMetadata.KeyState !== 'Enabled') return undefined;
    const made = KeyMetadata.CreationDate?.getTime() ?? 0;
    if (KeyMetadata.KeySpec !== 'SYMMETRIC_DEFAULT') return made;
    const { Rotations = [] } = await kms.send(new ListKeyRotationsCommand({ KeyId: KeyMetadata.KeyId, Limit: 1000 }));
    return Math.max(made, ...Rotations.map(({ RotationDate }) => RotationDate?.getTime() ?? 0));
  } catch (error) {
    if (error instanceof NotFoundException) return undefined;
    throw error;
  }
}
