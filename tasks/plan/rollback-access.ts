import type { Json } from '../../core/canonical-json.ts';
import { grantsLacking } from '../../core/plan/grants.ts';
import { policyDifference, withoutRotaStatements } from '../../core/plan/key-policy.ts';
import type { RollbackPlan } from '../../core/plan/plan.ts';
import type { Clients } from '../../store/clients.ts';
import { grantsOf, policyOf } from '../../store/key-facts.ts';

export const rollbackAccessActions = ['kms:GetKeyPolicy', 'kms:ListGrants'] as const;

interface Pair {
  readonly oldKeyId: string;
  readonly newKeyId: string;
}

/** Whom the way back lets in and shuts out: policy and grants of the old key against the new one's, without what Rota itself put into the policies. */
export async function rollbackAccess({ kms }: Pick<Clients, 'kms'>, { oldKeyId, newKeyId }: Pair): Promise<Pick<RollbackPlan, 'policyDifference' | 'grantsLeftBehind' | 'grantsLetIn'>> {
  const plain = async (keyId: string): Promise<Json> => withoutRotaStatements(await policyOf(kms, keyId));
  const oldGrants = await grantsOf(kms, oldKeyId);
  const newGrants = await grantsOf(kms, newKeyId);
  const grantsLeftBehind = grantsLacking(newGrants, oldGrants);
  const grantsLetIn = grantsLacking(oldGrants, newGrants);
  return {
    policyDifference: policyDifference(await plain(newKeyId), await plain(oldKeyId)),
    ...(grantsLeftBehind.length === 0 ? {} : { grantsLeftBehind }),
    ...(grantsLetIn.length === 0 ? {} : { grantsLetIn }),
  };
}
