import { RotaError } from '../../core/errors.ts';
import type { CutoverPlan } from '../../core/plan/plan.ts';
import { missingText, standing } from '../../core/rollover/acknowledgement.ts';
import { introducedIn } from '../../core/rollover/state.ts';
import { keySetActions, keySetOf, rotatedKeys } from '../publish/key-set.ts';
import { rolloverPlanOf } from '../plan-of.ts';
import type { Context } from '../task.ts';

export const liveRolloverActions = [...keySetActions] as const;

/**
 * What a cutover approval is bound to beside the keys: which key set the targets serve, and who said that they have the new key.
 * In an emergency the set is made, but not published yet: the approval comes first. Throws `AcknowledgementsMissing`,
 * `PublicKeyChanged`.
 */
export async function liveRollover(context: Context): Promise<NonNullable<CutoverPlan['rollover']>> {
  const { head, store } = context;
  const { rotationId } = head;
  const rollover = rolloverPlanOf(head);
  const pair = await rotatedKeys(context);
  if (rollover.emergency) {
    const set = await keySetOf('emergency', 0, pair, context);
    return { oldThumbprint: pair.old.kid, newThumbprint: pair.new.kid, keySetSequence: set.sequence, keySetSha256: set.keySetSha256, publishedAt: set.madeAt, acknowledgements: [], emergency: true };
  }
  const introduced = introducedIn(await store.ledger.steps(rotationId));
  if (introduced === undefined) throw new Error(`rotation ${rotationId} has published nothing yet`);
  if (introduced.newThumbprint !== pair.new.kid || introduced.oldThumbprint !== pair.old.kid) throw new RotaError('PublicKeyChanged', { keyId: pair.new.keyArn });
  const given = await store.acknowledgements.ofRotation(rotationId);
  const verdict = standing(rollover.consumers, rollover.acknowledgement, given);
  if (verdict.outcome !== 'satisfied') throw new RotaError('AcknowledgementsMissing', { missing: missingText(verdict) });
  return {
    oldThumbprint: pair.old.kid,
    newThumbprint: pair.new.kid,
    keySetSequence: introduced.sequence,
    keySetSha256: introduced.keySetSha256,
    publishedAt: introduced.publishedAt,
    acknowledgements: given.map(({ consumer, kind, by, at, late, reason }) => ({ consumer, kind, by, at, late, ...(reason === undefined ? {} : { reason }) })),
    emergency: false,
  };
}
