import { constants, createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { publishedKey, type PublishedKey } from '../../../core/publication/published-key.ts';

const arn = (spec: string, n = 1) => `arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-4000-8000-${createHash('sha256').update(`${spec}${n}`).digest('hex').slice(0, 12)}`;

interface Pair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const makers: Readonly<Record<string, () => Pair>> = {
  RSA_2048: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  RSA_3072: () => generateKeyPairSync('rsa', { modulusLength: 3072 }),
  RSA_4096: () => generateKeyPairSync('rsa', { modulusLength: 4096 }),
  ECC_NIST_P256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ECC_NIST_P384: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ECC_NIST_P521: () => generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  ECC_SECG_P256K1: () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
  ECC_NIST_EDWARDS25519: () => generateKeyPairSync('ed25519'),
};

const pairs = new Map<string, Pair>();

/** A key pair of a spec that Node can make; the same one for the same `n`. */
export function pairOf(spec: string, n = 1): Pair {
  const known = pairs.get(`${spec} ${n}`) ?? makers[spec]?.();
  if (known === undefined) throw new Error(`Node makes no ${spec}`);
  pairs.set(`${spec} ${n}`, known);
  return known;
}

export const spkiOfPair = (pair: Pair): Buffer => pair.publicKey.export({ format: 'der', type: 'spki' });

/** What KMS would say of such a key. */
export const madeKey = (spec: string, { usage = 'SIGN_VERIFY', algorithm, n = 1 }: { usage?: string; algorithm?: string; n?: number } = {}): PublishedKey =>
  publishedKey({ keyArn: arn(spec, n), spec, usage, spki: spkiOfPair(pairOf(spec, n)), ...(algorithm === undefined ? {} : { algorithm }) });

export const hmacKey = (spec: string, n = 1): PublishedKey => publishedKey({ keyArn: arn(spec, n), spec, usage: 'GENERATE_VERIFY_MAC', spki: Buffer.alloc(0) });

/** SPKI of raw bytes under an object identifier, put together by hand; all lengths here take the two-byte form. */
export function rawSpki(oidHex: string, raw: Buffer): Buffer {
  const long = (tag: number, content: Buffer) => {
    const head = Buffer.from([tag, 0x82, 0, 0]);
    head.writeUInt16BE(content.length, 2);
    return Buffer.concat([head, content]);
  };
  const oid = Buffer.from(oidHex, 'hex');
  const algorithm = Buffer.concat([Buffer.from([0x30, oid.length + 2, 0x06, oid.length]), oid]);
  return long(0x30, Buffer.concat([algorithm, long(0x03, Buffer.concat([Buffer.of(0), raw]))]));
}

/** By FIPS 204 table 2 and FIPS 203 table 3 (bytes), and the NIST registry of object identifiers (sigAlgs 17 to 19, kems 1 to 3). */
export const latticeKeys = [
  { spec: 'ML_DSA_44', usage: 'SIGN_VERIFY', alg: 'ML-DSA-44', oid: '608648016503040311', bytes: 1312 },
  { spec: 'ML_DSA_65', usage: 'SIGN_VERIFY', alg: 'ML-DSA-65', oid: '608648016503040312', bytes: 1952 },
  { spec: 'ML_DSA_87', usage: 'SIGN_VERIFY', alg: 'ML-DSA-87', oid: '608648016503040313', bytes: 2592 },
  { spec: 'ML_KEM_512', usage: 'ENCAPSULATE_DECAPSULATE', alg: 'ML-KEM-512', oid: '608648016503040401', bytes: 800 },
  { spec: 'ML_KEM_768', usage: 'ENCAPSULATE_DECAPSULATE', alg: 'ML-KEM-768', oid: '608648016503040402', bytes: 1184 },
  { spec: 'ML_KEM_1024', usage: 'ENCAPSULATE_DECAPSULATE', alg: 'ML-KEM-1024', oid: '608648016503040403', bytes: 1568 },
];

/** A key of a spec that Node 20 cannot make: right in form, random inside. */
export const latticeKey = ({ spec, usage, oid, bytes }: (typeof latticeKeys)[number]): PublishedKey =>
  publishedKey({ keyArn: arn(spec), spec, usage, spki: rawSpki(oid, randomBytes(bytes)) });

/** The algorithms of each spec and a signer as KMS is one. AWS KMS Developer Guide, "symm-asymm-choose-key-spec". */
const rsaAlgorithms = ['PSS', 'PKCS1_V1_5'].flatMap((padding) => [256, 384, 512].map((bits) => `RSASSA_${padding}_SHA_${bits}`));
export const signing: readonly (readonly [spec: string, algorithm: string])[] = [
  ...['RSA_2048', 'RSA_3072', 'RSA_4096'].flatMap((spec) => rsaAlgorithms.map((a) => [spec, a] as const)),
  ['ECC_NIST_P256', 'ECDSA_SHA_256'],
  ['ECC_NIST_P384', 'ECDSA_SHA_384'],
  ['ECC_NIST_P521', 'ECDSA_SHA_512'],
  ['ECC_SECG_P256K1', 'ECDSA_SHA_256'],
  ['ECC_NIST_EDWARDS25519', 'ED25519_SHA_512'],
];

/** Signs as KMS does with MessageType RAW. */
export function kmsSign(key: KeyObject, algorithm: string, message: Uint8Array): Buffer {
  const bits = algorithm.slice(-3);
  if (algorithm.startsWith('ED25519')) return sign(null, message, key);
  if (algorithm.includes('PSS')) return sign(`sha${bits}`, message, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: Number(bits) / 8 });
  return sign(`sha${bits}`, message, key);
}

/** Every copy of the bytes with one bit flipped. */
export function* everyBitFlip(bytes: Uint8Array): Generator<Buffer> {
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const copy = Buffer.from(bytes);
    copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    yield copy;
  }
}
