import { z } from 'zod';
import { withoutStop } from '../../core/plan/key-policy.ts';
import { checkRollback, checkRollbackActions, checkRollbackErrors } from '../alias/check-rollback.ts';
import { movePlanOf, newKeyIdOf, rotationPlanOf } from '../plan-of.ts';
import { task, turnSuffix } from '../task.ts';
import { changePolicy, changePolicyActions } from './change-policy.ts';
import { whichKey } from './stop-key.ts';

/** Lets an old key that was stopped make new things again: the first effect of a rollback while it drains, so it must be approved as it is (P4). */
export const liftStop = task({
  name: 'lift-stop',
  input: whichKey,
  output: z.strictObject({ keyId: z.string() }),
  errors: [...checkRollbackErrors, 'ChangeNotVisibleYet'],
  actions: [...changePolicyActions, ...checkRollbackActions],
  step: ({ key, turn }) => `lift-stop.${key}${turnSuffix(turn)}`,
  run: async ({ key }, context) => {
    const { head, clients } = context;
    const move = movePlanOf(head);
    if (move.stage === 'rollback') await checkRollback(move, context);
    const keyId = key === 'old' ? rotationPlanOf(head).oldKey.keyId : newKeyIdOf(head);
    await changePolicy(clients.kms, keyId, withoutStop, 'has no stop');
    return { keyId };
  },
});
