import type { Json } from '../../core/canonical-json.ts';
import { policyDifference, withoutRotaStatements } from '../../core/plan/key-policy.ts';
import type { Clients } from '../../store/clients.ts';
import { policyOf } from '../../store/key-facts.ts';

export const rollbackPolicyActions = ['kms:GetKeyPolicy'] as const;

interface Pair {
  readonly oldKeyId: string;
  readonly newKeyId: string;
}

/** Whom the way back lets in and shuts out: the old key's policy against the new one's, without what Rota itself put there. */
export async function rollbackPolicy({ kms }: Pick<Clients, 'kms'>, { oldKeyId, newKeyId }: Pair): Promise<{ added: Json[]; removed: Json[] }> {
  const plain = async (keyId: string): Promise<Json> => withoutRotaStatements(await policyOf(kms, keyId));
  return policyDifference(await plain(newKeyId), await plain(oldKeyId));
}
