import { constants, createPublicKey, publicEncrypt, type KeyObject } from 'node:crypto';
import { RotaError } from '../errors.ts';

/** RSA wrapping keys that GetParametersForImport hands out. AWS KMS API Reference, WrappingKeySpec. */
export type RsaWrappingKeySpec = 'RSA_2048' | 'RSA_3072' | 'RSA_4096';

const specByBits: Readonly<Record<number, RsaWrappingKeySpec>> = { 2048: 'RSA_2048', 3072: 'RSA_3072', 4096: 'RSA_4096' };

/** The most bytes that OAEP with SHA-256 can hold: modulus - 2 * 32 - 2. RFC 8017 section 7.1.1. */
export const oaepCapacityBytes: Readonly<Record<RsaWrappingKeySpec, number>> = { RSA_2048: 190, RSA_3072: 318, RSA_4096: 446 };

export interface WrappingKey {
  readonly key: KeyObject;
  readonly spec: RsaWrappingKeySpec;
}

/**
 * Reads the `PublicKey` bytes of GetParametersForImport: DER SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7).
 * Refuses with `WrappingKeyUnsuitable` what KMS would not have sent.
 */
export function readWrappingKey(spki: Uint8Array): WrappingKey {
  const key = parse(spki);
  if (key.asymmetricKeyType !== 'rsa')
    throw new RotaError('WrappingKeyUnsuitable', { found: `a key of type ${key.asymmetricKeyType ?? 'unknown'}` });
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  const spec = specByBits[bits];
  if (spec === undefined) throw new RotaError('WrappingKeyUnsuitable', { found: `an RSA key of ${bits} bits` });
  return { key, spec };
}

/**
 * RSAES-OAEP with SHA-256 for the label and for MGF1, empty label. RFC 8017 section 7.1.1; AWS KMS Developer Guide,
 * "importing-keys-encrypt-key-material". The size is checked first (`MaterialTooLongForWrapping`): OpenSSL would only say
 * that data are too large, not for what.
 */
export function wrapOaep({ key, spec }: WrappingKey, material: Uint8Array): Buffer {
  const capacityBytes = oaepCapacityBytes[spec];
  if (material.length > capacityBytes)
    throw new RotaError('MaterialTooLongForWrapping', {
      algorithm: 'RSAES_OAEP_SHA_256',
      wrappingKeySpec: spec,
      actualBytes: material.length,
      capacityBytes,
    });
  // Without oaepHash Node takes SHA-1; the MGF1 hash follows it, as KMS wants.
  return publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, material);
}

function parse(spki: Uint8Array): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch {
    throw new RotaError('WrappingKeyUnsuitable', { found: `${spki.length} bytes that are no such key` });
  }
}
