import { createHash, X509Certificate } from 'node:crypto';
import { digestOf } from '../canonical-json.ts';
import { RotaError } from '../errors.ts';
import { keyKind, type KeyKind } from '../key/key-kinds.ts';
import { callAllowed } from '../key/key-state.ts';
import { chooseWrapping } from '../material/wrap.ts';
import type { RegisteredKey } from '../registry/registry-schema.ts';
import type { GrantFacts, KeyFacts } from './key-facts.ts';
import { policyDifference, policyDigest, withoutRetentionLock } from './key-policy.ts';
import type { PlannedGrant, RotationPlan } from './plan.ts';
import { whatBreaks } from './what-breaks.ts';

export interface PlanRequest {
  readonly rotationId: string;
  readonly registered: RegisteredKey;
  readonly facts: KeyFacts;
  readonly requestedBy: string;
  readonly reason: string;
}

/**
 * The whole plan of a rotation by a new key, or the first thing that is wrong: nothing is created before this returns.
 * The same facts give the same plan and so the same digest.
 */
export function makePlan({ rotationId, registered, facts, requestedBy, reason }: PlanRequest): RotationPlan {
  const kind = rotatableKind(facts, registered.method);
  if (callAllowed('Encrypt', facts.state).verdict !== 'yes') throw new RotaError('KeyNotUsable', { keyId: facts.keyId, state: facts.state });
  const successor = keyKind({ ...facts, origin: 'EXTERNAL' });
  if (successor.verdict !== 'yes') throw new RotaError('MethodDoesNotFit', { key: registered.alias, method: registered.method, reason: successor.reason });
  const bytes = materialBytes(successor);
  const { algorithm, wrappingKeySpec } = chooseWrapping(successor, bytes);
  const policy = withoutRetentionLock(facts.policy);
  const { approvals } = registered;
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
      origin: 'EXTERNAL',
      description: facts.description,
      policy,
      tags: { ...carriedTags(facts), 'rota:rotation': rotationId, 'rota:predecessor': facts.keyId },
      grants: plannedGrants(facts.grants, rotationId),
    },
    policyDifference: policyDifference(facts.policy, policy),
    aliases: facts.aliases.map((alias) => ({ alias, from: facts.keyId })),
    material: {
      source: registered.material.source,
      bytes,
      wrappingAlgorithm: algorithm,
      wrappingKeySpec,
      escrowTo: registered.escrow.recoveryCertificates.map(certificateDigest).sort(),
    },
    breakGlassRoleArn: registered.breakGlassRoleArn,
    approvals: {
      ...(approvals.start === undefined ? {} : { start: approvals.start }),
      cutover: approvals.cutover,
      rollback: approvals.rollback ?? approvals.cutover,
      timeoutSeconds: approvals.timeoutSeconds,
      heartbeatSeconds: approvals.heartbeatSeconds,
    },
    hazards: whatBreaks(facts, kind),
  };
}

/** The kind of the key, if this method fits it. Throws `AwsManagedKey` or `MethodDoesNotFit`, with the table's reason. */
function rotatableKind(facts: KeyFacts, method: 'new-key'): KeyKind {
  const kind = keyKind(facts);
  if (kind.verdict === 'not-applicable') throw new RotaError('AwsManagedKey', { key: facts.keyId });
  const misfit = (reason: string) => new RotaError('MethodDoesNotFit', { key: facts.aliases[0] ?? facts.keyId, method, reason });
  if (kind.verdict !== 'yes') throw misfit(kind.reason);
  const verdict = kind.methods[method];
  if (verdict.verdict !== 'yes') throw misfit(verdict.reason);
  if (facts.multiRegion) throw misfit('this release rotates single-Region keys only');
  return kind;
}

/** How much to make: as many bytes as the shortest material that KMS takes for the spec, which is the spec's own strength. */
function materialBytes(kind: KeyKind): number {
  if (kind.material?.form !== 'raw') throw new RotaError('MethodDoesNotFit', { key: kind.spec, method: 'new-key', reason: 'its material is no string of random bytes' });
  return kind.material.minBytes;
}

function certificateDigest(pem: string): string {
  return createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');
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
    name: `rota-${digestOf([rotationId, grant.grantId]).slice(0, 32)}`,
  }));
}
