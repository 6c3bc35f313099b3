import { z } from 'zod';
import { isoSeconds } from '../../core/clock.ts';
import { withStop } from '../../core/plan/key-policy.ts';
import { directionOf } from '../../core/rollover/direction.ts';
import { drainedDue } from '../../core/rollover/timing.ts';
import { newKeyIdOf, rolloverPlanOf, rotationPlanOf } from '../plan-of.ts';
import { rotationInput, task, turnSuffix } from '../task.ts';
import { changePolicy, changePolicyActions } from './change-policy.ts';

/** Which key of the rotation: the one that retires, which after a rollback is the new one. */
export const whichKey = rotationInput.extend({ key: z.enum(['old', 'new']), turn: z.int().min(0) });

/**
 * Denies everybody to make anything new with a key; what it made before still opens. Reversible by `lift-stop`, since it is one
 * statement of the key policy. NIST SP 800-57 Part 1 Rev. 5, section 7: deactivated, it processes but does not protect.
 */
export const stopKey = task({
  name: 'stop-key',
  input: whichKey,
  output: z.strictObject({ keyId: z.string(), denied: z.array(z.string()), stoppedAt: z.string(), drainedAt: z.string(), drainSeconds: z.int() }),
  errors: ['ChangeNotVisibleYet'],
  actions: changePolicyActions,
  step: ({ key, turn }) => `stop-key.${key}${turnSuffix(turn)}`,
  run: async ({ key }, { head, clients, clock }) => {
    const { oldKey } = rotationPlanOf(head);
    const keyId = key === 'old' ? oldKey.keyId : newKeyIdOf(head);
    const direction = directionOf(oldKey.usage);
    await changePolicy(clients.kms, keyId, (policy) => withStop(policy, direction.stops), 'has the stop');
    const stoppedMs = clock.now();
    const { at } = drainedDue(rolloverPlanOf(head).intervals, direction, stoppedMs);
    return { keyId, denied: [...direction.stops], stoppedAt: isoSeconds(stoppedMs), drainedAt: at, drainSeconds: Math.max(60, Math.ceil((Date.parse(at) - stoppedMs) / 1000)) };
  },
});
