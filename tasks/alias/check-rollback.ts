import { RotaError } from '../../core/errors.ts';
import { planChanges, planDigest, type RollbackPlan } from '../../core/plan/plan.ts';
import { describeKey } from '../../store/key-facts.ts';
import { checkApproved, checkApprovedActions } from '../approval/check-approved.ts';
import { rollbackAccess, rollbackAccessActions } from '../plan/rollback-access.ts';
import type { Context } from '../task.ts';

export const checkRollbackActions = [...checkApprovedActions, ...rollbackAccessActions, 'kms:DescribeKey'] as const;

/** What `checkRollback` throws. */
export const checkRollbackErrors = ['PlanChanged', 'ApprovalMissing', 'ApprovalForged', 'KeyNotUsable'] as const;

/** Whether going back is still what would happen, and approved as such (P4). The aliases are compared as each is moved. */
export async function checkRollback(move: RollbackPlan, context: Context): Promise<void> {
  const { clients } = context;
  const { KeyState } = await describeKey(clients.kms, move.oldKeyId);
  if (KeyState !== 'Enabled') throw new RotaError('KeyNotUsable', { keyId: move.oldKeyId, state: KeyState ?? 'unknown' });
  const { policyDifference, grantsLeftBehind, grantsLetIn } = move;
  const changes = planChanges({ policyDifference, grantsLeftBehind, grantsLetIn }, await rollbackAccess(clients, move));
  if (changes.length > 0) throw new RotaError('PlanChanged', { changes });
  await checkApproved({ stage: 'rollback', rule: move.rule, digest: planDigest(move), requester: move.requestedBy }, context);
}
