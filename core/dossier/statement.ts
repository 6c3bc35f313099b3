import { z } from 'zod';
import { Sha256Hex, RotationId } from '../ids.ts';
import { Decision } from '../approval/decision.ts';
import { CutoverPlan, planDigest, RetirePlan, RollbackPlan, RotationPlan } from '../plan/plan.ts';
import { genesis } from './chain.ts';
import { ApprovalRule, Stage } from '../registry/registry-schema.ts';
import { Acknowledgement } from '../rollover/acknowledgement.ts';

/** One KMS call with the id under which CloudTrail knows it. */
export const KmsCall = z.strictObject({
  operation: z.string(),
  requestId: z.string(),
  at: z.string(),
  error: z.string().optional(),
});
export type KmsCall = z.infer<typeof KmsCall>;

/** What one step of a rotation intended and did. */
export const StepRecord = z.strictObject({
  step: z.string(),
  intendedAt: z.string(),
  attempts: z.int(),
  completedAt: z.string().optional(),
  result: z.json().optional(),
  kmsCalls: z.array(KmsCall),
});
export type StepRecord = z.infer<typeof StepRecord>;

/** A question that was put to approvers, and what became of it. */
export const ApprovalRecord = z.strictObject({
  approvalId: z.string(),
  stage: Stage,
  planDigest: Sha256Hex,
  rule: ApprovalRule,
  requestedBy: z.string(),
  requestedAt: z.string(),
  deadline: z.string(),
  outcome: z.string(),
  /** Who of those who may decide it opened it first. */
  firstSeen: z.strictObject({ by: z.string(), at: z.string() }).optional(),
  settledAt: z.string().optional(),
  voidBecause: z.array(z.string()).optional(),
  decisions: z.array(Decision),
});
export type ApprovalRecord = z.infer<typeof ApprovalRecord>;

export const KeySnapshot = z.strictObject({
  keyId: z.string(),
  state: z.string(),
  aliases: z.array(z.string()),
  policyDigest: Sha256Hex,
  tags: z.record(z.string(), z.string()),
});
export type KeySnapshot = z.infer<typeof KeySnapshot>;

const outcomes = ['complete', 'refused', 'failed', 'rolled-back'] as const;

/** The predicate of a dossier: everything that happened in one rotation. */
export const RotationPredicate = z.strictObject({
  version: z.literal(1),
  sequence: z.int().min(1),
  /** SHA-256 of the envelope file before this one; 64 zeros for the first. */
  previous: Sha256Hex,
  rotationId: RotationId,
  outcome: z.enum(outcomes),
  error: z.strictObject({ name: z.string(), sentence: z.string() }).optional(),
  requestedBy: z.string(),
  reason: z.string(),
  startedAt: z.string(),
  sealedAt: z.string(),
  plan: z.union([RotationPlan, RollbackPlan]).optional(),
  cutoverPlan: CutoverPlan.optional(),
  /** Of a rotation that was put back while its old key drained. */
  rollbackPlan: RollbackPlan.optional(),
  /** Of a retirement, in place of a plan. */
  retirePlan: RetirePlan.optional(),
  /** Key sets that a rotation of method `asymmetric` made for consumers. */
  publications: z
    .array(z.strictObject({ sequence: z.int(), stage: z.string(), keySetSha256: Sha256Hex, madeAt: z.string(), kids: z.array(z.string()) }))
    .optional(),
  acknowledgements: z.array(Acknowledgement).optional(),
  approvals: z.array(ApprovalRecord),
  steps: z.array(StepRecord),
  keys: z.strictObject({ before: z.array(KeySnapshot), after: z.array(KeySnapshot) }),
  /** What a rotation that did not complete leaves behind, in words (P7). */
  leftBehind: z.array(z.string()),
  execution: z.strictObject({
    arn: z.string(),
    definitionSha256: Sha256Hex,
    history: z.array(z.json()),
  }),
  /** Public key (SPKI, base64) that the approvals API signed the decisions with. */
  decisionKeySpki: z.base64(),
  /** Seconds by which the embedded AWS's clock had been moved by hand; absent on AWS and in real time. */
  movedClockSeconds: z.number().optional(),
});
export type RotationPredicate = z.infer<typeof RotationPredicate>;

/** The digest that a statement has as its subject: of the plan, or nothing but zeros where there came to be none. */
export function subjectDigest({ plan, retirePlan }: Pick<RotationPredicate, 'plan' | 'retirePlan'>): string {
  const document = plan ?? retirePlan;
  return document === undefined ? genesis : planDigest(document);
}

export const predicateType = 'https://github.com/rota-kms/rota/rotation/v1';

/** in-toto attestation framework, Statement v1. The subject is the plan, by its digest. */
export const Statement = z.strictObject({
  _type: z.literal('https://in-toto.io/Statement/v1'),
  subject: z.array(z.strictObject({ name: z.string(), digest: z.strictObject({ sha256: Sha256Hex }) })).length(1),
  predicateType: z.literal(predicateType),
  predicate: RotationPredicate,
});
export type Statement = z.infer<typeof Statement>;
