import type { AdoptionFacts } from '../core/adoption/adoption.ts';
import { adoptionOperations } from '../core/adoption/adoption.ts';
import { isoSeconds, secondsPerDay } from '../core/clock.ts';
import type { StepRecord } from '../core/dossier/statement.ts';
import { RotaError } from '../core/errors.ts';
import { evidenceDays } from '../core/plan/make-retire-plan.ts';
import type { RotationPlan } from '../core/plan/plan.ts';
import { putBackIn } from '../core/rollover/state.ts';
import type { Clients } from './clients.ts';
import { aliasesOf, grantsOf } from './key-facts.ts';
import { lastUsageOf, trailUses, usageEvidenceActions } from './key-usage.ts';
import type { RotationHead } from './ledger-table.ts';
import type { Store } from './store.ts';

export const adoptionFactsActions = ['kms:ListAliases', 'kms:ListGrants', ...usageEvidenceActions] as const;

/** A rotation whose aliases moved to stay. */
export interface Cutover {
  readonly plan: RotationPlan;
  readonly newKeyId: string;
  /** ISO 8601, whole seconds: the form of CloudTrail's times. */
  readonly at: string;
  readonly steps: readonly StepRecord[];
}

/** Throws `NotCutOver`. */
export async function cutoverOf({ ledger }: Pick<Store, 'ledger'>, { rotationId, plan, newKeyId, outcome, rolledBackBy }: RotationHead): Promise<Cutover> {
  const no = (reason: string): RotaError => new RotaError('NotCutOver', { rotationId, reason });
  if (plan === undefined || 'stage' in plan || newKeyId === undefined) throw no('it moves no alias to a new key, or is not that far');
  const steps = await ledger.steps(rotationId);
  const moved = steps.find(({ step, completedAt }) => step === 'repoint-aliases' && completedAt !== undefined);
  if (moved?.completedAt === undefined) throw no('its aliases have not moved');
  if (rolledBackBy !== undefined || putBackIn(steps) !== undefined || (outcome !== undefined && outcome !== 'complete')) throw no('its aliases are back at the old key');
  return { plan, newKeyId, at: isoSeconds(Date.parse(moved.completedAt)), steps };
}

/** How far back to look, and how much of each operation to read; left out, to the cutover, as much as an API request has time for. */
interface Depth {
  readonly sinceMs?: number;
  readonly mostPages?: number;
}

/** Who has followed a rotation to its new key and who has not, by all that AWS tells now. `nowMs` is epoch milliseconds. */
export async function readAdoptionFacts({ kms, trail }: Pick<Clients, 'kms' | 'trail'>, { plan, newKeyId, at, steps }: Cutover, nowMs: number, depth: Depth = {}): Promise<AdoptionFacts> {
  const { keyId, arn, usage } = plan.oldKey;
  const oldKey = { keyId, arn };
  const newKey = { keyId: newKeyId, arn: `${arn.slice(0, arn.lastIndexOf('/') + 1)}${newKeyId}` };
  const sinceMs = depth.sinceMs ?? Math.max(Date.parse(at), nowMs - evidenceDays * secondsPerDay * 1000);
  const { uses, complete } = await trailUses(trail, { keys: [oldKey, newKey], operations: adoptionOperations(usage), sinceMs, ...(depth.mostPages === undefined ? {} : { mostPages: depth.mostPages }) });
  const lastUsage = await lastUsageOf(kms, keyId);
  return {
    rotationId: plan.rotationId,
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
    aliases: await aliasesOf(kms, keyId),
    grants: await grantsOf(kms, keyId),
    grantsMade: plan.successor.grants.map(({ name }) => name),
  };
}
