import { makePlan } from '../../core/plan/make-plan.ts';
import { checkOneRule } from '../../core/plan/one-rule.ts';
import type { RotationPlan } from '../../core/plan/plan.ts';
import { keyFactsActions, readKeyFacts } from '../../store/key-facts.ts';
import type { Context } from '../task.ts';

export const liveRotationPlanActions = [...keyFactsActions, 'dynamodb:GetItem'] as const;

/** What this rotation would do, from registry and live AWS state. Throws what `makePlan` throws, `AliasUnknown`, `AliasUnregistered`, `AliasesDisagree`. */
export async function liveRotationPlan({ head, store, clients }: Context): Promise<RotationPlan> {
  const { rotationId, alias, requestedBy, reason, requestedAt, emergency = false } = head;
  const registered = await store.registry.key(alias);
  const facts = await readKeyFacts(clients.kms, alias);
  checkOneRule(alias, await store.registry.keysOf(facts.aliases));
  return makePlan({ rotationId, registered, facts, requestedBy, reason, requestedAt, emergency });
}
