/**
 * A person's own signature on a decision, by passkey (W3C Web Authentication Level 3). It is checked here with node:crypto alone, so that
 * an auditor needs nothing but the dossier; the console checks it with another library before it records it.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { z } from 'zod';
import { canonicalBytes } from '../canonical-json.ts';

const Base64Url = z.string().regex(/^[A-Za-z0-9_-]+$/, 'is no base64url');

/** What an authenticator answered, and what is needed to check it without asking anybody. */
export const PasskeyAssertion = z.strictObject({
  credentialId: Base64Url,
  /** SubjectPublicKeyInfo (DER) of the credential, base64. */
  publicKeySpki: z.base64(),
  /** Scheme, host and port of the console. */
  origin: z.string(),
  /** The domain that the passkey belongs to. */
  rpId: z.string(),
  /** 32 random bytes of the console, so that no challenge is ever asked twice. */
  nonce: Base64Url,
  authenticatorData: Base64Url,
  clientDataJson: Base64Url,
  signature: Base64Url,
});
export type PasskeyAssertion = z.infer<typeof PasskeyAssertion>;

/** What the challenge of a decision stands for: everything that the person read and said. */
export interface DecisionToSign {
  readonly approvalId: string;
  readonly stage: string;
  readonly planDigest: string;
  readonly decision: 'approve' | 'refuse';
  readonly reason: string;
  readonly person: string;
}

/** The challenge of a decision, 32 bytes: SHA-256 over the RFC 8785 form of what is decided, and the nonce. */
export function decisionChallenge({ approvalId, stage, planDigest, decision, reason, person }: DecisionToSign, nonce: string): Buffer {
  const statement = { purpose: 'rota decision', version: 1, approvalId, stage, planDigest, decision, reason, person, nonce };
  return createHash('sha256').update(canonicalBytes(statement)).digest();
}

/** Bits of `flags`. Web Authentication Level 3, section 6.1. */
const userPresent = 0x01;
const userVerified = 0x04;

/** The fixed head of authenticator data: SHA-256 of the domain, flags, counter. Web Authentication Level 3, section 6.1. */
export function readAuthenticatorData(bytes: Buffer): { readonly rpIdHash: Buffer; readonly isPresent: boolean; readonly isVerified: boolean; readonly counter: number } | undefined {
  if (bytes.length < 37) return undefined;
  const flags = bytes.readUInt8(32);
  return { rpIdHash: bytes.subarray(0, 32), isPresent: (flags & userPresent) !== 0, isVerified: (flags & userVerified) !== 0, counter: bytes.readUInt32BE(33) };
}

const ClientData = z.looseObject({ type: z.string(), challenge: z.string(), origin: z.string(), crossOrigin: z.boolean().optional() });
export type ClientData = z.infer<typeof ClientData>;

/** What the browser says that it asked the authenticator; undefined where it is no such thing. Section 5.8.1. */
export function readClientData(base64Url: string): ClientData | undefined {
  try {
    return ClientData.safeParse(JSON.parse(Buffer.from(base64Url, 'base64url').toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

/**
 * What is wrong with an assertion about a decision, in words that follow "the passkey of NAME"; undefined when it holds.
 * Web Authentication Level 3, section 7.2, steps 11 to 23; the counter is the console's business, since it alone knows the one before.
 */
export function assertionFault(assertion: PasskeyAssertion, decided: DecisionToSign): string | undefined {
  const client = readClientData(assertion.clientDataJson);
  const authenticatorData = Buffer.from(assertion.authenticatorData, 'base64url');
  const data = readAuthenticatorData(authenticatorData);
  if (client === undefined || data === undefined) return 'answered in no known form';
  if (client.type !== 'webauthn.get') return 'did not answer a login or a decision';
  if (client.challenge !== decisionChallenge(decided, assertion.nonce).toString('base64url')) return 'signed another decision';
  if (client.origin !== assertion.origin || client.crossOrigin === true) return 'signed for another site';
  if (!isOfDomain(assertion.origin, assertion.rpId) || !data.rpIdHash.equals(createHash('sha256').update(assertion.rpId).digest())) return 'belongs to another domain';
  if (!data.isPresent || !data.isVerified) return 'did not verify the person';
  return signatureHolds(assertion, authenticatorData) ? undefined : 'did not make this signature';
}

/** A passkey's domain is that of the page, or one above it. */
function isOfDomain(origin: string, rpId: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { hostname } = new URL(origin);
  return hostname === rpId || hostname.endsWith(`.${rpId}`);
}

/** ES256, EdDSA or RS256, as the key is; over the authenticator data and the hash of the client data. */
function signatureHolds({ publicKeySpki, clientDataJson, signature }: PasskeyAssertion, authenticatorData: Buffer): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKeySpki, 'base64'), format: 'der', type: 'spki' });
    const signed = Buffer.concat([authenticatorData, createHash('sha256').update(Buffer.from(clientDataJson, 'base64url')).digest()]);
    return verify(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', signed, key, Buffer.from(signature, 'base64url'));
  } catch {
    return false;
  }
}
