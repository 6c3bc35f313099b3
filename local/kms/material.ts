import { createHmac, createPrivateKey, createPublicKey, generateKeyPair, randomBytes, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { AwsError } from '../wire/errors.ts';
import { arnOf, type Key, type Material } from './key.ts';
import type { Seal } from '../seal.ts';
import { specOf, type SpecName } from './specs.ts';

const makePair = promisify(generateKeyPair);

const privateKeyOf = (pkcs8: Buffer): KeyObject => createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });

const sealContext = (keyId: string, materialId: string): string => `material ${keyId} ${materialId}`;

/** New random bytes of a spec, in the form that an import would bring them. The caller zeroes them. */
export async function makeBytes(name: SpecName): Promise<Buffer> {
  const spec = specOf(name);
  switch (spec.family) {
    case 'aes':
    case 'hmac':
      return randomBytes(spec.bytes);
    case 'rsa':
      return exported((await makePair('rsa', { modulusLength: spec.modulusBits })).privateKey);
    case 'ec':
      return exported((await makePair('ec', { namedCurve: spec.curve })).privateKey);
    case 'ed25519':
      return exported((await makePair('ed25519')).privateKey);
  }
}

const exported = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'pkcs8' });

/**
 * Seals checked bytes as the material of a key. The id is 64 hex digits from key id and bytes, so the same bytes under
 * another key get another id (aws-facts 1.4). An asymmetric key is known by its public key: the same private key may come
 * in several encodings.
 */
export function materialFrom(key: Pick<Key, 'id' | 'spec'>, bytes: Buffer, seal: Seal, rest: Omit<Material, 'id' | 'sealed' | 'publicKey'>): Material {
  const publicKey = specOf(key.spec).type === 'asymmetric' ? publicKeyOf(bytes) : undefined;
  const id = createHmac('sha256', `rota-local key material of ${key.id}`).update(publicKey ?? bytes).digest('hex');
  return { ...rest, id, sealed: seal.seal(bytes, sealContext(key.id, id)), publicKey: publicKey?.toString('base64') };
}

/** DER SPKI by way of JWK, which knows one form only: an imported key may carry a compressed point, or none. */
function publicKeyOf(pkcs8: Buffer): Buffer {
  const jwk = createPublicKey(privateKeyOf(pkcs8)).export({ format: 'jwk' });
  return createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'der', type: 'spki' });
}

/** Opens a material for one computation and zeroes it afterwards, whatever happens. */
export function withBytes<T>(key: Key, material: Material, seal: Seal, compute: (bytes: Buffer) => T): T {
  if (material.sealed === undefined) throw new Error(`${arnOf(key)} has no bytes for material ${material.id}; its state should have refused`);
  const bytes = seal.unseal(material.sealed, sealContext(key.id, material.id));
  try {
    return compute(bytes);
  } finally {
    bytes.fill(0);
  }
}

/** `withBytes` for a private key. */
export const withPrivateKey = <T>(key: Key, material: Material, seal: Seal, compute: (privateKey: KeyObject) => T): T =>
  withBytes(key, material, seal, (bytes) => compute(privateKeyOf(bytes)));

/** id-ecPublicKey, the algorithm in front of the curve in a PKCS#8 key (RFC 5480 section 2.1.1). */
const ecPublicKeyOid = '06072a8648ce3d0201';

/**
 * Throws IncorrectKeyMaterialException unless the bytes are exactly what an import into this spec takes
 * (KMS-DG importing-keys-conceptual, aws-facts 1.4).
 */
export function checkBytes(name: SpecName, bytes: Buffer): void {
  const spec = specOf(name);
  if (spec.family === 'aes') {
    if (bytes.length !== spec.bytes) throw incorrect(`must be ${spec.bytes} bytes for ${name}, but is ${bytes.length}`);
  } else if (spec.family === 'hmac') {
    if (bytes.length < spec.bytes || bytes.length > spec.maxBytes) {
      throw incorrect(`must be ${spec.bytes} to ${spec.maxBytes} bytes for ${name}, but is ${bytes.length}`);
    }
  } else {
    checkPrivateKey(name, bytes);
  }
}

function checkPrivateKey(name: SpecName, bytes: Buffer): void {
  const spec = specOf(name);
  let key: KeyObject;
  try {
    key = privateKeyOf(bytes);
  } catch {
    throw incorrect(`must be an unencrypted PKCS#8 private key in DER for ${name}`);
  }
  const wanted = spec.family === 'ed25519' ? 'ed25519' : spec.family;
  if (key.asymmetricKeyType !== wanted) throw incorrect(`is a key of type ${key.asymmetricKeyType ?? 'unknown'}, but ${name} takes ${wanted}`);
  if (spec.family === 'rsa') {
    const bits = key.asymmetricKeyDetails?.modulusLength;
    if (bits !== spec.modulusBits) throw incorrect(`has a modulus of ${bits ?? 0} bits, but ${name} takes ${spec.modulusBits}`);
    const pkcs1 = key.export({ format: 'der', type: 'pkcs1' });
    // SEQUENCE with a two-byte length, INTEGER version: 0 for two primes, 1 for more (RFC 8017 appendix A.1.2).
    const version = pkcs1[6];
    pkcs1.fill(0);
    if (version !== 0) throw incorrect(`has more than two primes`);
  }
  // The curve must be named: a key that spells its parameters out has no such pair of identifiers.
  if (spec.family === 'ec' && bytes.indexOf(Buffer.from(ecPublicKeyOid + spec.oid, 'hex')) === -1) {
    throw incorrect(`is not on the named curve ${spec.curve} that ${name} takes`);
  }
}

const incorrect = (what: string): AwsError => new AwsError('IncorrectKeyMaterialException', `The key material ${what}.`);
