import { TagResourceCommand } from '@aws-sdk/client-kms';
import { z } from 'zod';
import { withRetentionLock } from '../../core/plan/key-policy.ts';
import { directionOf } from '../../core/rollover/direction.ts';
import { drains } from '../../core/rollover/timing.ts';
import { announce, eventActions } from '../../store/events.ts';
import { newKeyIdOf, rotationPlanOf } from '../plan-of.ts';
import { rotationInput, task } from '../task.ts';
import { changePolicy, changePolicyActions } from './change-policy.ts';

/** Locks the old key against deletion and disabling, and tags it with what it is kept for and by whom it is followed (P3). */
export const keepOldKey = task({
  name: 'keep-old-key',
  input: rotationInput,
  output: z.strictObject({ retainedKeyId: z.string() }),
  errors: ['ChangeNotVisibleYet'],
  actions: [...changePolicyActions, ...eventActions, 'kms:TagResource'],
  run: async ({ rotationId }, context) => {
    const { head, clients, store, now } = context;
    const { oldKey, aliases, breakGlassRoleArn, rollover } = rotationPlanOf(head);
    const { keyId } = oldKey;
    await changePolicy(clients.kms, keyId, (policy) => withRetentionLock(policy, breakGlassRoleArn), 'has the retention lock');
    await clients.kms.send(
      new TagResourceCommand({
        KeyId: keyId,
        Tags: [
          { TagKey: 'rota:retained-for', TagValue: rotationId },
          { TagKey: 'rota:successor', TagValue: newKeyIdOf(head) },
        ],
      }),
    );
    // Both are there: from now on whoever looks at keys holds the key to it, for whatever the rotation may still wait.
    await store.ledger.settle(rotationId, { keptAt: now });
    // It drains for days or years; a rotation that waits for nothing more tells its end at once, and one that waits for quiet use has its own word.
    if (rollover !== undefined && !rollover.emergency && drains(rollover.intervals, directionOf(oldKey.usage)))
      await announce(context, 'Rota Rotation Switched', { waitsFor: 'drain', keyIds: [keyId, newKeyIdOf(head)], aliases: aliases.map((a) => a.alias) });
    return { retainedKeyId: keyId };
  },
});
