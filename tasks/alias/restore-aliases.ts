import { UpdateAliasCommand } from '@aws-sdk/client-kms';
import { z } from 'zod';
import { isRotaError } from '../../core/errors.ts';
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
  errors: ['ChangeNotVisibleYet'],
  actions: [...moveAliasActions],
  run: async ({ rotationId }, context) => {
    const { head, store } = context;
    const restored: string[] = [];
    const leftBehind = leftKeys(head);
    if ((await store.ledger.steps(rotationId)).some((s) => s.step === 'keep-old-key'))
      leftBehind.push('The old key may carry the retention lock (statement RotaRetention) and the tags of this rotation.');
    const attempted = (await store.ledger.steps(rotationId)).some((s) => s.step.startsWith('repoint-aliases'));
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
