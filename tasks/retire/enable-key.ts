import { EnableKeyCommand } from '@aws-sdk/client-kms';
import { z } from 'zod';
import { isRotaError, RotaError } from '../../core/errors.ts';
import { withoutStop, withRetentionLock } from '../../core/plan/key-policy.ts';
import type { RetirePlan } from '../../core/plan/plan.ts';
import { describeKey } from '../../store/key-facts.ts';
import { changePolicy, changePolicyActions } from '../key/change-policy.ts';
import { retirePlanOf } from '../plan-of.ts';
import type { Canary } from '../prove/exercise.ts';
import { checkCanary, exercise } from '../prove/exercise.ts';
import { exerciseActions } from '../prove/exercises.ts';
import { rotationInput, task, type Context } from '../task.ts';

/** The word that a custodian said while the key was denied or watched. */
const Asked = z.strictObject({ word: z.literal('reenable'), by: z.string(), reason: z.string() });

/** From then on a proof that fails is no matter of a change that has not spread yet. */
const patience = 5;

/**
 * Puts the key back to how the retirement found it, and proves that it works. It undoes what this retirement did and no more: a key that
 * somebody else disabled stays so, and a stop that was there before stays too, since a key that has left the key set must sign nothing.
 */
export const enableKey = task({
  name: 'enable-key',
  input: rotationInput.extend({ asked: Asked.optional() }),
  output: z.strictObject({ keyId: z.string(), putBack: z.boolean(), asked: Asked.optional() }),
  errors: ['ChangeNotVisibleYet', 'ProofFailed'],
  actions: [...changePolicyActions, ...exerciseActions, 'kms:DescribeKey', 'kms:EnableKey'],
  run: async ({ rotationId, asked }, context) => {
    const { head, store, clients } = context;
    const plan = retirePlanOf(head);
    const { keyId } = plan;
    const steps = (await store.ledger.steps(rotationId)).map((s) => s.step);
    const tried = steps.includes('disable-key');
    const lifted = !plan.stoppedBefore && steps.some((step) => step.startsWith('stop-retired-key'));
    if (tried) await changePolicy(clients.kms, keyId, (policy) => withRetentionLock(policy, plan.breakGlassRoleArn), 'has the retention lock');
    const changed = lifted && (await changePolicy(clients.kms, keyId, withoutStop, 'has no stop'));
    if (tried) await enable(keyId, context);
    if (tried || changed || context.repeated) await prove(plan, context);
    return { keyId, putBack: tried || lifted, ...(asked === undefined ? {} : { asked }) };
  },
});

async function enable(keyId: string, { clients }: Context): Promise<void> {
  if ((await describeKey(clients.kms, keyId)).KeyState === 'Disabled') await clients.kms.send(new EnableKeyCommand({ KeyId: keyId }));
  const { KeyState } = await describeKey(clients.kms, keyId);
  if (KeyState !== 'Enabled') throw new RotaError('ChangeNotVisibleYet', { what: `${keyId} is Enabled` });
}

/** What it made before its rotation opens; and it makes something again, unless it was stopped before. */
async function prove({ keyId, spec, usage, retainedFor, stoppedBefore, rotationId }: RetirePlan, { store, clients, attempts }: Context): Promise<void> {
  const subject = { keyId, spec, usage };
  try {
    const canary = (await store.ledger.kept(retainedFor, 'canary')) as Canary | undefined;
    if (canary !== undefined) await checkCanary(clients.kms, subject, canary, retainedFor);
    if (!stoppedBefore) await exercise(clients.kms, subject, keyId, rotationId);
  } catch (error) {
    const mayPass = isRotaError(error, 'ProofFailed') || (error instanceof Error && ['AccessDeniedException', 'DisabledException'].includes(error.name));
    if (!mayPass || attempts >= patience) throw error;
    throw new RotaError('ChangeNotVisibleYet', { what: `${keyId} works again` }, { cause: error });
  }
}
