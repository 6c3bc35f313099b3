import { RotaError } from '../../core/errors.ts';
import { policyDigest, withoutStop } from '../../core/plan/key-policy.ts';
import { makeRetirePlan, retireChanges } from '../../core/plan/make-retire-plan.ts';
import type { RetirePlan } from '../../core/plan/plan.ts';
import { policyOf } from '../../store/key-facts.ts';
import { readRetireFacts, retireFactsActions } from '../../store/retire-facts.ts';
import type { Context } from '../task.ts';

export const liveRetirePlanActions = [...retireFactsActions, 'dynamodb:GetItem'] as const;

/** What retiring the key of this execution would do, from live AWS state. Throws `KeyNotRetirable`, `AliasUnregistered`. */
export async function liveRetirePlan({ head, clients, store, clock }: Context): Promise<RetirePlan> {
  const nowMs = clock.now();
  const { keyId = '' } = head;
  return makeRetirePlan(head, await readRetireFacts(clients, store, keyId, nowMs), nowMs);
}

/**
 * Throws `PlanChanged` where the plan that people approved is no longer what would happen (P4). On a repeat the stop may be there
 * because an earlier attempt put it.
 */
export async function checkUnchanged(approved: RetirePlan, context: Context): Promise<void> {
  const live = await liveRetirePlan(context);
  const ours = context.repeated && live.stoppedBefore && !approved.stoppedBefore;
  const before = ours ? { ...live, stoppedBefore: false, policyDigest: await digestWithoutStop(live, context) } : live;
  const changes = retireChanges(approved, before);
  if (changes.length > 0) throw new RotaError('PlanChanged', { changes });
}

const digestWithoutStop = async ({ keyId }: RetirePlan, { clients }: Context): Promise<string> => policyDigest(withoutStop(await policyOf(clients.kms, keyId)));
