import { z } from 'zod';
import { Sha256Hex } from '../../core/ids.ts';
import { planDigest } from '../../core/plan/plan.ts';
import { makeRollbackPlan } from '../../core/plan/make-rollback-plan.ts';
import { describeKey } from '../../store/key-facts.ts';
import { rotationInput, task } from '../task.ts';

/** Plans putting the aliases of a finished rotation back, and takes the lock of the old key. */
export const planRollback = task({
  name: 'plan-rollback',
  input: rotationInput,
  output: z.strictObject({ planDigest: Sha256Hex, approvalTimeoutSeconds: z.int(), approvalHeartbeatSeconds: z.int() }),
  errors: ['NotRollbackable', 'RotationUnderWay', 'AliasUnknown', 'NotFound'],
  actions: ['kms:DescribeKey'],
  run: async ({ rotationId }, { head, store, clients }) => {
    const undone = await store.ledger.head(head.undoes ?? '');
    const { KeyState: oldKeyState = 'unknown' } = undone.cutoverPlan ? await describeKey(clients.kms, undone.cutoverPlan.oldKeyId) : {};
    const standing: Record<string, string> = {};
    for (const { alias } of undone.cutoverPlan?.aliases ?? []) standing[alias] = (await describeKey(clients.kms, alias)).KeyId;
    const plan = makeRollbackPlan({ rotationId, requestedBy: head.requestedBy, reason: head.reason, undone, oldKeyState, standing });
    // Settled before it is locked: whoever seals the dossier finds in the plan which lock to give back.
    await store.ledger.settle(rotationId, { plan });
    await store.ledger.lock(plan.oldKeyId, rotationId);
    return { planDigest: planDigest(plan), approvalTimeoutSeconds: plan.timeoutSeconds, approvalHeartbeatSeconds: plan.heartbeatSeconds };
  },
});
