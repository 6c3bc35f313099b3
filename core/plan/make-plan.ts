import { digestOf } from '../canonical-json.ts';
import { RotaError } from '../errors.ts';
import { keyKind, type KeyKind } from '../key/key-kinds.ts';
import { callAllowed } from '../key/key-state.ts';
import { certificateDigest } from '../material/escrow.ts';
import { chooseWrapping } from '../material/wrap.ts';
import type { AsymmetricKey, RegisteredKey } from '../registry/registry-schema.ts';
import { keyFormat } from '../publication/key-formats.ts';
import { directionOf } from '../rollover/direction.ts';
import { earliestDates } from '../rollover/timing.ts';
import type { GrantFacts, KeyFacts } from './key-facts.ts';
import { policyDifference, policyDigest, withoutRotaStatements } from './key-policy.ts';
import type { PlannedGrant, RolloverPlan, RotationPlan } from './plan.ts';
import { whatBreaks } from './what-breaks.ts';

export interface PlanRequest {
  readonly rotationId: string;
  readonly registered: RegisteredKey;
  readonly facts: KeyFacts;
  readonly requestedBy: string;
  readonly reason: string;
  /** ISO 8601, UTC: the dates of the plan count from here. */
  readonly requestedAt: string;
  /** Skip the waits, under the rule for emergencies. */
  readonly emergency?: boolean;
}

/**
 * The whole plan of a rotation by a new key, or the first thing that is wrong: nothing is created before this returns.
 * The same facts give the same plan and so the same digest.
 */
export function makePlan(request: PlanRequest): RotationPlan {
  const { rotationId, registered, facts, requestedBy, reason } = request;
  const kind = rotatableKind(facts, registered.method);
  if (callAllowed('Encrypt', facts.state).verdict !== 'yes') throw new RotaError('KeyNotUsable', { keyId: facts.keyId, state: facts.state });
  const origin = registered.method === 'asymmetric' && facts.origin === 'AWS_KMS' ? 'AWS_KMS' : 'EXTERNAL';
  const successor = keyKind({ ...facts, origin });
  if (successor.verdict !== 'yes') throw new RotaError('MethodDoesNotFit', { key: registered.alias, method: registered.method, reason: successor.reason });
  const policy = withoutRotaStatements(facts.policy);
  const { approvals } = registered;
  if (request.emergency === true && approvals.emergency === undefined) throw new RotaError('NoEmergencyRoad', { alias: registered.alias });
  return {
    version: 1,
    rotationId,
    method: registered.method,
    accountId: facts.accountId,
    region: facts.region,
    alias: registered.alias,
    owner: registered.owner,
    requestedBy,
    reason,
    oldKey: {
      keyId: facts.keyId,
      arn: facts.arn,
      spec: facts.spec,
      usage: facts.usage,
      origin: facts.origin,
      ...(facts.currentMaterialId === undefined ? {} : { currentMaterialId: facts.currentMaterialId }),
    },
    oldKeyPolicyDigest: policyDigest(facts.policy),
    oldKeyTags: { ...facts.tags },
    successor: {
      spec: facts.spec,
      usage: facts.usage,
      origin,
      description: facts.description,
      policy,
      tags: { ...carriedTags(facts), 'rota:rotation': rotationId, 'rota:predecessor': facts.keyId },
      grants: plannedGrants(facts.grants, rotationId),
    },
    policyDifference: policyDifference(facts.policy, policy),
    aliases: facts.aliases.map((alias) => ({ alias, from: facts.keyId })),
    ...(origin === 'EXTERNAL' ? { material: plannedMaterial(successor, registered) } : {}),
    ...(registered.method === 'asymmetric' ? { rollover: plannedRollover(registered, request) } : {}),
    ...(registered.method === 'new-key' && registered.adoption !== undefined ? { quietUse: registered.adoption } : {}),
    breakGlassRoleArn: registered.breakGlassRoleArn,
    approvals: {
      ...(approvals.start === undefined ? {} : { start: approvals.start }),
      cutover: approvals.cutover,
      rollback: approvals.rollback ?? approvals.cutover,
      ...(registered.method === 'asymmetric' ? { waiver: approvals.waiver ?? approvals.cutover } : {}),
      ...(request.emergency === true && approvals.emergency !== undefined ? { emergency: approvals.emergency } : {}),
      timeoutSeconds: approvals.timeoutSeconds,
      heartbeatSeconds: approvals.heartbeatSeconds,
    },
    hazards: whatBreaks(facts, kind, { method: registered.method, emergency: request.emergency === true }),
  };
}

