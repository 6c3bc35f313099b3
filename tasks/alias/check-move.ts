import { RotaError } from '../../core/errors.ts';
import { planChanges, planDigest, rolloverOf, type CutoverPlan, type RollbackPlan } from '../../core/plan/plan.ts';
import { describeKey } from '../../store/key-facts.ts';
import { checkApproved, checkApprovedActions, type Demand } from '../approval/check-approved.ts';
import { liveCutoverPlan, liveCutoverPlanActions } from '../plan/live-cutover-plan.ts';
import { rotationPlanOf } from '../plan-of.ts';
import type { Context } from '../task.ts';

export const checkMoveActions = [...liveCutoverPlanActions, ...checkApprovedActions] as const;

/** What `checkMove` throws. */
export const checkMoveErrors = ['PlanChanged', 'ApprovalMissing', 'ApprovalForged', 'SuccessorChanged', 'KeyNotUsable', 'AcknowledgementsMissing', 'PublicKeyChanged', 'ProofFailed', 'MethodDoesNotFit', 'PublicationImpossible'] as const;

/**
 * Whether what moves the aliases is still what would happen, and whether the approvals that the plan demands are there for exactly it (P4).
 * It trusts neither the workflow's word nor an unsigned row: it reads the decisions and checks the approvals API's signature on each.
 */
export async function checkMove(move: CutoverPlan | RollbackPlan, context: Context): Promise<void> {
  await checkUnchanged(move, context);
  for (const demand of demandedApprovals(move, context)) await checkApproved(demand, context);
}

async function checkUnchanged(move: CutoverPlan | RollbackPlan, context: Context): Promise<void> {
  const { clients } = context;
  if (move.stage === 'rollback') {
    const { KeyState } = await describeKey(clients.kms, move.oldKeyId);
    if (KeyState !== 'Enabled') throw new RotaError('KeyNotUsable', { keyId: move.oldKeyId, state: KeyState ?? 'unknown' });
    return;
  }
  const live = await liveCutoverPlan(context, move);
  if (planDigest(live) !== planDigest(move)) throw new RotaError('PlanChanged', { changes: planChanges(move, live) });
}

export const isEmergency = (move: CutoverPlan | RollbackPlan, { head }: Context): boolean => move.stage === 'cutover' && rolloverOf(head.plan)?.emergency === true;

function demandedApprovals(move: CutoverPlan | RollbackPlan, context: Context): Demand[] {
  const { head } = context;
  if (move.stage === 'rollback') return [{ stage: 'rollback', rule: move.rule, digest: planDigest(move), requester: move.requestedBy }];
  const plan = rotationPlanOf(head);
  const { start, cutover, emergency } = plan.approvals;
  const requester = head.requestedBy;
  if (isEmergency(move, context) && emergency !== undefined) return [{ stage: 'emergency', rule: emergency, digest: planDigest(move), requester }];
  return [
    ...(start === undefined ? [] : [{ stage: 'start' as const, rule: start, digest: planDigest(plan), requester }]),
    { stage: 'cutover', rule: cutover, digest: planDigest(move), requester },
  ];
}
