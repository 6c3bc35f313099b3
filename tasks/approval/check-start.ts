import { z } from 'zod';
import { RotaError } from '../../core/errors.ts';
import { Sha256Hex } from '../../core/ids.ts';
import { planChanges, planDigest } from '../../core/plan/plan.ts';
import { rotationPlanOf } from '../plan-of.ts';
import { liveRotationPlan, liveRotationPlanActions } from '../plan/live-rotation-plan.ts';
import { roundInput, stepWithRound, task } from '../task.ts';
import { checkApproved, checkApprovedActions } from './check-approved.ts';

/**
 * Before anything is created: whether people approved the start, and whether it is still what would happen (P4). Days may lie between
 * the two.
 */
export const checkStart = task({
  name: 'check-start',
  input: roundInput.extend({ planDigest: Sha256Hex }),
  output: z.strictObject({}),
  errors: [
    'PlanChanged', 'ApprovalMissing', 'ApprovalForged', 'RegistryEmpty', 'AliasUnknown', 'AliasUnregistered', 'AliasesDisagree', 'AwsManagedKey', 'MethodDoesNotFit', 'KeyNotUsable',
    'GrantsNotCopyable', 'NoEmergencyRoad', 'MaterialTooLongForWrapping', 'MaterialNotImportable',
  ],
  actions: [...liveRotationPlanActions, ...checkApprovedActions],
  step: stepWithRound('check-start'),
  run: async ({ planDigest: approvedDigest }, context) => {
    const plan = rotationPlanOf(context.head);
    if (planDigest(plan) !== approvedDigest) throw new RotaError('PlanChanged', { changes: ['the ledger holds another plan than the one asked about'] });
    const changes = planChanges(plan, await liveRotationPlan(context));
    if (changes.length > 0) throw new RotaError('PlanChanged', { changes });
    const { start } = plan.approvals;
    if (start !== undefined) await checkApproved({ stage: 'start', rule: start, digest: approvedDigest, requester: plan.requestedBy }, context);
    return {};
  },
});
