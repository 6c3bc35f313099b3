import { PutKeyPolicyCommand } from '@aws-sdk/client-kms';
import { z } from 'zod';
import { RotaError } from '../../core/errors.ts';
import { policyDigest, withoutStop } from '../../core/plan/key-policy.ts';
import { policyOf } from '../../store/key-facts.ts';
import { newKeyIdOf, rotationPlanOf } from '../plan-of.ts';
import { task, turnSuffix } from '../task.ts';
import { whichKey } from './stop-key.ts';

/** Lets a key that was stopped make new things again. */
export const liftStop = task({
  name: 'lift-stop',
  input: whichKey,
  output: z.strictObject({ keyId: z.string() }),
  errors: ['ChangeNotVisibleYet'],
  actions: ['kms:GetKeyPolicy', 'kms:PutKeyPolicy'],
  step: ({ key, turn }) => `lift-stop.${key}${turnSuffix(turn)}`,
  run: async ({ key }, { head, clients }) => {
    const keyId = key === 'old' ? rotationPlanOf(head).oldKey.keyId : newKeyIdOf(head);
    const policy = await policyOf(clients.kms, keyId);
    const lifted = withoutStop(policy);
    if (policyDigest(policy) !== policyDigest(lifted))
      await clients.kms.send(new PutKeyPolicyCommand({ KeyId: keyId, PolicyName: 'default', Policy: JSON.stringify(lifted) }));
    if (policyDigest(await policyOf(clients.kms, keyId)) !== policyDigest(lifted)) throw new RotaError('ChangeNotVisibleYet', { what: `the policy of ${keyId} has no stop` });
    return { keyId };
  },
});
