import { z } from 'zod';
import { Sha256Hex } from '../../core/ids.ts';
import { retireChanges } from '../../core/plan/make-retire-plan.ts';
import { planDigest } from '../../core/plan/plan.ts';
import { revise } from '../../core/plan/revise.ts';
import { planBefore } from '../plan/plan-before.ts';
import { roundInput, stepWithRound, task } from '../task.ts';
import { liveRetirePlan, liveRetirePlanActions } from './live-retire-plan.ts';

/** Plans taking an old key out of use, with the evidence of who uses it, and takes the key's lock. */
export const planRetirement = task({
  name: 'plan-retirement',
  input: roundInput,
  output: z.strictObject({ planDigest: Sha256Hex, denySeconds: z.int(), approvalTimeoutSeconds: z.int(), approvalHeartbeatSeconds: z.int() }),
  errors: ['KeyNotRetirable', 'AliasUnregistered', 'RegistryEmpty', 'RotationUnderWay'],
  actions: liveRetirePlanActions,
  step: stepWithRound('plan-retirement'),
  run: async ({ rotationId, round }, context) => {
    const { ledger } = context.store;
    const before = await planBefore(context, 'plan-retirement', context.head.retirePlan);
    const retirePlan = revise(await liveRetirePlan(context), before, round, retireChanges);
    // Settled before it is locked: whoever seals the dossier finds in the plan which lock to give back.
    await ledger.settle(rotationId, { retirePlan });
    await ledger.lock(retirePlan.keyId, rotationId);
    const { denySeconds, timeoutSeconds, heartbeatSeconds } = retirePlan;
    return { planDigest: planDigest(retirePlan), denySeconds, approvalTimeoutSeconds: timeoutSeconds, approvalHeartbeatSeconds: heartbeatSeconds };
  },
});
