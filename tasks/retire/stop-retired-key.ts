import { z } from 'zod';
import { isoSeconds } from '../../core/clock.ts';
import { isRotaError } from '../../core/errors.ts';
import { Sha256Hex } from '../../core/ids.ts';
import { hasStop, withoutStop, withStop } from '../../core/plan/key-policy.ts';
import { policyOf } from '../../store/key-facts.ts';
import { checkApprovedActions } from '../approval/check-approved.ts';
import { checkOutsideFreeze } from '../freeze/held-now.ts';
import { changePolicy, changePolicyActions } from '../key/change-policy.ts';
import { roundInput, stepWithRound, task } from '../task.ts';
import { approvedRetirement } from './approved-retirement.ts';
import { checkUnchanged, liveRetirePlanActions } from './live-retire-plan.ts';

/**
 * The first effect of a retirement: nobody makes anything new with the key, though it still opens what it made. Only if people approved
 * exactly what would happen now (P4). NIST SP 800-57 Part 1 Rev. 5, section 7: deactivated, it processes but does not protect.
 */
export const stopRetiredKey = task({
  name: 'stop-retired-key',
  input: roundInput.extend({ planDigest: Sha256Hex }),
  output: z.strictObject({ keyId: z.string(), denied: z.array(z.string()), stoppedAt: z.string() }),
  errors: ['PlanChanged', 'FreezeHolds', 'KeyNotRetirable', 'AliasUnregistered', 'RegistryEmpty', 'ApprovalMissing', 'ApprovalForged', 'ChangeNotVisibleYet'],
  actions: [...liveRetirePlanActions, ...checkApprovedActions, ...changePolicyActions],
  step: stepWithRound('stop-retired-key'),
  run: async ({ planDigest }, context) => {
    const plan = await approvedRetirement(context, planDigest);
    const { keyId, denies } = plan;
    await checkOutsideFreeze(context, 'retire', async () => !plan.stoppedBefore && hasStop(await policyOf(context.clients.kms, keyId)));
    await checkUnchanged(plan, context).catch(async (error: unknown) => {
      // An earlier attempt may have put the stop: the next question must find the key as nobody has touched it, and a refusal leave it so.
      if (isRotaError(error, 'PlanChanged') && context.repeated && !plan.stoppedBefore) await changePolicy(context.clients.kms, keyId, withoutStop, 'has no stop');
      throw error;
    });
    await changePolicy(context.clients.kms, keyId, (policy) => withStop(policy, denies), 'has the stop');
    return { keyId, denied: denies, stoppedAt: isoSeconds(context.clock.now()) };
  },
});
