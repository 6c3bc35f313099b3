import { z } from 'zod';
import { describeKey } from '../../store/key-facts.ts';
import type { RotationHead } from '../../store/ledger-table.ts';
import { rotationInput, task, type Context } from '../task.ts';
import { moveAlias, moveAliasActions } from './move-alias.ts';

/**
 * The way back (P7): every alias that this rotation moved goes to where it was; the rest is left alone. What stays behind
 * is put in words. An alias is not pointed to a key that is not Enabled (P2): that is left, and said.
 */
export const restoreAliases = task({
  name: 'restore-aliases',
  input: rotationInput,
  output: z.strictObject({ restored: z.array(z.string()), leftBehind: z.array(z.string()) }),
  errors: ['AliasNotVisibleYet', 'AliasMovedElsewhere'],
  actions: [...moveAliasActions],
  run: async ({ rotationId }, context) => {
    const { head, store } = context;
    const restored: string[] = [];
    const leftBehind = leftKeys(head);
    for (const move of plannedMoves(head)) {
      const verdict = await restoreOne(move, context);
      if (verdict === 'restored') restored.push(move.alias);
      else if (verdict !== 'not moved') leftBehind.push(verdict);
    }
    await store.ledger.settle(rotationId, { leftBehind });
    return { restored, leftBehind };
  },
});

interface Move {
  readonly alias: string;
  readonly from: string;
  readonly to: string;
}

function plannedMoves({ plan, cutoverPlan }: RotationHead): readonly Move[] {
  return plan !== undefined && 'stage' in plan ? plan.aliases : (cutoverPlan?.aliases ?? []);
}

function leftKeys({ plan, newKeyId }: RotationHead): string[] {
  if (newKeyId === undefined || plan === undefined || 'stage' in plan) return [];
  return [`Key ${newKeyId} was made for this rotation and stays, unused by any alias; its tag rota:rotation names the rotation.`];
}

async function restoreOne({ alias, from, to }: Move, { clients }: Context): Promise<'restored' | 'not moved' | (string & {})> {
  const found = (await describeKey(clients.kms, alias)).KeyId;
  if (found === from) return 'not moved';
  if (found !== to) return `${alias} points to ${found}: somebody else moved it, and it was left there.`;
  const { KeyState } = await describeKey(clients.kms, from);
  if (KeyState !== 'Enabled') return `${alias} stays at ${to}, since ${from} is ${KeyState}.`;
  await moveAlias(clients.kms, { alias, from: to, to: from });
  return 'restored';
}
