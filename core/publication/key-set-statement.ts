/**
 * The statement that goes with a key set, so that who trusts the old key can trust the new one: both sign it. The rule is TUF's
 * for a new root (specification 5.3.4 and 6.1): signed by a key trusted so far, and by the keys that it brings.
 */
import type { SigningAlgorithmSpec } from '@aws-sdk/client-kms';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalBytes, parseCanonical, sha256Hex } from '../canonical-json.ts';
import { preAuthenticationEncoding } from '../dossier/dsse.ts';
import { Sha256Hex } from '../ids.ts';
import { readEnvelope, statementType, type StatementSignature } from './key-set-envelope.ts';
import { readKeySet, type KeyInSet } from './key-set.ts';
import { verifiesOffline } from './offline-verify.ts';
import { PublicationError } from './publication-error.ts';
import { thumbprintOf, type PublishedKey } from './published-key.ts';
import { signingAlgorithmOfJws, type SigningAlgorithm } from './signing-algorithms.ts';

export { assembleStatement } from './key-set-envelope.ts';

const KeySetStatement = z
  .strictObject({
    version: z.literal(1),
    /** The alias that the keys are used through. */
    name: z.string().min(1),
    /** 1 for the first set of the alias, then without a gap. */
    sequence: z.int().min(1),
    /** `keySetSha256` of the set before; null for the first. */
    previous: Sha256Hex.nullable(),
    /** Of the key set's bytes. */
    keySetSha256: Sha256Hex,
    /** The keys of the set, in its order. */
    keys: z.array(z.strictObject({ kid: z.string(), keyArn: z.string(), spec: z.string() }).readonly()).min(1).readonly(),
    /** The `kid` of each key that signs this, in the order of the signatures; an old key that has left the set may be among them. */
    signers: z.array(z.string()).min(1).readonly(),
    stage: z.string().min(1),
    /** ISO 8601, UTC. */
    issuedAt: z.iso.datetime(),
  })
  .readonly();
export type KeySetStatement = z.infer<typeof KeySetStatement>;

/** KMS Sign: a message has 4096 bytes at most. AWS KMS API Reference, Sign. */
const longestMessageBytes = 4096;

/** The statement as canonical bytes: the payload of its envelope. */
export const statementBytes = (statement: KeySetStatement): Buffer => canonicalBytes(KeySetStatement.parse(statement));

/**
 * How KMS signs a statement with this key: the algorithm that its consumers verify with anyway. A digest where the algorithm has
 * one, as that has no limit of length; Ed25519 and ML-DSA need the message. Throws AlgorithmMisfit for a key that does not sign.
 */
export function signerOf(key: PublishedKey): { signingAlgorithm: SigningAlgorithmSpec; messageType: 'RAW' | 'DIGEST' } {
  const { kms, hash } = algorithmOf(key);
  return { signingAlgorithm: kms, messageType: hash === undefined ? 'RAW' : 'DIGEST' };
}

/** What KMS gets as `Message` for this key. Throws StatementTooLong where it would not take that much. */
export function messageToSign(payload: Buffer, key: PublishedKey): Buffer {
  const { hash } = algorithmOf(key);
  const message = preAuthenticationEncoding(statementType, payload);
  if (hash !== undefined) return createHash(hash).update(message).digest();
  if (message.length > longestMessageBytes) {
    throw new PublicationError('StatementTooLong', `The key-set statement has ${message.length} bytes, but a key of ${key.spec} signs ${longestMessageBytes} at most: the set has too many keys.`);
  }
  return message;
}

/** A set that the consumer has accepted before, with its number. */
export interface KnownKeySet {
  readonly sequence: number;
  readonly keySet: Buffer;
}

/**
 * What a consumer does with a new key set: it has `trusted`, by whatever way it got it, and takes the set only if the statement fits these
 * bytes and is signed by that key and by every signer that the set holds, one at least. With `known` it also sees that no
 * set was left out or played back, and that each key that is new has signed. Throws StatementRefused, or what `readKeySet`
 * throws, or StatementNotVerifiableHere where this Node lacks an algorithm.
 */
