import { UpdateAliasCommand } from '@aws-sdk/client-kms';
import { z } from 'zod';
import { isoSeconds } from '../../core/clock.ts';
import type { StepRecord } from '../../core/dossier/statement.ts';
import { isRotaError } from '../../core/errors.ts';
import { rolloverOf } from '../../core/plan/plan.ts';
import { directionOf } from '../../core/rollover/direction.ts';
import { drainedDue } from '../../core/rollover/timing.ts';
import { describeKey } from '../../store/key-facts.ts';
import type { RotationHead } from '../../store/ledger-table.ts';
import { rotationPlanOf } from '../plan-of.ts';
import { rotationInput, task, turnSuffix, type Context } from '../task.ts';
import { moveAlias, moveAliasActions } from './move-alias.ts';

/**
 * The way back (P7): every alias that this rotation moved goes to where it was; the rest is left alone. What stays behind
 * is put in words. An alias is not pointed to a key that is not Enabled (P2): that is left, and said.
 */
export const restoreAliases = task({
  name: 'restore-aliases',
  input: rotationInput.extend({ turn: z.int().min(0).default(0) }),
  output: z.strictObject({
    restored: z.array(z.string()),
    leftBehind: z.array(z.string()),
    /** Whether consumers may have a key set with the new key, and until when something it signed may be alive. */
    keySetChanged: z.boolean(),
    straysUntil: z.string(),
  }),
  errors: ['ChangeNotVisibleYet'],
  actions: [...moveAliasActions],
  step: ({ turn }) => `restore-aliases${turnSuffix(turn)}`,
  run: async ({ rotationId, turn }, context) => {
    const { head, store, clock } = context;
    const restored: string[] = [];
    const records = await store.ledger.steps(rotationId);
    const steps = records.map((s) => s.step);
    const leftBehind = turn === 0 ? leftKeys(head, records) : [];
    if (turn === 0 && steps.includes('keep-old-key'))
      leftBehind.push('The old key may carry the retention lock (statement RotaRetention) and the tags of this rotation.');
    const attempted = steps.some((s) => s === `repoint-aliases${turnSuffix(turn)}`);
    let unseen: Error | undefined;
    for (const move of attempted ? plannedMoves(head) : []) {
      // One alias that resists must not keep the others from going back.
      const verdict = await restoreOne(move, context).catch((error: unknown) => {
        if (isRotaError(error, 'AliasUnknown', 'AliasMovedElsewhere')) return `${move.alias} was left: ${error.message}`;
        unseen = error instanceof Error ? error : new Error(String(error));
        return 'restored';
      });
      if (verdict === 'restored') restored.push(move.alias);
      else leftBehind.push(verdict);
    }
    await store.ledger.settle(rotationId, { leftBehind });
    if (unseen !== undefined) throw unseen;
    return {
      restored,
      leftBehind,
      // The plan of an emergency cutover makes a set already, before it is published.
      keySetChanged: rolloverOf(head.plan) !== undefined && steps.some((s) => s.startsWith('publish-keys') || s.startsWith('plan-cutover')),
      straysUntil: attempted ? straysUntil(head, clock.now()) : isoSeconds(0),
    };
  },
});

interface Move {
  readonly alias: string;
  readonly from: string;
  readonly to: string;
}

/** While an alias stood at the new key, somebody may have signed with it. */
function straysUntil(head: RotationHead, nowMs: number): string {
  const rollover = rolloverOf(head.plan);
  // In an emergency the old key has left the key set, and signs again: until it is back nobody can verify what is signed now, which is more than a few strays.
  if (rollover === undefined || rollover.emergency) return isoSeconds(0);
  return drainedDue(rollover.intervals, directionOf(rotationPlanOf(head).oldKey.usage), nowMs).at;
}

function plannedMoves({ plan, cutoverPlan, rollbackPlan }: RotationHead): readonly Move[] {
  if (rollbackPlan !== undefined) return rollbackPlan.aliases;
  return plan !== undefined && 'stage' in plan ? plan.aliases : (cutoverPlan?.aliases ?? []);
}

function leftKeys({ plan, newKeyId, rotationId }: RotationHead, steps: readonly StepRecord[]): string[] {
  if (plan === undefined || 'stage' in plan) return [];
  if (newKeyId === undefined) return steps.some(mayHaveMadeOne) ? [`KMS was asked for a key, and what became of it is not known: if there is one, its tag rota:rotation is ${rotationId}, and nothing uses it.`] : [];
  return [`Key ${newKeyId} was made for this rotation and stays, unused by any alias; its tag rota:rotation names the rotation.`];
}

/** Whether an attempt to make the successor ended without KMS's refusal: in a crash, or with an answer that was lost. */
const mayHaveMadeOne = ({ step, attempts, kmsCalls }: StepRecord): boolean =>
  step === 'create-successor' && attempts > kmsCalls.filter(({ operation, error, requestId }) => operation === 'CreateKey' && error !== undefined && requestId !== 'none').length;

async function restoreOne({ alias, from, to }: Move, { clients }: Context): Promise<string> {
  const found = (await describeKey(clients.kms, alias)).KeyId;
  if (found !== from && found !== to) return `${alias} points to ${found}: somebody else moved it, and it was left there.`;
  const { KeyState } = await describeKey(clients.kms, from);
  if (KeyState !== 'Enabled') return `${alias} stays at ${to}, since ${from} is ${KeyState}.`;
  // Even where KMS still shows `from`: it may not show yet that this rotation moved the alias a moment ago.
  if (found === from) await clients.kms.send(new UpdateAliasCommand({ AliasName: alias, TargetKeyId: from }));
  else await moveAlias(clients.kms, { alias, from: to, to: from });
  return 'restored';
}
