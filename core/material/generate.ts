import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import type { MaterialFormat } from '../key/key-kinds.ts';
import type { Hold } from './zeroed.ts';

type PrivateKey = Extract<MaterialFormat, { form: 'pkcs8' }>;

const makers: { readonly [F in PrivateKey['family']]: (format: Extract<PrivateKey, { family: F }>) => KeyObject } = {
  rsa: ({ modulusBits }) => generateKeyPairSync('rsa', { modulusLength: modulusBits }).privateKey,
  ec: ({ curve }) => generateKeyPairSync('ec', { namedCurve: curve, paramEncoding: 'named' }).privateKey,
  ed25519: () => generateKeyPairSync('ed25519').privateKey,
};

/**
 * A new private key of this format, unencrypted PKCS#8 DER in a buffer that the caller holds. OpenSSL keeps a copy of its own
 * until the garbage collector drops the key object, and clears it then. AWS KMS Developer Guide, "importing-keys-conceptual".
 */
export function generatePrivateKey(format: PrivateKey, hold: Hold): Buffer {
  const make = makers[format.family] as (format: PrivateKey) => KeyObject;
  return hold(make(format).export({ type: 'pkcs8', format: 'der' }));
}

/**
 * Random bytes from two sources combined by XOR: as good as the better of the two, and neither source alone knows the result.
 *
 * @param other - as many bytes from elsewhere; the caller holds them
 */
export function generateRaw(other: Uint8Array, hold: Hold): Buffer {
  const material = hold(randomBytes(other.length));
  for (let i = 0; i < material.length; i++) material[i] = (material[i] ?? 0) ^ (other[i] ?? 0);
  return material;
}
