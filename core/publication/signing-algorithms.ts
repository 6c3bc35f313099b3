/**
 * Everything that differs per KMS signing algorithm, as one table: how node:crypto verifies it, what JOSE calls it, what
 * X.509 calls it. AWS KMS Developer Guide, "symm-asymm-choose-key-spec".
 */
import type { SigningAlgorithmSpec } from '@aws-sdk/client-kms';
import { constants, type KeyObject, type SigningOptions } from 'node:crypto';

export interface SigningAlgorithm {
  readonly kms: SigningAlgorithmSpec;
  /** Names in a JWS header. RFC 7518 section 3.1, RFC 8037 section 3.1, RFC 8812, RFC 9864, RFC 9964. */
  readonly jws: readonly string[];
  /** What is signed: the message's digest by this hash, so KMS also takes the digest alone; unset where KMS needs the message. */
  readonly hash?: 'sha256' | 'sha384' | 'sha512';
  /** How node:crypto verifies; unset where it cannot. */
  readonly options?: SigningOptions;
  /** Whether this key makes such signatures. */
  readonly fits: (key: KeyObject) => boolean;
  /** AlgorithmIdentifier of a certificate: object identifier, and parameters as DER in hex. RFC 4055, RFC 5758 section 3.2. */
  readonly x509?: { readonly oid: string; readonly parameters?: string };
}

type Row = Omit<SigningAlgorithm, 'kms'>;

const isRsa = (key: KeyObject): boolean => key.asymmetricKeyType === 'rsa';
const onCurve = (...curves: string[]) => (key: KeyObject): boolean =>
  key.asymmetricKeyType === 'ec' && curves.includes(key.asymmetricKeyDetails?.namedCurve ?? '');

const pkcs1 = (hash: NonNullable<Row['hash']>, jws: string, oid: string): Row => ({
  jws: [jws],
  hash,
  options: { padding: constants.RSA_PKCS1_PADDING },
  fits: isRsa,
  x509: { oid, parameters: '0500' },
});

/**
 * KMS salts with as many bytes as the hash has. The parameters are RSASSA-PSS-params of RFC 4055 section 3.1: the hash, MGF1 with
 * the same hash, the salt length; `arc` is the last arc of the hash's identifier, id-sha256 being 2.16.840.1.101.3.4.2.1.
 */
const pss = (hash: NonNullable<Row['hash']>, jws: string, saltLength: number, arc: string): Row => ({
  jws: [jws],
  hash,
  options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength },
  fits: isRsa,
  x509: {
    oid: '1.2.840.113549.1.1.10',
    parameters: `3034a00f300d06096086480165030402${arc}0500a11c301a06092a864886f70d010108300d06096086480165030402${arc}0500a2030201${saltLength.toString(16)}`,
  },
});

const ecdsa = (hash: NonNullable<Row['hash']>, jws: string[], oid: string, ...curves: string[]): Row => ({
  jws,
  hash,
  options: { dsaEncoding: 'der' },
  fits: onCurve(...curves),
  x509: { oid },
});

const rows: Readonly<Record<SigningAlgorithmSpec, Row>> = {
  RSASSA_PKCS1_V1_5_SHA_256: pkcs1('sha256', 'RS256', '1.2.840.113549.1.1.11'),
  RSASSA_PKCS1_V1_5_SHA_384: pkcs1('sha384', 'RS384', '1.2.840.113549.1.1.12'),
  RSASSA_PKCS1_V1_5_SHA_512: pkcs1('sha512', 'RS512', '1.2.840.113549.1.1.13'),
  RSASSA_PSS_SHA_256: pss('sha256', 'PS256', 32, '01'),
  RSASSA_PSS_SHA_384: pss('sha384', 'PS384', 48, '02'),
  RSASSA_PSS_SHA_512: pss('sha512', 'PS512', 64, '03'),
  ECDSA_SHA_256: ecdsa('sha256', ['ES256', 'ES256K'], '1.2.840.10045.4.3.2', 'prime256v1', 'secp256k1'),
  ECDSA_SHA_384: ecdsa('sha384', ['ES384'], '1.2.840.10045.4.3.3', 'secp384r1'),
  ECDSA_SHA_512: ecdsa('sha512', ['ES512'], '1.2.840.10045.4.3.4', 'secp521r1'),
  ED25519_SHA_512: { jws: ['EdDSA', 'Ed25519'], options: {}, fits: (key) => key.asymmetricKeyType === 'ed25519' },
  /** No release of Node verifies the pre-hashed form of RFC 8032 section 5.1, and JOSE has no name for it. */
  ED25519_PH_SHA_512: { jws: [], fits: (key) => key.asymmetricKeyType === 'ed25519' },
  /** Node reads such keys from 24.6 on, where it is built with OpenSSL 3.5. */
  ML_DSA_SHAKE_256: {
    jws: ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'],
    options: {},
    fits: (key) => (key.asymmetricKeyType as string | undefined)?.startsWith('ml-dsa-') === true,
  },
  /** China Regions only. */
  SM2DSA: { jws: [], fits: () => false },
};

const signingAlgorithms: readonly SigningAlgorithm[] = Object.entries(rows).map(([kms, row]) => ({ kms: kms as SigningAlgorithmSpec, ...row }));

/** By KMS's name (`SigningAlgorithmSpec`); undefined if KMS has no such. */
export const signingAlgorithm = (kms: string): SigningAlgorithm | undefined => signingAlgorithms.find((a) => a.kms === kms);

/** By the `alg` of a JWK or JWS. */
export const signingAlgorithmOfJws = (alg: string | undefined): SigningAlgorithm | undefined =>
  alg === undefined ? undefined : signingAlgorithms.find((a) => a.jws.includes(alg));
