import { z } from 'zod';
import { RotaError } from '../../core/errors.ts';
import { describeKey } from '../../store/key-facts.ts';
import { newKeyIdOf, rotationPlanOf } from '../plan-of.ts';
import { rotationInput, task } from '../task.ts';
import { canaryOf } from './canary-of.ts';
import { checkCanary, exercise } from './exercise.ts';
import { exerciseActions } from './exercises.ts';

/** The successor is what was planned and works by its id, and the old key still opens what it made. */
export const proveSuccessor = task({
  name: 'prove-successor',
  input: rotationInput,
  output: z.strictObject({ proof: z.string() }),
  errors: ['ProofFailed', 'SuccessorChanged', 'ChangeNotVisibleYet'],
  actions: ['kms:DescribeKey', ...exerciseActions],
  run: async ({ rotationId }, { head, clients, store }) => {
    const { oldKey, successor } = rotationPlanOf(head);
    const keyId = newKeyIdOf(head);
    const { KeyState, KeySpec, KeyUsage, Origin } = await describeKey(clients.kms, keyId);
    if (KeyState === 'PendingImport') throw new RotaError('ChangeNotVisibleYet', { what: `${keyId} has its material` });
    const found = `${KeySpec} ${KeyUsage} ${Origin} ${KeyState}`;
    const planned = `${successor.spec} ${successor.usage} ${successor.origin} Enabled`;
    if (found !== planned) throw new RotaError('SuccessorChanged', { keyId, difference: `it is ${found}, planned was ${planned}` });
    const proof = await exercise(clients.kms, { ...successor, keyId }, keyId, rotationId);
    await checkCanary(clients.kms, oldKey, await canaryOf(store.ledger, rotationId), rotationId);
    return { proof };
  },
});
