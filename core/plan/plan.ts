import { z } from 'zod';
import { digestOf } from '../canonical-json.ts';
import { AliasName, IamArn, KeyArn, KeyId, RotationId, Sha256Hex } from '../ids.ts';
import { ApprovalRule } from '../registry/registry-schema.ts';

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

/** What a rotation will do, whole, before anything is created. Its digest is what a start approval is bound to (P4). */
export const RotationPlan = z.strictObject({
  version: z.literal(1),
  rotationId: RotationId,
  method: z.literal('new-key'),
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
    origin: z.literal('EXTERNAL'),
    description: z.string(),
    policy: z.json(),
    tags: z.record(z.string(), z.string()),
    grants: z.array(PlannedGrant),
  }),
  policyDifference: z.strictObject({ added: z.array(z.json()), removed: z.array(z.json()) }),
  aliases: z.array(z.strictObject({ alias: AliasName, from: KeyId })).min(1),
  material: z.strictObject({
    source: z.literal('generated'),
    bytes: z.int().min(1),
    wrappingAlgorithm: z.string(),
    wrappingKeySpec: z.string(),
    /** SHA-256 of the DER of each recovery certificate. */
    escrowTo: z.array(Sha256Hex).min(1),
  }),
  breakGlassRoleArn: IamArn,
  approvals: z.strictObject({
    start: ApprovalRule.optional(),
    cutover: ApprovalRule,
    rollback: ApprovalRule,
    timeoutSeconds: z.int(),
    heartbeatSeconds: z.int(),
  }),
  hazards: z.array(Hazard),
});
export type RotationPlan = z.infer<typeof RotationPlan>;

/** What moving the aliases will do, after the successor has proved itself. Its digest is what a cutover approval is bound to. */
export const CutoverPlan = z.strictObject({
  version: z.literal(1),
  stage: z.literal('cutover'),
  rotationId: RotationId,
  method: z.literal('new-key'),
  /** Digest of the rotation plan, so that approving this approves what led here. */
  rotationPlanDigest: Sha256Hex,
  oldKeyId: KeyId,
  newKeyId: KeyId,
  newKeyArn: KeyArn,
  newKeySpec: z.string(),
  newKeyUsage: z.string(),
  materialFingerprint: Sha256Hex,
  keyMaterialId: z.string(),
  successorPolicyDigest: Sha256Hex,
  successorGrants: z.array(z.string()),
  policyDifference: z.strictObject({ added: z.array(z.json()), removed: z.array(z.json()) }),
  aliases: z.array(z.strictObject({ alias: AliasName, from: KeyId, to: KeyId })).min(1),
});
export type CutoverPlan = z.infer<typeof CutoverPlan>;

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
  hazards: z.array(Hazard),
  rule: ApprovalRule,
  timeoutSeconds: z.int(),
  heartbeatSeconds: z.int(),
});
export type RollbackPlan = z.infer<typeof RollbackPlan>;

export type AnyPlan = RotationPlan | CutoverPlan | RollbackPlan;

/** SHA-256 over the RFC 8785 bytes of a plan, hex: what an approval is bound to. */
export const planDigest = (plan: AnyPlan): string => digestOf(plan);

/** Names the top-level fields in which two plans of one kind differ, with both values where they are short. */
export function planChanges(approved: AnyPlan, live: AnyPlan): string[] {
  const short = (value: unknown): string => {
    const text = value === undefined ? 'nothing' : JSON.stringify(value);
    return text.length <= 160 ? text : `${text.slice(0, 157)}...`;
  };
  const before = approved as Record<string, unknown>;
  const after = live as Record<string, unknown>;
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((field) => digestOf([before[field] ?? null]) !== digestOf([after[field] ?? null]))
    .map((field) => `${field} was ${short(before[field])} and is ${short(after[field])}`);
}
