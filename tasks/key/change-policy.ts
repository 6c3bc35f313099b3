import { PutKeyPolicyCommand, type KMSClient } from '@aws-sdk/client-kms';
import type { Json } from '../../core/canonical-json.ts';
import { RotaError } from '../../core/errors.ts';
import { policyDigest } from '../../core/plan/key-policy.ts';
import { policyOf } from '../../store/key-facts.ts';

export const changePolicyActions = ['kms:GetKeyPolicy', 'kms:PutKeyPolicy'] as const;

/**
 * Changes the policy of a key and reads it back. A policy that is so already is left alone: repeated it changes nothing. Answers
 * whether it was changed. Throws `ChangeNotVisibleYet`, in which `shows` says of the policy what KMS does not show yet.
 */
export async function changePolicy(kms: KMSClient, keyId: string, change: (policy: Json) => Json, shows: string): Promise<boolean> {
  const policy = await policyOf(kms, keyId);
  const wanted = policyDigest(change(policy));
  if (policyDigest(policy) === wanted) return false;
  await kms.send(new PutKeyPolicyCommand({ KeyId: keyId, PolicyName: 'default', Policy: JSON.stringify(change(policy)) }));
  if (policyDigest(await policyOf(kms, keyId)) !== wanted) throw new RotaError('ChangeNotVisibleYet', { what: `the policy of ${keyId} ${shows}` });
  return true;
}
