import { PutKeyPolicyCommand, TagResourceCommand } from '@aws-sdk/client-kms';
import { z } from 'zod';
import { RotaError } from '../../core/errors.ts';
import { policyDigest, withRetentionLock } from '../../core/plan/key-policy.ts';
import { policyOf } from '../../store/key-facts.ts';
import { newKeyIdOf, rotationPlanOf } from '../plan-of.ts';
import { rotationInput, task } from '../task.ts';

/** Locks the old key against deletion and disabling, and tags it with what it is kept for and by whom it is followed (P3). */
export const keepOldKey = task({
  name: 'keep-old-key',
  input: rotationInput,
  output: z.strictObject({ retainedKeyId: z.string() }),
  errors: ['ChangeNotVisibleYet'],
  actions: ['kms:GetKeyPolicy', 'kms:PutKeyPolicy', 'kms:TagResource'],
  run: async ({ rotationId }, { head, clients }) => {
    const { oldKey, breakGlassRoleArn } = rotationPlanOf(head);
    const { keyId } = oldKey;
    const policy = await policyOf(clients.kms, keyId);
    const locked = withRetentionLock(policy, breakGlassRoleArn);
    if (policyDigest(policy) !== policyDigest(locked))
      await clients.kms.send(new PutKeyPolicyCommand({ KeyId: keyId, PolicyName: 'default', Policy: JSON.stringify(locked) }));
    await clients.kms.send(
      new TagResourceCommand({
        KeyId: keyId,
        Tags: [
          { TagKey: 'rota:retained-for', TagValue: rotationId },
          { TagKey: 'rota:successor', TagValue: newKeyIdOf(head) },
        ],
      }),
    );
    if (policyDigest(await policyOf(clients.kms, keyId)) !== policyDigest(locked))
      throw new RotaError('ChangeNotVisibleYet', { what: `the policy of ${keyId} has the retention lock` });
    return { retainedKeyId: keyId };
  },
});
