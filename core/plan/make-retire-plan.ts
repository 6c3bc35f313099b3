import { secondsPerDay } from '../clock.ts';
import { RotaError } from '../errors.ts';
import type { RegisteredKey } from '../registry/registry-schema.ts';
import { directionOf } from '../rollover/direction.ts';
import type { KeyFacts } from './key-facts.ts';
import { hasStop, policyDigest } from './key-policy.ts';
import { groupUses, newKindsOfUse, type UsageEvidence } from './key-usage.ts';
import { planChanges, type RetirePlan, type RollbackPlan, type RotationPlan } from './plan.ts';
import { retireHazards } from './retire-hazards.ts';

/** How far back the use of a key is asked for: CloudTrail's event history keeps no more. CloudTrail User Guide, "view-cloudtrail-events". */
export const evidenceDays = 90;

/** The rotation that put a key aside, as the ledger has it. */
export interface RetainedBy {
  readonly rotationId: string;
  readonly alias: string;
  readonly outcome?: string;
  readonly plan?: RotationPlan | RollbackPlan;
  readonly newKeyId?: string;
}

export interface RetireRequest {
  readonly rotationId: string;
  readonly requestedBy: string;
  readonly reason: string;
  /** ISO 8601: the execution's year counts from here. */
  readonly requestedAt: string;
}

export interface RetireFacts {
  readonly key: KeyFacts;
  readonly retainedBy: RetainedBy;
  readonly registered: RegisteredKey;
  readonly evidence: UsageEvidence;
}

const no = (keyId: string, reason: string): RotaError => new RotaError('KeyNotRetirable', { keyId, reason });

/** The id of the rotation that put a key aside. Throws `KeyNotRetirable` for a key in use, and for one that no rotation kept. */
export function retainedFor({ keyId, keyManager, state, aliases, tags }: KeyFacts): string {
  if (keyManager !== 'CUSTOMER') throw no(keyId, 'it is an AWS managed key, which AWS alone disables');
  if (aliases.length > 0) throw no(keyId, `${aliases.join(', ')} still points to it: rotate that first`);
  if (state !== 'Enabled') throw no(keyId, `it is ${state}, and a retirement starts from an Enabled key`);
  const kept = tags['rota:retained-for'];
  if (kept === undefined) throw no(keyId, 'no rotation put it aside: it carries no tag rota:retained-for');
  return kept;
}

/** Whether `denySeconds` and `watchSeconds` still end a day before the execution's year does. */
const leavesTime = ({ denySeconds, watchSeconds }: Pick<RetirePlan, 'denySeconds' | 'watchSeconds'>, requestedAt: string, nowMs: number): boolean =>
  nowMs + (denySeconds + watchSeconds) * 1000 <= Date.parse(requestedAt) + 364 * secondsPerDay * 1000;

/** Each look writes some fifteen events into an execution, which fails at 25,000. Step Functions Developer Guide, "Quotas". */
const mostLooks = 1000;

/** Whether another round of `denySeconds` fits into the execution, by its time and by its history. `look` is the number of the look that asks. */
export const leavesAnotherLook = (plan: Pick<RetirePlan, 'denySeconds' | 'watchSeconds'>, requestedAt: string, look: number, nowMs: number): boolean => look < mostLooks && leavesTime(plan, requestedAt, nowMs);

/** Plans taking an old key out of use. Throws `KeyNotRetirable` with the reason. */
export function makeRetirePlan(request: RetireRequest, { key, retainedBy, registered, evidence }: RetireFacts, nowMs: number): RetirePlan {
  const { keyId, arn, spec, usage, origin, policy, tags } = key;
  const { plan: rotation } = retainedBy;
  if (rotation === undefined || 'stage' in rotation || retainedBy.newKeyId === undefined || retainedBy.outcome !== 'complete')
    throw no(keyId, `rotation ${retainedBy.rotationId}, for which it is kept, did not complete`);
  if (rotation.oldKey.keyId !== keyId) throw no(keyId, `its tag names rotation ${retainedBy.rotationId}, which put ${rotation.oldKey.keyId} aside`);
  const { approvals, retirement, breakGlassRoleArn } = registered;
  if (!leavesTime(retirement, request.requestedAt, nowMs)) throw no(keyId, 'what is left of the year that an execution may last is too short for its intervals: ask anew');
  const uses = groupUses(evidence.uses);
  return {
    version: 1,
    stage: 'retire',
    rotationId: request.rotationId,
    alias: retainedBy.alias,
    keyId,
    arn,
    spec,
    usage,
    origin,
    policyDigest: policyDigest(policy),
    tags: { ...tags },
    stoppedBefore: hasStop(policy),
    retainedFor: retainedBy.rotationId,
    successorKeyId: retainedBy.newKeyId,
    ...(evidence.lastUsage === undefined ? {} : { lastUsage: evidence.lastUsage }),
    usesOfLast90Days: uses,
    evidenceComplete: evidence.complete,
    denies: [...directionOf(usage).stops],
    ...retirement,
    breakGlassRoleArn,
    requestedBy: request.requestedBy,
    reason: request.reason,
    hazards: retireHazards(key, evidence),
    rule: approvals.retire ?? approvals.cutover,
    timeoutSeconds: approvals.timeoutSeconds,
    heartbeatSeconds: approvals.heartbeatSeconds,
  };
}

/**
 * What has changed since the plan that people approved, in words. Evidence moves by itself, as the 90 days do: of it only a principal or an
 * operation counts that the approvers did not see, or a use that nobody can name.
 */
export function retireChanges(approved: RetirePlan, live: RetirePlan): string[] {
  const known = approved.usesOfLast90Days;
  const sameEvidence: RetirePlan = { ...live, usesOfLast90Days: known, evidenceComplete: approved.evidenceComplete, hazards: approved.hazards };
  const strangers = newKindsOfUse(known, live.usesOfLast90Days).map((use) => `${use.principal} has tried ${use.operation} with it at ${use.lastAt}`);
  const last = live.lastUsage;
  const isNews = last !== undefined && last.at !== approved.lastUsage?.at && !known.some((use) => use.operation === last.operation && use.error === undefined);
  const changes = planChanges({ ...approved, lastUsage: undefined }, { ...sameEvidence, lastUsage: undefined });
  return [...changes, ...strangers, ...(isNews && strangers.length === 0 ? [`it was used (${last.operation}) at ${last.at}`] : [])];
}
