import { z } from 'zod';
import { locksOf, planDigest } from '../../core/plan/plan.ts';
import { revise } from '../../core/plan/revise.ts';
import { directionOf } from '../../core/rollover/direction.ts';
import { drains } from '../../core/rollover/timing.ts';
import { Sha256Hex } from '../../core/ids.ts';
import { rotationPlanOf } from '../plan-of.ts';
import { roundInput, stepWithRound, task } from '../task.ts';
import { liveRotationPlan, liveRotationPlanActions } from './live-rotation-plan.ts';
import { planBefore } from './plan-before.ts';

/** Plans the rotation from what AWS says now, whole or not at all, and takes the lock of the old key. */
export const planRotation = task({
  name: 'plan-rotation',
  input: roundInput,
  output: z.strictObject({
    planDigest: Sha256Hex,
    asksBeforeStart: z.boolean(),
    importsMaterial: z.boolean(),
    emergency: z.boolean(),
    oldLeavesAtSwitch: z.boolean(),
    oldStaysPublished: z.boolean(),
    kmsPropagationSeconds: z.int(),
    asksQuietUse: z.boolean(),
    approvalTimeoutSeconds: z.int(),
    approvalHeartbeatSeconds: z.int(),
  }),
  errors: ['RegistryEmpty', 'AliasUnknown', 'AliasUnregistered', 'AliasesDisagree', 'AwsManagedKey', 'MethodDoesNotFit', 'KeyNotUsable', 'GrantsNotCopyable', 'RotationUnderWay', 'NoEmergencyRoad', 'MaterialTooLongForWrapping', 'MaterialNotImportable'],
  actions: [...liveRotationPlanActions, 'dynamodb:DeleteItem'],
  step: stepWithRound('plan-rotation'),
  run: async ({ rotationId, round }, context) => {
    const { head, store } = context;
    const before = await planBefore(context, 'plan-rotation', head.plan === undefined ? undefined : rotationPlanOf(head));
    const plan = revise(await liveRotationPlan(context), before, round);
    // The alias may stand at another key by now.
    for (const locked of before === undefined ? [] : locksOf(before)) if (!locksOf(plan).includes(locked)) await store.ledger.unlock(locked, rotationId);
    // Settled before it is locked: whoever seals the dossier finds in the plan which lock to give back.
    await store.ledger.settle(rotationId, { plan });
    for (const locked of locksOf(plan)) await store.ledger.lock(locked, rotationId);
    return {
      planDigest: planDigest(plan),
      // An emergency has one question, put when the new key has proved itself.
      asksBeforeStart: plan.approvals.start !== undefined && plan.rollover?.emergency !== true,
      importsMaterial: plan.material !== undefined,
      emergency: plan.rollover?.emergency === true,
      oldLeavesAtSwitch: directionOf(plan.oldKey.usage).oldLeaves === 'at the switch',
      oldStaysPublished: plan.rollover !== undefined && !drains(plan.rollover.intervals, directionOf(plan.oldKey.usage)),
      kmsPropagationSeconds: plan.rollover?.intervals.kmsPropagationSeconds ?? 0,
      asksQuietUse: plan.quietUse !== undefined,
      approvalTimeoutSeconds: plan.approvals.timeoutSeconds,
      approvalHeartbeatSeconds: plan.approvals.heartbeatSeconds,
    };
  },
});
