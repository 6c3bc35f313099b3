import { z } from 'zod';
import { rotationPlanOf } from '../plan-of.ts';
import { rotationInput, task } from '../task.ts';
import { makeCanaryUnder } from './exercise.ts';
import { exerciseActions } from './exercises.ts';

/** Makes something under the old key before the rotation: the later proofs open it, or the rotation goes back. */
export const makeCanary = task({
  name: 'make-canary',
  input: rotationInput,
  output: z.strictObject({ challenge: z.base64(), product: z.base64() }),
  errors: ['ProofFailed'],
  actions: exerciseActions,
  run: async ({ rotationId }, { head, clients, store }) => {
    const canary = await makeCanaryUnder(clients.kms, rotationPlanOf(head).oldKey, rotationId);
    await store.ledger.keep(rotationId, 'canary', { ...canary });
    return canary;
  },
});
