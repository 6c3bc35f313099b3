import { z } from 'zod';
import { decisionHolds } from '../../core/approval/decision.ts';
import { quorum } from '../../core/approval/quorum.ts';
import { RotaError } from '../../core/errors.ts';
import { Sha256Hex } from '../../core/ids.ts';
import { planChanges, planDigest, type CutoverPlan, type RollbackPlan } from '../../core/plan/plan.ts';
import type { ApprovalRule, Stage } from '../../core/registry/registry-schema.ts';
import { approvalIdOf } from '../../store/approval-table.ts';
import { describeKey, publicKeyOf } from '../../store/key-facts.ts';
import { announce, eventActions } from '../events.ts';
import { movePlanOf, rotationPlanOf } from '../plan-of.ts';
import { importedOf } from '../plan/imported-of.ts';
import { liveCutoverPlan, liveCutoverPlanActions } from '../plan/live-cutover-plan.ts';
import { rotationInput, task, type Context } from '../task.ts';
import { moveAlias, moveAliasActions } from './move-alias.ts';

/**
 * Moves every alias of the plan, if the approvals that the plan demands are there for exactly this plan and nothing has
 * changed since (P4). It trusts neither the workflow's word nor an unsigned row: it reads the decisions and checks the
 * approvals API's signature on each.
 */
export const repointAliases = task({
  name: 'repoint-aliases',
  input: rotationInput.extend({ planDigest: Sha256Hex }),
  output: z.strictObject({ moved: z.array(z.strictObject({ alias: z.string(), from: z.string(), to: z.string() })) }),
  errors: ['PlanChanged', 'ApprovalMissing', 'ApprovalForged', 'SuccessorChanged', 'AliasMovedElsewhere', 'ChangeNotVisibleYet', 'AliasUnknown', 'KeyNotUsable'],
  actions: [...liveCutoverPlanActions, ...moveAliasActions, ...eventActions, 'kms:GetPublicKey', 'dynamodb:GetItem'],
  run: async ({ planDigest: approvedDigest }, context) => {
    const { head, clients } = context;
    const move = movePlanOf(head);
    if (planDigest(move) !== approvedDigest) throw new RotaError('PlanChanged', { changes: ['the ledger holds another plan than the one asked about'] });
    await checkUnchanged(move, context);
    for (const { stage, rule, digest } of demandedApprovals(move, context)) await checkApproved(stage, rule, digest, context);
    for (const alias of move.aliases) await moveAlias(clients.kms, alias);
    await announce(context, 'Rota Aliases Repointed', { aliases: move.aliases });
    return { moved: move.aliases };
  },
});

async function checkUnchanged(move: CutoverPlan | RollbackPlan, context: Context): Promise<void> {
  const { head, clients, store } = context;
  if (move.stage === 'rollback') {
    const { KeyState } = await describeKey(clients.kms, move.oldKeyId);
    if (KeyState !== 'Enabled') throw new RotaError('KeyNotUsable', { keyId: move.oldKeyId, state: KeyState ?? 'unknown' });
    return;
  }
  const live = await liveCutoverPlan(head, await importedOf(store.ledger, head.rotationId), context, move);
  if (planDigest(live) !== planDigest(move)) throw new RotaError('PlanChanged', { changes: planChanges(move, live) });
}

interface Demand {
  readonly stage: Stage;
  readonly rule: ApprovalRule;
  readonly digest: string;
}

function demandedApprovals(move: CutoverPlan | RollbackPlan, { head }: Context): Demand[] {
  if (move.stage === 'rollback') return [{ stage: 'rollback', rule: move.rule, digest: planDigest(move) }];
  const plan = rotationPlanOf(head);
  const { start, cutover } = plan.approvals;
  return [
    ...(start === undefined ? [] : [{ stage: 'start' as const, rule: start, digest: planDigest(plan) }]),
    { stage: 'cutover', rule: cutover, digest: planDigest(move) },
  ];
}

async function checkApproved(stage: Stage, rule: ApprovalRule, digest: string, { head, store, clients, names }: Context): Promise<void> {
  const { decisions } = await store.approvals.get(approvalIdOf(head.rotationId, stage, digest));
  const spki = await publicKeyOf(clients.kms, names.decisionKey);
  const bound = decisions.filter((d) => d.stage === stage && d.planDigest === digest);
  for (const decision of bound)
    if (!decisionHolds(decision, spki)) throw new RotaError('ApprovalForged', { person: decision.person });
  const says = quorum(rule, bound, head.requestedBy);
  if (says.outcome === 'approved') return;
  const missing = says.outcome === 'refused' ? `${says.by} refused` : `still needed: ${says.missing.map((m) => `${m.count} of ${m.group}`).join(', ')}`;
  throw new RotaError('ApprovalMissing', { stage, missing });
}