export function verifyKeySetStatement(envelope: Buffer, trusted: PublishedKey, keySet: Buffer, known?: KnownKeySet): KeySetStatement {
  const { payload, signatures } = readEnvelope(envelope);
  const { data: statement } = KeySetStatement.safeParse(parseCanonical(payload));
  if (statement === undefined) throw refused('its content is not that of a key-set statement, version 1');
  if (statement.keySetSha256 !== sha256Hex(keySet)) throw refused('it is about another key set than this one');
  const keys = readKeySet(keySet);
  checkSet(statement, keys);
  checkSigners(statement, signatures, trusted, keys);
  if (known !== undefined) checkSuccession(statement, keys, known);
  for (const { kid, signature } of signatures) {
    const signer = keys.find((k) => k.kid === kid) ?? (kid === trusted.kid ? trusted : undefined);
    // A key that has left the set signs for those who still trust it; nobody else can tell, or needs to.
    if (signer !== undefined) checkSignature(kid, signer, payload, signature);
  }
  return statement;
}

function checkSet(statement: KeySetStatement, keys: readonly KeyInSet[]): void {
  if (!same(statement.keys.map((k) => k.kid), keys.map((k) => k.kid))) throw refused('it names other keys than the set holds');
  if ((statement.sequence === 1) !== (statement.previous === null)) throw refused('the first set, and only that, follows none');
}

function checkSigners({ signers }: KeySetStatement, signatures: readonly StatementSignature[], trusted: PublishedKey, keys: readonly KeyInSet[]): void {
  if (!same(signers, signatures.map((s) => s.kid)) || new Set(signers).size < signers.length) throw refused('it does not carry one signature of each signer that it names');
  // The set says what key a kid is, so a wrong kid on the trusted key would put the set's key in its place.
  if (thumbprintOf(trusted) !== trusted.kid) throw refused(`${trusted.kid} is not the thumbprint of the trusted key`);
  if (!signers.includes(trusted.kid)) throw refused(`it is not signed by the trusted key ${trusted.kid}`);
  if (!keys.some((k) => signers.includes(k.kid))) throw refused('no key of the set has signed it');
}

function checkSuccession({ sequence, previous, signers }: KeySetStatement, keys: readonly KeyInSet[], known: KnownKeySet): void {
  if (sequence !== known.sequence + 1) throw refused(`it is number ${sequence}, but number ${known.sequence + 1} follows the known set`);
  if (previous !== sha256Hex(known.keySet)) throw refused('it follows another set than the known one');
  const before = new Set(readKeySet(known.keySet).map((k) => k.kid));
  const unproven = keys.find((k) => !before.has(k.kid) && !signers.includes(k.kid));
  if (unproven !== undefined) throw refused(`its new key ${unproven.kid} has not signed it`);
}

function checkSignature(kid: string, signer: Pick<PublishedKey, 'spki' | 'algorithm'>, payload: Buffer, signature: Uint8Array): void {
  const verdict = verifiesOffline(signer.spki, algorithmOf({ kid, ...signer }).kms, preAuthenticationEncoding(statementType, payload), signature);
  if (verdict === 'unsupported') throw new PublicationError('StatementNotVerifiableHere', `This release of Node cannot verify ${signer.algorithm ?? 'the signature'} of ${kid}.`);
  if (verdict === 'invalid') throw refused(`the signature of ${kid} does not fit`);
}

function algorithmOf({ kid, algorithm }: Pick<PublishedKey, 'kid' | 'algorithm'>): SigningAlgorithm {
  const found = signingAlgorithmOfJws(algorithm);
  if (found === undefined) throw new PublicationError('AlgorithmMisfit', `Key ${kid} works with ${algorithm ?? 'no algorithm'}, which signs nothing.`);
  return found;
}

const same = (one: readonly string[], other: readonly string[]): boolean => one.length === other.length && one.every((s, i) => s === other[i]);

const refused = (why: string) => new PublicationError('StatementRefused', `The key-set statement is refused: ${why}.`);
