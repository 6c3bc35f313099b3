import { CreateKeyCommand, type KeySpec, type KeyUsageType, type KMSClient } from '@aws-sdk/client-kms';
import { z } from 'zod';
import { RotaError } from '../../core/errors.ts';
import { KeyId } from '../../core/ids.ts';
import type { RotationPlan } from '../../core/plan/plan.ts';
import { keysTagged, taggedKeysActions } from '../../store/tagged-keys.ts';
import { rotationPlanOf } from '../plan-of.ts';
import { rotationInput, task } from '../task.ts';

const mostRefusals = 5;

/** Makes the successor key of a rotation, or finds the one that an earlier attempt made (P6). */
export const createSuccessor = task({
  name: 'create-successor',
  input: rotationInput,
  output: z.strictObject({ newKeyId: KeyId }),
  errors: ['TwoSuccessors', 'ChangeNotVisibleYet', 'PolicyLocksOut'],
  actions: ['kms:CreateKey', 'kms:TagResource', ...taggedKeysActions],
  run: async ({ rotationId }, { head, repeated, attempts, clients, aside, store }) => {
    // A successor's policy is the old key's, which lets this role read its tags.
    const made = repeated ? await keysTagged(aside.kms, 'rota:rotation', rotationId) : [];
    if (made.length > 1) throw new RotaError('TwoSuccessors', { rotationId, keyIds: made });
    // KMS may not show a key yet that it made a moment ago: one more look, later, before another is made.
    if (attempts === 2 && made.length === 0) throw new RotaError('ChangeNotVisibleYet', { what: `an earlier attempt of ${rotationId} made no key` });
    const newKeyId = made[0] ?? (await createKey(clients.kmsOnce, rotationPlanOf(head)));
    await store.ledger.settle(rotationId, { newKeyId });
    return { newKeyId };
  },
});

/** How KMS says that a policy would leave nobody who makes the key able to change it. AWS KMS API Reference, CreateKey, BypassPolicyLockoutSafetyCheck. */
const locksOut = ({ name, message }: Error): boolean => name === 'MalformedPolicyDocumentException' && /update the key policy in the future/i.test(message);

async function createKey(kms: KMSClient, { successor, oldKey }: RotationPlan): Promise<string> {
  const create = new CreateKeyCommand({
    KeySpec: successor.spec as KeySpec,
    KeyUsage: successor.usage as KeyUsageType,
    Origin: successor.origin,
    Description: successor.description,
    Policy: JSON.stringify(successor.policy),
    Tags: Object.entries(successor.tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
  });
  for (let refusals = 0; ; ) {
    try {
      const { KeyMetadata } = await kms.send(create);
      return KeyMetadata?.KeyId ?? '';
    } catch (error) {
      if (locksOut(error as Error)) throw new RotaError('PolicyLocksOut', { keyId: oldKey.keyId }, { cause: error });
      // Refused for its rate, it has made nothing: again, at its next turn, without looking through every key there is.
      if ((error as Error).name !== 'ThrottlingException' || ++refusals >= mostRefusals) throw error;
    }
  }
}
