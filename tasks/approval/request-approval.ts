import { z } from 'zod';
import { silentUntilFrom } from '../../core/approval/notices.ts';
import { isoSeconds } from '../../core/clock.ts';
import { isRotaError, RotaError } from '../../core/errors.ts';
import { Sha256Hex } from '../../core/ids.ts';
import { planDigest, type AnyPlan, type RetirePlan, type RollbackPlan } from '../../core/plan/plan.ts';
import { Stage, type ApprovalRule } from '../../core/registry/registry-schema.ts';
import type { Approval } from '../../core/approval/approval.ts';
import { approvalIdOf } from '../../store/approval-table.ts';
import type { RotationHead } from '../../store/ledger-table.ts';
import { eventActions } from '../../store/events.ts';
import { sealToken } from '../../store/task-token.ts';
import { tellAsked } from '../../store/tell-once.ts';
import { movePlanOf, retirePlanOf, rotationPlanOf } from '../plan-of.ts';
import { rotationInput, task, type Context } from '../task.ts';

const input = rotationInput.extend({ stage: Stage, planDigest: Sha256Hex, taskToken: z.string().min(1) });

/** Puts the question into the table, with the plan whole and the task token encrypted; it leaves that table never. */
export const requestApproval = task({
  name: 'request-approval',
  input,
  output: z.strictObject({ approvalId: z.string() }),
  errors: ['PlanChanged'],
  actions: ['kms:Encrypt', ...eventActions],
  step: ({ stage, planDigest: digest }) => `request-approval.${stage}.${digest.slice(0, 8)}`,
  everyTime: true,
  run: async ({ rotationId, stage, planDigest: digest, taskToken }, context) => {
    const { head, clients, store, names, clock, now } = context;
    const { plan, rule, timeoutSeconds, heartbeatSeconds, requestedBy, reason } = question(head, stage);
    if (planDigest(plan) !== digest) throw new RotaError('PlanChanged', { changes: ['the ledger holds another plan than the one to be asked about'] });
    const approvalId = approvalIdOf(rotationId, stage, digest);
    const encryptedToken = await sealToken(clients, names, approvalId, taskToken);
    if ('revision' in plan && plan.revision !== undefined) await voidReplaced(approvalIdOf(rotationId, stage, plan.revision.replaces), plan.revision.changes, context);
    const deadline = isoSeconds(clock.now() + timeoutSeconds * 1000);
    const silence = silentUntilFrom(clock.now(), heartbeatSeconds);
    const asked: Approval = { approvalId, rotationId, stage, plan, planDigest: digest, rule, requestedBy, reason, requestedAt: now, deadline, ...silence, outcome: 'open', decisions: [] };
    await store.approvals.ask(asked, encryptedToken, heartbeatSeconds);
    await tellAsked(context, asked);
    return { approvalId };
  },
});

/** What was decided on the plan before has no effect: its people are told so, and why. */
async function voidReplaced(approvalId: string, changes: readonly string[], { store, now }: Context): Promise<void> {
  for (;;) {
    const replaced = await store.approvals.get(approvalId).catch((error: unknown) => {
      if (!isRotaError(error, 'NotFound')) throw error;
    });
    if (replaced === undefined || (replaced.outcome !== 'open' && replaced.outcome !== 'approved')) return;
    if (await store.approvals.close(replaced, 'void', now, changes)) return;
  }
}

interface Question {
  readonly plan: AnyPlan;
  readonly rule: ApprovalRule;
  readonly timeoutSeconds: number;
  readonly heartbeatSeconds: number;
  /** Who asked for this very thing, and so may not decide on it (P5). */
  readonly requestedBy: string;
  readonly reason: string;
}

/** The question of a plan that carries its own rule. */
function questionOf(plan: RetirePlan | RollbackPlan): Question {
  const { rule, timeoutSeconds, heartbeatSeconds, requestedBy, reason } = plan;
  return { plan, rule, timeoutSeconds, heartbeatSeconds, requestedBy, reason };
}

function question(head: RotationHead, stage: Stage): Question {
  if (stage === 'retire') return questionOf(retirePlanOf(head));
  const move = stage === 'start' ? undefined : movePlanOf(head);
  if (move?.stage === 'rollback') return questionOf(move);
  const plan = rotationPlanOf(head);
  // Of the plan, which people read and sign: nothing signs the head.
  const { requestedBy, reason } = plan;
  const { start, cutover, emergency, timeoutSeconds, heartbeatSeconds } = plan.approvals;
  const rule = stage === 'start' ? start : stage === 'emergency' ? emergency : cutover;
  if (rule === undefined) throw new Error(`the plan of ${head.rotationId} has no rule for the ${stage}`);
  return { plan: move ?? plan, rule, timeoutSeconds, heartbeatSeconds, requestedBy, reason };
}
