import { z } from 'zod';
import { RotaError } from '../../core/errors.ts';
import { Sha256Hex } from '../../core/ids.ts';
import { planDigest, type CutoverPlan, type RollbackPlan } from '../../core/plan/plan.ts';
import { describeKey } from '../../store/key-facts.ts';
import { announce, eventActions } from '../../store/events.ts';
import { checkOutsideFreeze } from '../freeze/held-now.ts';
import { movePlanOf } from '../plan-of.ts';
import { rotationInput, task, turnSuffix, type Context } from '../task.ts';
import { checkMove, checkMoveActions, checkMoveErrors, isEmergency } from './check-move.ts';
import { moveAlias, moveAliasActions } from './move-alias.ts';

/** Moves every alias of the plan, outside every freeze, if exactly this plan was approved and nothing has changed since (P4). */
export const repointAliases = task({
  name: 'repoint-aliases',
  input: rotationInput.extend({ planDigest: Sha256Hex, turn: z.int().min(0).default(0) }),
  output: z.strictObject({ moved: z.array(z.strictObject({ alias: z.string(), from: z.string(), to: z.string() })) }),
  errors: [...checkMoveErrors, 'FreezeHolds', 'AliasMovedElsewhere', 'ChangeNotVisibleYet', 'AliasUnknown'],
  actions: [...checkMoveActions, ...moveAliasActions, ...eventActions],
  step: ({ turn }) => `repoint-aliases${turnSuffix(turn)}`,
  run: async ({ rotationId, planDigest: approvedDigest, turn }, context) => {
    const { head, clients, store, now } = context;
    const move = movePlanOf(head);
    if (planDigest(move) !== approvedDigest) throw new RotaError('PlanChanged', { changes: ['the ledger holds another plan than the one asked about'] });
    // An emergency, and a rollback while the old key drains, have begun before: with what they published.
    if (!isEmergency(move, context) && turn === 0) await checkOutsideFreeze(context, move.stage, () => hasBegun(move, context));
    await checkMove(move, context);
    for (const alias of move.aliases) await moveAlias(clients.kms, alias);
    await store.ledger.settle(rotationId, { switchedAt: now });
    await announce(context, 'Rota Aliases Repointed', { aliases: move.aliases });
    return { moved: move.aliases };
  },
});

/** Whether an earlier attempt has moved one of the aliases. */
async function hasBegun({ aliases }: CutoverPlan | RollbackPlan, { clients }: Context): Promise<boolean> {
  for (const { alias, to } of aliases) if ((await describeKey(clients.kms, alias)).KeyId === to) return true;
  return false;
}