function plannedMaterial(successor: KeyKind, registered: RegisteredKey): NonNullable<RotationPlan['material']> {
  const { alias, method, material, escrow } = registered;
  if (material === undefined || escrow === undefined)
    throw new RotaError('MethodDoesNotFit', { key: alias, method, reason: 'its material is imported, so its successor needs `material` and `escrow` in the registry' });
  const bytes = successor.material?.form === 'raw' ? successor.material.minBytes : undefined;
  const { algorithm, wrappingKeySpec } = chooseWrapping(successor, bytes ?? longestEccPkcs8Bytes);
  return {
    source: material.source,
    ...(bytes === undefined ? {} : { bytes }),
    wrappingAlgorithm: algorithm,
    wrappingKeySpec,
    escrowTo: escrow.recoveryCertificates.map(certificateDigest).sort(),
  };
}

/** P-521 as Node and OpenSSL write it; RSA is longer, but goes by key wrap, which has no limit here. */
const longestEccPkcs8Bytes = 241;

function plannedRollover(registered: AsymmetricKey, { facts, requestedAt, emergency = false }: PlanRequest): RolloverPlan {
  const { alias, method, rollover, publication, consumers, acknowledgement } = registered;
  const format = keyFormat(facts.spec, facts.usage);
  const misfit = (reason: string) => new RotaError('MethodDoesNotFit', { key: alias, method, reason });
  if (format === undefined) throw misfit(`a key of ${facts.spec} for ${facts.usage} has nothing that could be published`);
  if (publication.algorithm !== undefined && !format.algorithms.includes(publication.algorithm))
    throw misfit(`its registry entry says algorithm ${publication.algorithm}, but a key of ${facts.spec} works with ${format.algorithms.join(', ')}`);
  if (publication.certificate !== undefined && format.certificate === undefined) throw misfit(`there are no certificates for a key of ${facts.spec} for ${facts.usage}`);
  const dates = earliestDates(rollover, directionOf(facts.usage), Date.parse(requestedAt), emergency);
  return { intervals: rollover, publication, consumers, acknowledgement, emergency, dates };
}

/** The kind of the key, if this method fits it. Throws `AwsManagedKey` or `MethodDoesNotFit`, with the table's reason. */
function rotatableKind(facts: KeyFacts, method: RegisteredKey['method']): KeyKind {
  const kind = keyKind(facts);
  if (kind.verdict === 'not-applicable') throw new RotaError('AwsManagedKey', { key: facts.keyId });
  const misfit = (reason: string) => new RotaError('MethodDoesNotFit', { key: facts.aliases[0] ?? facts.keyId, method, reason });
  if (kind.verdict !== 'yes') throw misfit(kind.reason);
  const verdict = kind.methods[method];
  if (verdict.verdict !== 'yes') throw misfit(verdict.reason);
  if (facts.multiRegion) throw misfit('this release rotates single-Region keys only');
  return kind;
}

/** Tags go along, but for those that AWS reserves and those by which Rota ties a key to its own rotation. */
const carriedTags = ({ tags }: KeyFacts): Record<string, string> =>
  Object.fromEntries(Object.entries(tags).filter(([name]) => !/^(aws:|rota:|rota-local:)/.test(name)));

/** Grants are made anew, or the plan refuses with the list: one without a plain grantee belongs to an AWS service. */
function plannedGrants(grants: readonly GrantFacts[], rotationId: string): PlannedGrant[] {
  const foreign = grants.filter((g) => g.granteePrincipal === undefined || /(^|\.)amazonaws\.com(\.cn)?$/.test(g.granteePrincipal));
  if (foreign.length > 0) throw new RotaError('GrantsNotCopyable', { grants: foreign.map((g) => g.name ?? g.grantId) });
  return grants.map((grant) => ({
    granteePrincipal: grant.granteePrincipal ?? '',
    ...(grant.retiringPrincipal === undefined ? {} : { retiringPrincipal: grant.retiringPrincipal }),
    operations: [...grant.operations],
    ...(grant.constraints === undefined ? {} : { constraints: grant.constraints }),
    name: successorGrantName(rotationId, grant.grantId),
  }));
}

/** The name of the grant that a rotation makes on the new key in place of one on the old: it tells which was carried over. */
export const successorGrantName = (rotationId: string, grantId: string): string => `rota-${digestOf([rotationId, grantId]).slice(0, 32)}`;
