import { createHash } from 'node:crypto';
import { keyFormat, type KeyFormat } from './key-formats.ts';
import { pem } from './pem.ts';
import { formOf, publicJwk, thumbprintOfJwk } from './public-jwk.ts';
import { PublicationError } from './publication-error.ts';

/** A key as its consumers see it. */
export interface PublishedKey {
  /** RFC 7638 thumbprint; for HMAC see `thumbprintOf`. */
  readonly kid: string;
  readonly keyArn: string;
  readonly spec: string;
  readonly usage: string;
  /** DER, as GetPublicKey answers it; empty for HMAC. */
  readonly spki: Buffer;
  /** `alg` of JWS or JWE; for HMAC the KMS name of the algorithm. */
  readonly algorithm?: string;
}

/**
 * Looks at what KMS says of a key and names it. `algorithm` is needed only where the spec leaves a choice and the default is
 * not what is signed with. Throws KeyNotPublishable, PublicKeyUnreadable, PublicKeyMisfit, AlgorithmMisfit.
 */
export function publishedKey(k: { keyArn: string; spec: string; usage: string; spki: Uint8Array; algorithm?: string }): PublishedKey {
  const { keyArn, spec, usage } = k;
  const format = formatOf(k);
  const found = k.spki.length === 0 ? undefined : formOf(publicJwk(k.spki));
  if (found !== format.form) {
    throw new PublicationError('PublicKeyMisfit', `The public key of ${keyArn} is ${found ?? 'missing'}, but a key of ${spec} has ${format.form ?? 'none'}.`);
  }
  const algorithm = k.algorithm ?? format.algorithms[0];
  if (algorithm === undefined || !format.algorithms.includes(algorithm)) {
    throw new PublicationError('AlgorithmMisfit', `A key of ${spec} for ${usage} does not work with ${algorithm ?? 'nothing'}, but with ${format.algorithms.join(', ')}.`);
  }
  return { kid: thumbprintOf(k), keyArn, spec, usage, spki: Buffer.from(k.spki), algorithm };
}

/** The row of a key in the table of formats. Throws KeyNotPublishable. */
export function formatOf({ keyArn, spec, usage }: Pick<PublishedKey, 'keyArn' | 'spec' | 'usage'>): KeyFormat {
  const format = keyFormat(spec, usage);
  if (format === undefined) throw new PublicationError('KeyNotPublishable', `${keyArn} is a key of ${spec} for ${usage}: it has nothing that could be published.`);
  return format;
}

/**
 * How consumers call a key: the RFC 7638 thumbprint of its public key, SHA-256, base64url (OKP: RFC 8037 section 2; AKP: RFC 9964).
 * An HMAC key has none, since its material never leaves KMS: there it is the SHA-256 of the ARN, in the same form.
 */
export function thumbprintOf({ spki, keyArn }: { spki: Uint8Array; keyArn: string }): string {
  return spki.length === 0 ? createHash('sha256').update(keyArn, 'utf8').digest('base64url') : thumbprintOfJwk(publicJwk(spki));
}

/** The public key as PEM (RFC 7468 section 13). Throws KeyNotPublishable for HMAC. */
export function pemOf(key: PublishedKey): string {
  if (key.spki.length === 0) throw new PublicationError('KeyNotPublishable', `${key.keyArn} is a key of ${key.spec}: it has no public key, so no PEM.`);
  return pem('PUBLIC KEY', key.spki);
}
