import { AsnConvert } from '@peculiar/asn1-schema';
import { AlgorithmIdentifier, SubjectPublicKeyInfo } from '@peculiar/asn1-x509';
import { createHash, createPublicKey } from 'node:crypto';
import { z } from 'zod';
import { canonicalBytes } from '../canonical-json.ts';
import { PublicationError } from './publication-error.ts';

const Base64Url = z.string().regex(/^[A-Za-z0-9_-]+$/, 'is no base64url');

/** The members of a public JWK that say which key it is: just those that RFC 7638 section 3.2 hashes. */
export const PublicJwk = z.discriminatedUnion('kty', [
  z.strictObject({ kty: z.literal('RSA'), e: Base64Url, n: Base64Url }),
  z.strictObject({ kty: z.literal('EC'), crv: z.enum(['P-256', 'P-384', 'P-521', 'secp256k1']), x: Base64Url, y: Base64Url }),
  z.strictObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: Base64Url }),
  z.strictObject({ kty: z.literal('AKP'), alg: z.string(), pub: Base64Url }),
]);
export type PublicJwk = z.infer<typeof PublicJwk>;

/**
 * Keys that older releases of Node cannot read: object identifier (no parameters) and length of the raw public key. RFC 9881
 * section 4 and RFC 9935 section 4 for the SPKI; as JWK RFC 9964 (ML-DSA) and draft-ietf-jose-pqc-kem (ML-KEM, not final).
 */
const algorithmKeyPairs = [
  { alg: 'ML-DSA-44', oid: '2.16.840.1.101.3.4.3.17', bytes: 1312 },
  { alg: 'ML-DSA-65', oid: '2.16.840.1.101.3.4.3.18', bytes: 1952 },
  { alg: 'ML-DSA-87', oid: '2.16.840.1.101.3.4.3.19', bytes: 2592 },
  { alg: 'ML-KEM-512', oid: '2.16.840.1.101.3.4.4.1', bytes: 800 },
  { alg: 'ML-KEM-768', oid: '2.16.840.1.101.3.4.4.2', bytes: 1184 },
  { alg: 'ML-KEM-1024', oid: '2.16.840.1.101.3.4.4.3', bytes: 1568 },
];

/**
 * The public key of an SPKI (DER) as JWK. One key has one SPKI here: other encodings of it are refused, since the thumbprint
 * would be the same. Throws PublicKeyUnreadable.
 */
export function publicJwk(spki: Uint8Array): PublicJwk {
  const jwk = akpOf(spki) ?? nodeJwkOf(spki);
  if (jwk === undefined || !spkiOf(jwk).equals(spki)) throw new PublicationError('PublicKeyUnreadable', 'These bytes are no public key in DER (SubjectPublicKeyInfo) of a kind that can be published.');
  return jwk;
}

/** The SPKI (DER) of a JWK. Throws PublicKeyUnreadable, for a point that is not on its curve too. */
export function spkiOf(jwk: PublicJwk): Buffer {
  try {
    return jwk.kty === 'AKP' ? akpSpki(jwk) : createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'der', type: 'spki' });
  } catch {
    throw new PublicationError('PublicKeyUnreadable', `This JWK is no public key of type ${jwk.kty}.`);
  }
}

/** RFC 7638 thumbprint with SHA-256, base64url. */
export const thumbprintOfJwk = (jwk: PublicJwk): string => createHash('sha256').update(canonicalBytes(jwk)).digest('base64url');

/** Type and size of a key in words: `RSA 2048`, `EC P-256`, `OKP Ed25519`, `AKP ML-DSA-44`. */
export function formOf(jwk: PublicJwk): string {
  if (jwk.kty === 'RSA') return `RSA ${BigInt(`0x${Buffer.from(jwk.n, 'base64url').toString('hex')}`).toString(2).length}`;
  return `${jwk.kty} ${jwk.kty === 'AKP' ? jwk.alg : jwk.crv}`;
}

function nodeJwkOf(spki: Uint8Array): PublicJwk | undefined {
  try {
    return PublicJwk.safeParse(createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }).export({ format: 'jwk' })).data;
  } catch {
    return undefined;
  }
}

function akpOf(spki: Uint8Array): PublicJwk | undefined {
  try {
    const { algorithm, subjectPublicKey } = AsnConvert.parse(spki, SubjectPublicKeyInfo);
    const row = algorithmKeyPairs.find((a) => a.oid === algorithm.algorithm && a.bytes === subjectPublicKey.byteLength);
    return row && { kty: 'AKP', alg: row.alg, pub: Buffer.from(subjectPublicKey).toString('base64url') };
  } catch {
    return undefined;
  }
}

function akpSpki({ alg, pub }: PublicJwk & { kty: 'AKP' }): Buffer {
  const raw = Buffer.from(pub, 'base64url');
  const row = algorithmKeyPairs.find((a) => a.alg === alg && a.bytes === raw.length);
  if (row === undefined) throw new TypeError(`no key of ${alg} has ${raw.length} bytes`);
  return Buffer.from(AsnConvert.serialize(new SubjectPublicKeyInfo({ algorithm: new AlgorithmIdentifier({ algorithm: row.oid }), subjectPublicKey: new Uint8Array(raw).buffer })));
}

/** `ML-DSA-65` and the like, if the SPKI is of such a key, whether this Node can read it or not. */
export const akpAlgorithm = (spki: Uint8Array): string | undefined => {
  const jwk = akpOf(spki);
  return jwk?.kty === 'AKP' ? jwk.alg : undefined;
};
