import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { akpAlgorithm } from './public-jwk.ts';
import { signingAlgorithm } from './signing-algorithms.ts';

/**
 * Verifies a KMS signature without KMS: node:crypto and the exported public key (`spki`, DER). `algorithm` is a KMS
 * `SigningAlgorithmSpec`, `message` the message itself, also where KMS was given its digest. `invalid` where the key is damaged
 * or never makes such signatures. `unsupported` where this release of Node lacks the algorithm: nothing is known then.
 */
export function verifiesOffline(spki: Uint8Array, algorithm: string, message: Uint8Array, signature: Uint8Array): 'valid' | 'invalid' | 'unsupported' {
  const row = signingAlgorithm(algorithm);
  if (row?.options === undefined) return 'unsupported';
  const key = publicKeyOf(spki);
  if (typeof key === 'string') return key;
  // Without this check Node would verify, say, Ed25519's missing hash with an RSA key and a hash of its own choice.
  if (!row.fits(key)) return 'invalid';
  // OpenSSL takes a PSS signature without its leading zero bytes. RFC 8017, sections 8.1.2 and 8.2.2, step 1.
  if (key.asymmetricKeyType === 'rsa' && signature.length * 8 !== key.asymmetricKeyDetails?.modulusLength) return 'invalid';
  try {
    return verify(row.hash ?? null, message, { key, ...row.options }, signature) ? 'valid' : 'invalid';
  } catch {
    return 'invalid'; // OpenSSL throws on some malformed signatures
  }
}

/** The key of an SPKI; `unsupported` where it is one, but this Node cannot read it. */
export function publicKeyOf(spki: Uint8Array): KeyObject | 'unsupported' | 'invalid' {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch {
    return akpAlgorithm(spki) === undefined ? 'invalid' : 'unsupported';
  }
}
