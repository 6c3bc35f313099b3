import { z } from 'zod';
import { Sha256Hex } from '../../core/ids.ts';
import { planDigest } from '../../core/plan/plan.ts';
import { revise } from '../../core/plan/revise.ts';
import { roundInput, stepWithRound, task } from '../task.ts';
import { planBefore } from './plan-before.ts';
import { liveCutoverPlan, liveCutoverPlanActions } from './live-cutover-plan.ts';

/** Writes down what the cutover will do, for the approvers to read and sign. */
export const planCutover = task({
  name: 'plan-cutover',
  input: roundInput,
  output: z.strictObject({ planDigest: Sha256Hex }),
  errors: ['AliasesDisagree', 'RegistryEmpty', 'SuccessorChanged', 'PlanChanged', 'AcknowledgementsMissing', 'PublicKeyChanged', 'ProofFailed', 'MethodDoesNotFit', 'PublicationImpossible'],
  actions: liveCutoverPlanActions,
  step: stepWithRound('plan-cutover'),
  run: async ({ rotationId, round }, context) => {
    const { head, store } = context;
    const before = await planBefore(context, 'plan-cutover', head.cutoverPlan);
    // An earlier round may have moved some of the aliases already: they stay in the plan, and so on the way back.
    const cutoverPlan = revise(await liveCutoverPlan(context, head.cutoverPlan), before, round);
    await store.ledger.settle(rotationId, { cutoverPlan });
    return { planDigest: planDigest(cutoverPlan) };
  },
});
