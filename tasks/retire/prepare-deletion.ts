import { z } from 'zod';
import { sha256Hex } from '../../core/canonical-json.ts';
import { Sha256Hex } from '../../core/ids.ts';
import { groupUses, type KeyUse } from '../../core/plan/key-usage.ts';
import { planDigest } from '../../core/plan/plan.ts';
import { deletionDocument, retirementObjectKey } from '../../core/retirement/deletion-document.ts';
import { getObjectActions } from '../../store/get-object.ts';
import { approvalIdOf } from '../../store/approval-table.ts';
import { retirePlanOf } from '../plan-of.ts';
import { rotationInput, task, type Context } from '../task.ts';
import { doneSteps, lastResult } from '../done-steps.ts';

/** Writes the document with which a person may decide to delete the key. Kept like a dossier: what is stored once stays. */
export const prepareDeletion = task({
  name: 'prepare-deletion',
  input: rotationInput,
  output: z.strictObject({ objectKey: z.string(), sha256: Sha256Hex }),
  errors: [],
  actions: ['dynamodb:GetItem', 's3:PutObject', ...getObjectActions],
  run: async ({ rotationId }, context) => {
    const { head, store } = context;
    const plan = retirePlanOf(head);
    const stopped = await lastResult<{ stoppedAt: string }>(context, 'stop-retired-key');
    const disabled = await lastResult<{ disabledAt: string; watchUntil: string }>(context, 'disable-key');
    const { decisions } = await store.approvals.get(approvalIdOf(rotationId, 'retire', planDigest(plan)));
    const denied = await looks(context, 'check-unused');
    const watched = await looks(context, 'check-wanted');
    const text = deletionDocument({
      plan,
      planDigest: planDigest(plan),
      decisions,
      stoppedAt: stopped?.stoppedAt ?? 'never',
      disabledAt: disabled?.disabledAt ?? 'never',
      watchedUntil: disabled?.watchUntil ?? 'never',
      whileDenied: groupUses(denied.uses),
      wanted: groupUses(watched.uses),
      evidenceComplete: denied.complete && watched.complete,
    });
    const stored = await store.dossiers.putRetirement(rotationId, Buffer.from(text, 'utf8'));
    return { objectKey: retirementObjectKey(rotationId), sha256: sha256Hex(stored) };
  },
});

/** What all looks of one kind saw. */
async function looks(context: Context, step: string): Promise<{ uses: KeyUse[]; complete: boolean }> {
  const results = (await doneSteps(context, step)).map((s) => s.result as { uses?: KeyUse[]; wanted?: KeyUse[]; complete: boolean });
  return { uses: results.flatMap((r) => r.uses ?? r.wanted ?? []), complete: results.every((r) => r.complete) };
}
