/** How each kind of KMS key is published, as one table: by spec and usage. The names are the SDK's, so a new spec breaks the build here. */
import type { KeySpec, KeyUsageType, SigningAlgorithmSpec } from '@aws-sdk/client-kms';

/** What consumers do with the key, in the words of a JWK (RFC 7517 sections 4.2 and 4.4). */
export interface KeyFormat {
  /** What the public key must be, as `formOf` says it; unset for HMAC, whose material never leaves KMS. */
  readonly form?: string;
  readonly use: 'sig' | 'enc';
  /** The `alg` values that fit, the default first. For HMAC KMS's own name, which is what VerifyMac wants. */
  readonly algorithms: readonly string[];
  /** What signs a certificate of the key; unset where X.509 verifiers at large would not take it. */
  readonly certificate?: SigningAlgorithmSpec;
}

type Row = Partial<Record<KeyUsageType, KeyFormat>>;

/**
 * RS256 comes first, since a verifier refuses a key whose `alg` is not that of the token, and RS256 is what OpenID Connect
 * Core 15.1 makes everybody support. Whoever signs with PSS says so in the registry.
 */
const rsa = (bits: number): Row => ({
  SIGN_VERIFY: { form: `RSA ${bits}`, use: 'sig', algorithms: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'], certificate: 'RSASSA_PKCS1_V1_5_SHA_256' },
  ENCRYPT_DECRYPT: { form: `RSA ${bits}`, use: 'enc', algorithms: ['RSA-OAEP-256', 'RSA-OAEP'] },
});

const ecc = (curve: string, alg: string, certificate: SigningAlgorithmSpec): Row => ({
  SIGN_VERIFY: { form: `EC ${curve}`, use: 'sig', algorithms: [alg], certificate },
  KEY_AGREEMENT: { form: `EC ${curve}`, use: 'enc', algorithms: ['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW'] },
});

const hmac = (alg: string): Row => ({ GENERATE_VERIFY_MAC: { use: 'sig', algorithms: [alg] } });
const mlDsa = (alg: string): Row => ({ SIGN_VERIFY: { form: `AKP ${alg}`, use: 'sig', algorithms: [alg] } });
const mlKem = (alg: string): Row => ({ ENCAPSULATE_DECAPSULATE: { form: `AKP ${alg}`, use: 'enc', algorithms: [alg] } });

const rows: Readonly<Record<KeySpec, Row>> = {
  SYMMETRIC_DEFAULT: {},
  HMAC_224: hmac('HMAC_SHA_224'),
  HMAC_256: hmac('HMAC_SHA_256'),
  HMAC_384: hmac('HMAC_SHA_384'),
  HMAC_512: hmac('HMAC_SHA_512'),
  RSA_2048: rsa(2048),
  RSA_3072: rsa(3072),
  RSA_4096: rsa(4096),
  ECC_NIST_P256: ecc('P-256', 'ES256', 'ECDSA_SHA_256'),
  ECC_NIST_P384: ecc('P-384', 'ES384', 'ECDSA_SHA_384'),
  ECC_NIST_P521: ecc('P-521', 'ES512', 'ECDSA_SHA_512'),
  ECC_SECG_P256K1: { SIGN_VERIFY: { form: 'EC secp256k1', use: 'sig', algorithms: ['ES256K'], certificate: 'ECDSA_SHA_256' } },
  /** EdDSA before Ed25519: RFC 9864 deprecates it, but older verifiers know nothing else. */
  ECC_NIST_EDWARDS25519: { SIGN_VERIFY: { form: 'OKP Ed25519', use: 'sig', algorithms: ['EdDSA', 'Ed25519'] } },
  ML_DSA_44: mlDsa('ML-DSA-44'),
  ML_DSA_65: mlDsa('ML-DSA-65'),
  ML_DSA_87: mlDsa('ML-DSA-87'),
  ML_KEM_512: mlKem('ML-KEM-512'),
  ML_KEM_768: mlKem('ML-KEM-768'),
  ML_KEM_1024: mlKem('ML-KEM-1024'),
  /** China Regions only; JOSE has no name for it. */
  SM2: {},
};

/** The row of a spec and usage; undefined where such keys have nothing to publish. */
export const keyFormat = (spec: string, usage: string): KeyFormat | undefined =>
  Object.hasOwn(rows, spec) ? (rows[spec as KeySpec] as Readonly<Record<string, KeyFormat>>)[usage] : undefined;
