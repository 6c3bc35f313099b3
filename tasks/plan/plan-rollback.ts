import { z } from 'zod';
import { Sha256Hex } from '../../core/ids.ts';
import { planDigest } from '../../core/plan/plan.ts';
import { makeRollbackPlan } from '../../core/plan/make-rollback-plan.ts';
import { revise } from '../../core/plan/revise.ts';
import { rollbackAccess, rollbackAccessActions } from './rollback-access.ts';
import { planBefore } from './plan-before.ts';
import { describeKey } from '../../store/key-facts.ts';
import { rotationInput, task, turnSuffix } from '../task.ts';

/** The word that a custodian said while the old key drained. */
const Asked = z.strictObject({ word: z.literal('rollback'), by: z.string(), reason: z.string() });

/**
 * Plans putting the aliases back: of a finished rotation, whose old key it locks, or of this rotation itself, whose old key
 * still drains and is locked already.
 */
export const planRollback = task({
  name: 'plan-rollback',
  input: rotationInput.extend({ turn: z.int().min(0).default(0), round: z.int().min(1).default(1), asked: Asked.optional() }),
  output: z.strictObject({ planDigest: Sha256Hex, approvalTimeoutSeconds: z.int(), approvalHeartbeatSeconds: z.int() }),
  errors: ['NotRollbackable', 'RotationUnderWay', 'AliasUnknown', 'NotFound'],
  actions: ['kms:DescribeKey', ...rollbackAccessActions],
  step: ({ turn, round }) => `plan-rollback${turnSuffix(turn)}${round === 1 ? '' : `.round-${round}`}`,
  run: async ({ rotationId, asked, turn, round }, context) => {
    const { head, store, clients } = context;
    const undone = asked === undefined ? await store.ledger.head(head.undoes ?? '') : { ...head, outcome: 'complete' };
    const { KeyState: oldKeyState = 'unknown' } = undone.cutoverPlan ? await describeKey(clients.kms, undone.cutoverPlan.oldKeyId) : {};
    const access = undone.cutoverPlan ? await rollbackAccess(clients, undone.cutoverPlan) : { policyDifference: { added: [], removed: [] } };
    const standing: Record<string, string> = {};
    for (const { alias } of undone.cutoverPlan?.aliases ?? []) standing[alias] = (await describeKey(clients.kms, alias)).KeyId;
    const { by: requestedBy, reason } = asked ?? { by: head.requestedBy, reason: head.reason };
    const live = makeRollbackPlan({ rotationId, requestedBy, reason, turn, undone, oldKeyState, access, standing });
    const before = turn === 0 && head.plan !== undefined && 'stage' in head.plan ? await planBefore(context, 'plan-rollback', head.plan) : undefined;
    const plan = revise(live, before, round);
    if (asked === undefined) {
      // Settled before it is locked: whoever seals the dossier finds in the plan which lock to give back.
      await store.ledger.settle(rotationId, { plan });
      await store.ledger.lock(plan.oldKeyId, rotationId);
    } else await store.ledger.settle(rotationId, { rollbackPlan: plan });
    return { planDigest: planDigest(plan), approvalTimeoutSeconds: plan.timeoutSeconds, approvalHeartbeatSeconds: plan.heartbeatSeconds };
  },
});
