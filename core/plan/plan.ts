import { z } from 'zod';
import { QuietGate } from '../adoption/quiet.ts';
import { digestOf } from '../canonical-json.ts';
import { AliasName, IamArn, KeyArn, KeyId, RotationId, Sha256Hex } from '../ids.ts';
import { GrantedUse } from './grants.ts';
import { Revision } from './revision.ts';
import { ApprovalRule } from '../registry/registry-schema.ts';
import { GroupedUse } from './key-usage.ts';
import { AcknowledgementRule, Consumer, Publication, Rollover } from '../registry/rollover-schema.ts';
import { Acknowledgement } from '../rollover/acknowledgement.ts';

/** A grant as it is made anew on the successor. AWS KMS API Reference, CreateGrant. */
export const PlannedGrant = z.strictObject({
  granteePrincipal: z.string(),
  retiringPrincipal: z.string().optional(),
  operations: z.array(z.string()),
  constraints: z.json().optional(),
  /** Makes CreateGrant idempotent: the same name and parameters answer the same grant. */
  name: z.string(),
});
export type PlannedGrant = z.infer<typeof PlannedGrant>;

export const Hazard = z.strictObject({ code: z.string(), sentence: z.string() });
export type Hazard = z.infer<typeof Hazard>;

const Due = z.strictObject({ state: z.string(), at: z.string(), because: z.string() });

/** What method `asymmetric` adds: who must have the new public key, where it is published, and when each step may happen. */
export const RolloverPlan = z.strictObject({
  intervals: Rollover,
  publication: Publication,
  consumers: z.array(Consumer),
  acknowledgement: z.array(AcknowledgementRule),
  /** Waits are skipped, and the old key leaves the key set at once. */
  emergency: z.boolean(),
  /** The earliest date of each state, and what it is the sum of. */
  dates: z.array(Due),
});
export type RolloverPlan = z.infer<typeof RolloverPlan>;

/** What a rotation will do, whole, before anything is created. Its digest is what a start approval is bound to (P4). */
export const RotationPlan = z.strictObject({
  version: z.literal(1),
  rotationId: RotationId,
  method: z.enum(['new-key', 'asymmetric']),
  accountId: z.string(),
  region: z.string(),
  alias: AliasName,
  owner: z.string(),
  requestedBy: z.string(),
  reason: z.string(),
  oldKey: z.strictObject({
    keyId: KeyId,
    arn: KeyArn,
    spec: z.string(),
    usage: z.string(),
    origin: z.string(),
    currentMaterialId: z.string().optional(),
  }),
  oldKeyPolicyDigest: Sha256Hex,
  oldKeyTags: z.record(z.string(), z.string()),
  successor: z.strictObject({
    spec: z.string(),
    usage: z.string(),
    origin: z.enum(['EXTERNAL', 'AWS_KMS']),
    description: z.string(),
    policy: z.json(),
    tags: z.record(z.string(), z.string()),
    grants: z.array(PlannedGrant),
  }),
  policyDifference: z.strictObject({ added: z.array(z.json()), removed: z.array(z.json()) }),
  aliases: z.array(z.strictObject({ alias: AliasName, from: KeyId })).min(1),
  /** Of a successor with imported material; `bytes` of random bytes, absent for a private key. */
  material: z
    .strictObject({
      source: z.literal('generated'),
      bytes: z.int().min(1).optional(),
      wrappingAlgorithm: z.string(),
      wrappingKeySpec: z.string(),
      /** SHA-256 of the DER of each recovery certificate. */
      escrowTo: z.array(Sha256Hex).min(1),
    })
    .optional(),
  /** Of method `asymmetric`. */
  rollover: RolloverPlan.optional(),
  /** When it counts as complete; left out, when its aliases have moved. */
  quietUse: QuietGate.optional(),
  breakGlassRoleArn: IamArn,
  approvals: z.strictObject({
    start: ApprovalRule.optional(),
    cutover: ApprovalRule,
    rollback: ApprovalRule,
    waiver: ApprovalRule.optional(),
    emergency: ApprovalRule.optional(),
    timeoutSeconds: z.int(),
    heartbeatSeconds: z.int(),
  }),
  hazards: z.array(Hazard),
  revision: Revision.optional(),
});
export type RotationPlan = z.infer<typeof RotationPlan>;

/** The state machine of each method. */
export const workflowOf = { 'new-key': 'byok-rotation', asymmetric: 'asymmetric-rotation' } as const;

/** What moving the aliases will do, after the successor has proved itself. Its digest is what a cutover approval is bound to. */
export const CutoverPlan = z.strictObject({
  version: z.literal(1),
  stage: z.literal('cutover'),
  rotationId: RotationId,
  method: z.enum(['new-key', 'asymmetric']),
  /** Digest of the rotation plan, so that approving this approves what led here. */
  rotationPlanDigest: Sha256Hex,
  oldKeyId: KeyId,
  newKeyId: KeyId,
  newKeyArn: KeyArn,
  newKeySpec: z.string(),
  newKeyUsage: z.string(),
  /** Of imported material. */
  materialFingerprint: Sha256Hex.optional(),
  keyMaterialId: z.string().optional(),
  successorPolicyDigest: Sha256Hex,
  successorGrants: z.array(z.string()),
  /** What grants of the old key allow and none of the new one does: made since the rotation was planned. Left out where there is none. */
  grantsLeftBehind: z.array(GrantedUse).min(1).optional(),
  /** What grants of the new key allow and none of the old one does: revoked there since the new key got them, or made by somebody. Left out where there is none. */
  grantsLetIn: z.array(GrantedUse).min(1).optional(),
  policyDifference: z.strictObject({ added: z.array(z.json()), removed: z.array(z.json()) }),
  aliases: z.array(z.strictObject({ alias: AliasName, from: KeyId, to: KeyId })).min(1),
  /** Of method `asymmetric`: what is published, and who said that they have it. */
  rollover: z
    .strictObject({
      oldThumbprint: z.string(),
      newThumbprint: z.string(),
      keySetSequence: z.int(),
      keySetSha256: Sha256Hex,
      publishedAt: z.string(),
      acknowledgements: z.array(Acknowledgement.omit({ thumbprint: true })),
      emergency: z.boolean(),
    })
    .optional(),
  revision: Revision.optional(),
});
export type CutoverPlan = z.infer<typeof CutoverPlan>;

