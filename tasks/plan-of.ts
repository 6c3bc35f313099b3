import { rolloverOf, type CutoverPlan, type RetirePlan, type RollbackPlan, type RolloverPlan, type RotationPlan } from '../core/plan/plan.ts';
import type { RotationHead } from '../store/ledger-table.ts';

/** The rotation plan; an earlier step has made it, else the workflow is wrong. */
export function rotationPlanOf({ rotationId, plan }: RotationHead): RotationPlan {
  if (plan === undefined || 'stage' in plan) throw new Error(`rotation ${rotationId} has no rotation plan yet`);
  return plan;
}

/** What method `asymmetric` adds to the plan; only its workflow calls the tasks that ask. */
export function rolloverPlanOf({ rotationId, plan }: RotationHead): RolloverPlan {
  const rollover = rolloverOf(plan);
  if (rollover === undefined) throw new Error(`rotation ${rotationId} has no rollover in its plan`);
  return rollover;
}

/** The plan of a retirement; its first step has made it. */
export function retirePlanOf({ rotationId, retirePlan }: RotationHead): RetirePlan {
  if (retirePlan === undefined) throw new Error(`${rotationId} has no plan of a retirement yet`);
  return retirePlan;
}

export function newKeyIdOf({ rotationId, newKeyId }: RotationHead): string {
  if (newKeyId === undefined) throw new Error(`rotation ${rotationId} has no successor key yet`);
  return newKeyId;
}

/** What moves the aliases: the cutover of a rotation, or a rollback. One that was asked for while the old key drains is the later. */
export function movePlanOf({ rotationId, plan, cutoverPlan, rollbackPlan }: RotationHead): CutoverPlan | RollbackPlan {
  const move = rollbackPlan ?? (plan !== undefined && 'stage' in plan ? plan : cutoverPlan);
  if (move === undefined) throw new Error(`rotation ${rotationId} has no cutover plan yet`);
  return move;
}
