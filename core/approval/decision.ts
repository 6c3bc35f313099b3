import { createPublicKey, verify } from 'node:crypto';
import { z } from 'zod';
import { Sha256Hex } from '../ids.ts';
import { Stage } from '../registry/registry-schema.ts';
import { canonicalBytes } from '../canonical-json.ts';
import { assertionFault, PasskeyAssertion } from './passkey-assertion.ts';

/** What a person decided, as the approvals API signs it. Times are ISO 8601 in UTC. */
export const DecisionStatement = z.strictObject({
  approvalId: z.string(),
  stage: Stage,
  planDigest: Sha256Hex,
  decision: z.enum(['approve', 'refuse']),
  person: z.string(),
  /** The IAM identity that signed the request; of a decision by passkey, the one that the passkey was enrolled by. */
  arn: z.string(),
  groups: z.array(z.string()),
  reason: z.string(),
  decidedAt: z.string(),
  requestId: z.string(),
  /** Of a decision in the console: the person's own signature. */
  passkey: PasskeyAssertion.optional(),
});
export type DecisionStatement = z.infer<typeof DecisionStatement>;

/** The statement and the API's signature over its canonical bytes: base64, ECDSA P-256 with SHA-256, DER. */
export const Decision = DecisionStatement.extend({ signature: z.string() });
export type Decision = z.infer<typeof Decision>;

/** How a decider showed who they are. */
export const identityKindOf = ({ passkey }: Pick<DecisionStatement, 'passkey'>): 'passkey' | 'iam' => (passkey === undefined ? 'iam' : 'passkey');

/** The bytes that `signature` covers: RFC 8785 form of the statement without it. */
export const decisionBytes = (decision: DecisionStatement | Decision): Buffer =>
  canonicalBytes(DecisionStatement.strip().parse(decision));

/** Whether the approvals API signed this decision: its public key is given as SPKI DER. */
export function apiSignatureHolds(decision: Decision, spki: Buffer): boolean {
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  return verify('sha256', decisionBytes(decision), { key, dsaEncoding: 'der' }, Buffer.from(decision.signature, 'base64'));
}

/** Whether the approvals API signed this decision, and, where there is a passkey, the person too. */
export const decisionHolds = (decision: Decision, spki: Buffer): boolean =>
  apiSignatureHolds(decision, spki) && (decision.passkey === undefined || assertionFault(decision.passkey, decision) === undefined);
