import { z } from 'zod';
import { RotaError } from '../../core/errors.ts';
import { Sha256Hex } from '../../core/ids.ts';
import { planChanges, planDigest, rolloverOf, type CutoverPlan, type RollbackPlan } from '../../core/plan/plan.ts';
import { describeKey } from '../../store/key-facts.ts';
import { checkApproved, checkApprovedActions, type Demand } from '../approval/check-approved.ts';
import { announce, eventActions } from '../../store/events.ts';
import { checkOutsideFreeze } from '../freeze/held-now.ts';
import { movePlanOf, rotationPlanOf } from '../plan-of.ts';
import { liveCutoverPlan, liveCutoverPlanActions } from '../plan/live-cutover-plan.ts';
import { rotationInput, task, turnSuffix, type Context } from '../task.ts';
import { moveAlias, moveAliasActions } from './move-alias.ts';

/**
 * Moves every alias of the plan, if the approvals that the plan demands are there for exactly this plan and nothing has
 * changed since (P4). It trusts neither the workflow's word nor an unsigned row: it reads the decisions and checks the
 * approvals API's signature on each.
 */
export const repointAliases = task({
  name: 'repoint-aliases',
  input: rotationInput.extend({ planDigest: Sha256Hex, turn: z.int().min(0).default(0) }),
  output: z.strictObject({ moved: z.array(z.strictObject({ alias: z.string(), from: z.string(), to: z.string() })) }),
  errors: ['PlanChanged', 'FreezeHolds', 'RegistryEmpty', 'ApprovalMissing', 'ApprovalForged', 'SuccessorChanged', 'AliasMovedElsewhere', 'ChangeNotVisibleYet', 'AliasUnknown', 'KeyNotUsable', 'AcknowledgementsMissing', 'PublicKeyChanged', 'ProofFailed', 'MethodDoesNotFit', 'PublicationImpossible'],
  actions: [...liveCutoverPlanActions, ...moveAliasActions, ...eventActions, ...checkApprovedActions],
  step: ({ turn }) => `repoint-aliases${turnSuffix(turn)}`,
  run: async ({ planDigest: approvedDigest, turn }, context) => {
    const { head, clients } = context;
    const move = movePlanOf(head);
    if (planDigest(move) !== approvedDigest) throw new RotaError('PlanChanged', { changes: ['the ledger holds another plan than the one asked about'] });
    // An emergency, and a rollback while the old key drains, have begun before: with what they published.
    const stage = isEmergency(move, context) || turn > 0 ? undefined : move.stage;
    if (stage !== undefined) await checkOutsideFreeze(context, stage, () => hasBegun(move, context));
    await checkUnchanged(move, context);
    for (const demand of demandedApprovals(move, context)) await checkApproved(demand, context);
    for (const alias of move.aliases) await moveAlias(clients.kms, alias);
    await announce(context, 'Rota Aliases Repointed', { aliases: move.aliases });
    return { moved: move.aliases };
  },
});

const isEmergency = (move: CutoverPlan | RollbackPlan, { head }: Context): boolean => move.stage === 'cutover' && rolloverOf(head.plan)?.emergency === true;

/** Whether an earlier attempt has moved one of the aliases. */
async function hasBegun({ aliases }: CutoverPlan | RollbackPlan, { clients }: Context): Promise<boolean> {
  for (const { alias, to } of aliases) if ((await describeKey(clients.kms, alias)).KeyId === to) return true;
  return false;
}

async function checkUnchanged(move: CutoverPlan | RollbackPlan, context: Context): Promise<void> {
  const { clients } = context;
  if (move.stage === 'rollback') {
    const { KeyState } = await describeKey(clients.kms, move.oldKeyId);
    if (KeyState !== 'Enabled') throw new RotaError('KeyNotUsable', { keyId: move.oldKeyId, state: KeyState ?? 'unknown' });
    return;
  }
  const live = await liveCutoverPlan(context, move);
  if (planDigest(live) !== planDigest(move)) throw new RotaError('PlanChanged', { changes: planChanges(move, live) });
}

function demandedApprovals(move: CutoverPlan | RollbackPlan, { head }: Context): Demand[] {
  if (move.stage === 'rollback') return [{ stage: 'rollback', rule: move.rule, digest: planDigest(move), requester: move.requestedBy }];
  const plan = rotationPlanOf(head);
  const { start, cutover, emergency } = plan.approvals;
  const requester = head.requestedBy;
  if (plan.rollover?.emergency === true && emergency !== undefined) return [{ stage: 'emergency', rule: emergency, digest: planDigest(move), requester }];
  return [
    ...(start === undefined ? [] : [{ stage: 'start' as const, rule: start, digest: planDigest(plan), requester }]),
    { stage: 'cutover', rule: cutover, digest: planDigest(move), requester },
  ];
}
