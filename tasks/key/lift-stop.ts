import { z } from 'zod';
import { withoutStop } from '../../core/plan/key-policy.ts';
import { newKeyIdOf, rotationPlanOf } from '../plan-of.ts';
import { task, turnSuffix } from '../task.ts';
import { changePolicy, changePolicyActions } from './change-policy.ts';
import { whichKey } from './stop-key.ts';

/** Lets a key that was stopped make new things again. */
export const liftStop = task({
  name: 'lift-stop',
  input: whichKey,
  output: z.strictObject({ keyId: z.string() }),
  errors: ['ChangeNotVisibleYet'],
  actions: changePolicyActions,
  step: ({ key, turn }) => `lift-stop.${key}${turnSuffix(turn)}`,
  run: async ({ key }, { head, clients }) => {
    const keyId = key === 'old' ? rotationPlanOf(head).oldKey.keyId : newKeyIdOf(head);
    await changePolicy(clients.kms, keyId, withoutStop, 'has no stop');
    return { keyId };
  },
});
