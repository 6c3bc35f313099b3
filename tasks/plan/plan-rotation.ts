import { z } from 'zod';
import { makePlan } from '../../core/plan/make-plan.ts';
import { planDigest } from '../../core/plan/plan.ts';
import { Sha256Hex } from '../../core/ids.ts';
import { keyFactsActions, readKeyFacts } from '../../store/key-facts.ts';
import { rotationInput, task } from '../task.ts';

/** Plans the rotation from what AWS says now, whole or not at all, and takes the lock of the old key. */
export const planRotation = task({
  name: 'plan-rotation',
  input: rotationInput,
  output: z.strictObject({
    planDigest: Sha256Hex,
    asksBeforeStart: z.boolean(),
    approvalTimeoutSeconds: z.int(),
    approvalHeartbeatSeconds: z.int(),
  }),
  errors: ['RegistryEmpty', 'AliasUnknown', 'AliasUnregistered', 'AwsManagedKey', 'MethodDoesNotFit', 'KeyNotUsable', 'GrantsNotCopyable', 'PolicyLocksOut', 'RotationUnderWay'],
  actions: keyFactsActions,
  run: async ({ rotationId }, { head, store, clients }) => {
    const registered = await store.registry.key(head.alias);
    const facts = await readKeyFacts(clients.kms, head.alias);
    const plan = makePlan({ rotationId, registered, facts, requestedBy: head.requestedBy, reason: head.reason });
    // Settled before it is locked: whoever seals the dossier finds in the plan which lock to give back.
    await store.ledger.settle(rotationId, { plan });
    await store.ledger.lock(facts.keyId, rotationId);
    return {
      planDigest: planDigest(plan),
      asksBeforeStart: plan.approvals.start !== undefined,
      approvalTimeoutSeconds: plan.approvals.timeoutSeconds,
      approvalHeartbeatSeconds: plan.approvals.heartbeatSeconds,
    };
  },
});
