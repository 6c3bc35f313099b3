import { constants, createDecipheriv, privateDecrypt, type KeyObject } from 'node:crypto';
import { AwsError } from '../wire/errors.ts';
import { specOf, type SpecName } from './specs.ts';
import type { WrappingSpec } from './wrapping-pairs.ts';

/** How material travels (aws-facts 1.4, 8.2): RSA-OAEP around the material, or around an AES key that wraps it by RFC 5649. */
const algorithms = {
  RSAES_OAEP_SHA_1: { hash: 'sha1', twoStep: false },
  RSAES_OAEP_SHA_256: { hash: 'sha256', twoStep: false },
  RSA_AES_KEY_WRAP_SHA_1: { hash: 'sha1', twoStep: true },
  RSA_AES_KEY_WRAP_SHA_256: { hash: 'sha256', twoStep: true },
} as const;

export type WrappingAlgorithm = keyof typeof algorithms;

export const isWrappingAlgorithm = (name: string): name is WrappingAlgorithm => Object.hasOwn(algorithms, name);

/**
 * Why material of a spec cannot travel in this way, or undefined when it can. AWS's table does not list AES key wrap
 * for symmetric and HMAC material and nobody has confirmed a refusal, so it is taken here.
 */
export function wrappingMismatch(name: SpecName, algorithm: WrappingAlgorithm, wrappingSpec: WrappingSpec): string | undefined {
  const spec = specOf(name);
  if (algorithms[algorithm].twoStep) return undefined;
  if (spec.family === 'rsa') return `${algorithm} cannot wrap an RSA private key: use RSA_AES_KEY_WRAP_SHA_256`;
  if (spec.family === 'ec' && spec.curve === 'secp521r1' && wrappingSpec === 'RSA_2048') {
    return `${algorithm} with RSA_2048 cannot wrap ${name}: use RSA_3072 or RSA_4096, or RSA_AES_KEY_WRAP_SHA_256`;
  }
  return undefined;
}

/** The alternative initial value that marks RFC 5649 (section 3); Node appends the length. */
const kwpInitialValue = Buffer.from('a65959a6', 'hex');

/** Unwraps material; the caller zeroes it. Throws InvalidCiphertextException for anything that does not open. */
export function unwrap(algorithm: WrappingAlgorithm, wrappingKey: KeyObject, wrapped: Buffer): Buffer {
  const { hash, twoStep } = algorithms[algorithm];
  const modulusBytes = (wrappingKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8;
  try {
    const opened = privateDecrypt(
      { key: wrappingKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash },
      twoStep ? wrapped.subarray(0, modulusBytes) : wrapped,
    );
    return twoStep ? unwrapPadded(opened, wrapped.subarray(modulusBytes)) : opened;
  } catch {
    throw new AwsError('InvalidCiphertextException', 'The encrypted key material could not be unwrapped with the wrapping key and algorithm of the import token.');
  }
}

function unwrapPadded(aesKey: Buffer, wrapped: Buffer): Buffer {
  try {
    // OpenSSL opens no bytes to no bytes; RFC 5649 has at least two blocks.
    if (wrapped.length < 16) throw new RangeError('too short to be wrapped by RFC 5649');
    const decipher = createDecipheriv('id-aes256-wrap-pad', aesKey, kwpInitialValue);
    const first = decipher.update(wrapped);
    const last = decipher.final();
    const whole = Buffer.concat([first, last]);
    first.fill(0);
    return whole;
  } finally {
    aesKey.fill(0);
  }
}