/** Going on without a consumer's acknowledgement. */
export const WaiverPlan = z.strictObject({
  version: z.literal(1),
  stage: z.literal('waiver'),
  rotationId: RotationId,
  alias: AliasName,
  consumer: z.string(),
  contact: z.string(),
  newThumbprint: z.string(),
  requestedBy: z.string(),
  reason: z.string(),
  hazards: z.array(Hazard),
  rule: ApprovalRule,
  timeoutSeconds: z.int(),
});
export type WaiverPlan = z.infer<typeof WaiverPlan>;

/** What putting the aliases back will do, any time after a cutover. */
export const RollbackPlan = z.strictObject({
  version: z.literal(1),
  stage: z.literal('rollback'),
  rotationId: RotationId,
  /** The rotation that is undone. */
  undoes: RotationId,
  requestedBy: z.string(),
  reason: z.string(),
  oldKeyId: KeyId,
  newKeyId: KeyId,
  aliases: z.array(z.strictObject({ alias: AliasName, from: KeyId, to: KeyId })).min(1),
  /** From the new key's policy to the old one's, without Rota's own statements. */
  policyDifference: z.strictObject({ added: z.array(z.json()), removed: z.array(z.json()) }),
  /** What grants of the new key allow and none of the old one does. Left out where there is none. */
  grantsLeftBehind: z.array(GrantedUse).min(1).optional(),
  /** What grants of the old key allow and none of the new one does. Left out where there is none. */
  grantsLetIn: z.array(GrantedUse).min(1).optional(),
  hazards: z.array(Hazard),
  rule: ApprovalRule,
  timeoutSeconds: z.int(),
  heartbeatSeconds: z.int(),
  /** Of one that was asked for while the old key drains: which time, since each is a question of its own. */
  turn: z.int().min(1).optional(),
  revision: Revision.optional(),
});
export type RollbackPlan = z.infer<typeof RollbackPlan>;

/** Taking an old key out of use: deny, disable, watch. Nothing is deleted. */
export const RetirePlan = z.strictObject({
  version: z.literal(1),
  stage: z.literal('retire'),
  rotationId: RotationId,
  alias: AliasName,
  keyId: KeyId,
  arn: KeyArn,
  spec: z.string(),
  usage: z.string(),
  origin: z.string(),
  /** As it stands before anything is done to it. */
  policyDigest: Sha256Hex,
  tags: z.record(z.string(), z.string()),
  /** The rotation that put it aside has denied it to make anything new already: then that stays when the key is put back. */
  stoppedBefore: z.boolean(),
  /** The rotation that put it aside, and the key that followed. */
  retainedFor: RotationId,
  successorKeyId: z.string(),
  /** Who used it lately, as far as AWS tells. */
  lastUsage: z.strictObject({ operation: z.string(), at: z.string() }).optional(),
  usesOfLast90Days: z.array(GroupedUse),
  /** Whether CloudTrail told all that it has. */
  evidenceComplete: z.boolean(),
  denies: z.array(z.string()),
  denySeconds: z.int(),
  watchSeconds: z.int(),
  breakGlassRoleArn: IamArn,
  requestedBy: z.string(),
  reason: z.string(),
  hazards: z.array(Hazard),
  rule: ApprovalRule,
  timeoutSeconds: z.int(),
  heartbeatSeconds: z.int(),
  revision: Revision.optional(),
});
export type RetirePlan = z.infer<typeof RetirePlan>;

export type AnyPlan = RotationPlan | CutoverPlan | RollbackPlan | WaiverPlan | RetirePlan;

/** SHA-256 over the RFC 8785 bytes of a plan, hex: what an approval is bound to. */
export const planDigest = (plan: AnyPlan): string => digestOf(plan);

/** What method `asymmetric` adds to a plan; a plan of another kind has none. */
export const rolloverOf = (plan: RotationPlan | RollbackPlan | undefined): RolloverPlan | undefined => (plan === undefined || 'stage' in plan ? undefined : plan.rollover);

/**
 * What a rotation locks against another: the old key, and its alias, since after the cutover the alias stands at another key
 * while a rollover still goes on.
 */
export const locksOf = ({ oldKey, alias }: RotationPlan): readonly string[] => [oldKey.keyId, alias];

/** Names the top-level fields in which two plans of one kind, or the same parts of them, differ, with both values where they are short; which round it is does not count. */
export function planChanges(approved: object, live: object): string[] {
  const short = (value: unknown): string => {
    const text = value === undefined ? 'nothing' : JSON.stringify(value);
    return text.length <= 160 ? text : `${text.slice(0, 157)}...`;
  };
  const before = approved as Record<string, unknown>;
  const after = live as Record<string, unknown>;
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((field) => field !== 'revision' && digestOf([before[field] ?? null]) !== digestOf([after[field] ?? null]))
    .map((field) => `${field} was ${short(before[field])} and is ${short(after[field])}`);
}
