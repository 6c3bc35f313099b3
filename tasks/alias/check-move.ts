import { RotaError } from '../../core/errors.ts';
import { planChanges, planDigest, rolloverOf, type CutoverPlan, type RollbackPlan } from '../../core/plan/plan.ts';
import { checkApproved, type Demand } from '../approval/check-approved.ts';
import { liveCutoverPlan, liveCutoverPlanActions } from '../plan/live-cutover-plan.ts';
import { rotationPlanOf } from '../plan-of.ts';
import type { Context } from '../task.ts';
import { checkRollback, checkRollbackActions, checkRollbackErrors } from './check-rollback.ts';

export const checkMoveActions = [...liveCutoverPlanActions, ...checkRollbackActions] as const;

/** What `checkMove` throws. */
export const checkMoveErrors = [...checkRollbackErrors, 'AliasesDisagree', 'RegistryEmpty', 'SuccessorChanged', 'AcknowledgementsMissing', 'PublicKeyChanged', 'ProofFailed', 'MethodDoesNotFit', 'PublicationImpossible'] as const;

/**
 * Whether what moves the aliases is still what would happen, and whether the approvals that the plan demands are there for exactly it (P4).
 * It trusts neither the workflow's word nor an unsigned row: it reads the decisions and checks the approvals API's signature on each.
 */
export async function checkMove(move: CutoverPlan | RollbackPlan, context: Context): Promise<void> {
  if (move.stage === 'rollback') return checkRollback(move, context);
  const live = await liveCutoverPlan(context, move);
  if (planDigest(live) !== planDigest(move)) throw new RotaError('PlanChanged', { changes: planChanges(move, live) });
  for (const demand of demandedApprovals(move, context)) await checkApproved(demand, context);
}

export const isEmergency = (move: CutoverPlan | RollbackPlan, { head }: Context): boolean => move.stage === 'cutover' && rolloverOf(head.plan)?.emergency === true;

function demandedApprovals(move: CutoverPlan, context: Context): Demand[] {
  const { head } = context;
  const plan = rotationPlanOf(head);
  const { start, cutover, emergency } = plan.approvals;
  // Of the plan, which people have approved: nothing signs the head.
  const requester = plan.requestedBy;
  if (isEmergency(move, context) && emergency !== undefined) return [{ stage: 'emergency', rule: emergency, digest: planDigest(move), requester }];
  return [
    ...(start === undefined ? [] : [{ stage: 'start' as const, rule: start, digest: planDigest(plan), requester }]),
    { stage: 'cutover', rule: cutover, digest: planDigest(move), requester },
  ];
}
