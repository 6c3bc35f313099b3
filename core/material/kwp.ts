import { createCipheriv, createDecipheriv } from 'node:crypto';
import { RotaError } from '../errors.ts';

/** The constant half of the alternative initial value. RFC 5649 section 3; OpenSSL adds the length itself. */
const constantIv = Buffer.from('a65959a6', 'hex');

const cipherByKeyBytes: Readonly<Record<number, string>> = {
  16: 'id-aes128-wrap-pad',
  24: 'id-aes192-wrap-pad',
  32: 'id-aes256-wrap-pad',
};

/**
 * AES key wrap with padding. RFC 5649 section 4.1 (NIST SP 800-38F KWP; PKCS#11 CKM_AES_KEY_WRAP_KWP).
 *
 * @param kek - AES key of 16, 24 or 32 bytes
 * @param plaintext - at least 1 byte, else `MaterialLengthWrong`
 * @returns the length of `plaintext` rounded up to 8, and 8 bytes more
 */
export function wrapKwp(kek: Uint8Array, plaintext: Uint8Array): Buffer {
  if (plaintext.length === 0)
    throw new RotaError('MaterialLengthWrong', { spec: 'AES key wrap (RFC 5649)', expected: 'at least 1 byte', actualBytes: 0 });
  const cipher = createCipheriv(cipherFor(kek), kek, constantIv);
  return Buffer.concat([cipher.update(plaintext), cipher.final()]);
}

/**
 * Undoes `wrapKwp`. RFC 5649 section 4.2. The caller owns the answer and zeroes it: call it inside `withSecret`.
 *
 * Whatever is wrong (length, initial value, padding, key), the error is one and the same `WrappedKeyDamaged` without a
 * cause: which check failed would tell a forger how far he came.
 */
export function unwrapKwp(kek: Uint8Array, wrapped: Uint8Array): Buffer {
  const cipher = cipherFor(kek);
  if (wrapped.length === 0) throw new RotaError('WrappedKeyDamaged', {}); // OpenSSL would unwrap nothing to nothing
  try {
    const decipher = createDecipheriv(cipher, kek, constantIv);
    const plaintext = decipher.update(wrapped); // OpenSSL unwraps the whole in one go; `final` is empty
    decipher.final();
    return plaintext;
  } catch {
    throw new RotaError('WrappedKeyDamaged', {});
  }
}

function cipherFor(kek: Uint8Array): string {
  const cipher = cipherByKeyBytes[kek.length];
  if (cipher === undefined) throw new RangeError(`An AES key has 16, 24 or 32 bytes, not ${kek.length}.`);
  return cipher;
}
