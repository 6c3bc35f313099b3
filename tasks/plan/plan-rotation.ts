import { z } from 'zod';
import { makePlan } from '../../core/plan/make-plan.ts';
import { locksOf, planDigest } from '../../core/plan/plan.ts';
import { directionOf } from '../../core/rollover/direction.ts';
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
    importsMaterial: z.boolean(),
    emergency: z.boolean(),
    oldLeavesAtSwitch: z.boolean(),
    oldStaysPublished: z.boolean(),
    kmsPropagationSeconds: z.int(),
    approvalTimeoutSeconds: z.int(),
    approvalHeartbeatSeconds: z.int(),
  }),
  errors: ['RegistryEmpty', 'AliasUnknown', 'AliasUnregistered', 'AwsManagedKey', 'MethodDoesNotFit', 'KeyNotUsable', 'GrantsNotCopyable', 'PolicyLocksOut', 'RotationUnderWay', 'NoEmergencyRoad', 'MaterialTooLongForWrapping', 'MaterialNotImportable'],
  actions: keyFactsActions,
  run: async ({ rotationId }, { head, store, clients }) => {
    const registered = await store.registry.key(head.alias);
    const facts = await readKeyFacts(clients.kms, head.alias);
    const plan = makePlan({ rotationId, registered, facts, requestedBy: head.requestedBy, reason: head.reason, requestedAt: head.requestedAt, emergency: head.emergency ?? false });
    // Settled before it is locked: whoever seals the dossier finds in the plan which lock to give back.
    await store.ledger.settle(rotationId, { plan });
    for (const locked of locksOf(plan)) await store.ledger.lock(locked, rotationId);
    return {
      planDigest: planDigest(plan),
      // An emergency has one question, put when the new key has proved itself.
      asksBeforeStart: plan.approvals.start !== undefined && plan.rollover?.emergency !== true,
      importsMaterial: plan.material !== undefined,
      emergency: plan.rollover?.emergency === true,
      oldLeavesAtSwitch: directionOf(plan.oldKey.usage).oldLeaves === 'at the switch',
      oldStaysPublished: plan.rollover?.intervals.longestLifetimeSeconds === 'unbounded' && directionOf(plan.oldKey.usage).oldLeaves === 'after the drain',
      kmsPropagationSeconds: plan.rollover?.intervals.kmsPropagationSeconds ?? 0,
      approvalTimeoutSeconds: plan.approvals.timeoutSeconds,
      approvalHeartbeatSeconds: plan.approvals.heartbeatSeconds,
    };
  },
});
