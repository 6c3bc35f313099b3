import { z } from 'zod';
import { describeKey } from '../../store/key-facts.ts';
import { movePlanOf } from '../plan-of.ts';
import { rotationInput, task, turnSuffix } from '../task.ts';
import { canaryOf } from './canary-of.ts';
import { checkCanary, exercise } from './exercise.ts';
import { exerciseActions } from './exercises.ts';

/** Each moved alias works and is answered by the key it was moved to; what the old key made before still opens. */
export const proveThroughAlias = task({
  name: 'prove-through-alias',
  input: rotationInput.extend({ turn: z.int().min(0).default(0) }),
  output: z.strictObject({ proofs: z.array(z.strictObject({ alias: z.string(), answeredBy: z.string(), proof: z.string() })) }),
  errors: ['ProofFailed', 'AliasUnknown', 'ChangeNotVisibleYet'],
  actions: ['kms:DescribeKey', ...exerciseActions],
  step: ({ turn }) => `prove-through-alias${turnSuffix(turn)}`,
  run: async ({ rotationId }, { head, clients, store }) => {
    const move = movePlanOf(head);
    const { KeySpec: spec = '', KeyUsage: usage = '' } = await describeKey(clients.kms, move.newKeyId);
    const proofs = [];
    for (const { alias, to } of move.aliases)
      proofs.push({ alias, answeredBy: to, proof: await exercise(clients.kms, { keyId: alias, spec, usage }, to, rotationId) });
    const made = head.undoes ?? rotationId;
    await checkCanary(clients.kms, { keyId: move.oldKeyId, spec, usage }, await canaryOf(store.ledger, made), made);
    return { proofs };
  },
});
