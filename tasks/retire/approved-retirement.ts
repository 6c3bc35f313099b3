import { RotaError } from '../../core/errors.ts';
import { planDigest, type RetirePlan } from '../../core/plan/plan.ts';
import { checkApproved } from '../approval/check-approved.ts';
import { retirePlanOf } from '../plan-of.ts';
import type { Context } from '../task.ts';

/** The plan of this retirement, if people have approved exactly it. Throws `PlanChanged`, `ApprovalMissing`, `ApprovalForged`. */
export async function approvedRetirement(context: Context, approvedDigest: string): Promise<RetirePlan> {
  const plan = retirePlanOf(context.head);
  if (planDigest(plan) !== approvedDigest) throw new RotaError('PlanChanged', { changes: ['the ledger holds another plan than the one asked about'] });
  await checkApproved({ stage: 'retire', rule: plan.rule, digest: approvedDigest, requester: plan.requestedBy }, context);
  return plan;
}
