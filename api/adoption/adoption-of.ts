import { adoptionOf, adoptionOperations, type Adoption } from '../../core/adoption/adoption.ts';
import { isoSeconds, secondsPerDay } from '../../core/clock.ts';
import type { StepRecord } from '../../core/dossier/statement.ts';
import { RotaError } from '../../core/errors.ts';
import { evidenceDays } from '../../core/plan/make-retire-plan.ts';
import type { RotationPlan } from '../../core/plan/plan.ts';
import { putBackIn } from '../../core/rollover/state.ts';
import { aliasesOf, grantsOf } from '../../store/key-facts.ts';
import { lastUsageOf, trailUses } from '../../store/key-usage.ts';
import type { RotationHead } from '../../store/ledger-table.ts';
import type { ApiDeps } from '../deps.ts';

interface Cutover {
  readonly plan: RotationPlan;
  readonly newKeyId: string;
  /** ISO 8601, whole seconds: the form of CloudTrail's times. */
  readonly at: string;
}

/** When the aliases moved to stay. Throws `NotCutOver`. */
function cutoverOf({ rotationId, plan, newKeyId, outcome, rolledBackBy }: RotationHead, steps: readonly StepRecord[]): Cutover {
  const no = (reason: string): RotaError => new RotaError('NotCutOver', { rotationId, reason });
  if (plan === undefined || 'stage' in plan || newKeyId === undefined) throw no('it moves no alias to a new key, or is not that far');
  const moved = steps.find(({ step, completedAt }) => step === 'repoint-aliases' && completedAt !== undefined);
  if (moved?.completedAt === undefined) throw no('its aliases have not moved');
  if (rolledBackBy !== undefined || putBackIn(steps) !== undefined || (outcome !== undefined && outcome !== 'complete')) throw no('its aliases are back at the old key');
  return { plan, newKeyId, at: isoSeconds(Date.parse(moved.completedAt)) };
}

/** Who has followed a rotation to its new key and who has not, by all that AWS tells now. Throws `NotCutOver`, `NotFound`. */
export async function readAdoption({ store, clients, clock }: ApiDeps, rotationId: string): Promise<Adoption> {
  const head = await store.ledger.head(rotationId);
  const steps = await store.ledger.steps(rotationId);
  const { plan, newKeyId, at } = cutoverOf(head, steps);
  const { keyId, arn, usage } = plan.oldKey;
  const oldKey = { keyId, arn };
  const newKey = { keyId: newKeyId, arn: `${arn.slice(0, arn.lastIndexOf('/') + 1)}${newKeyId}` };
  const nowMs = clock.now();
  const sinceMs = Math.max(Date.parse(at), nowMs - evidenceDays * secondsPerDay * 1000);
  const { uses, complete } = await trailUses(clients.trail, { keys: [oldKey, newKey], operations: adoptionOperations(usage), sinceMs });
  const lastUsage = await lastUsageOf(clients.kms, keyId);
  return adoptionOf({
    rotationId,
    alias: plan.alias,
    usage,
    oldKey,
    newKey,
    cutoverAt: at,
    since: isoSeconds(sinceMs),
    until: isoSeconds(nowMs),
    uses,
    complete,
    ...(lastUsage === undefined ? {} : { lastUsage }),
    ownRequestIds: new Set(steps.flatMap(({ kmsCalls }) => kmsCalls.map((call) => call.requestId))),
    aliases: await aliasesOf(clients.kms, keyId),
    grants: await grantsOf(clients.kms, keyId),
    grantsMade: plan.successor.grants.map(({ name }) => name),
  });
}
