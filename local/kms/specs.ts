/** What a key is for; one usage a key, for ever. */
export type KeyUsage = 'ENCRYPT_DECRYPT' | 'SIGN_VERIFY' | 'GENERATE_VERIFY_MAC' | 'KEY_AGREEMENT';

/** The three types between which an alias may not move (KMS-DG kms-alias). */
type KeyType = 'symmetric' | 'hmac' | 'asymmetric';

/** Everything the embedded KMS knows of one key spec. */
export type SpecRow = {
  readonly type: KeyType;
  /** The usages this spec takes, each with the algorithms a caller may name. */
  readonly usages: Readonly<Partial<Record<KeyUsage, readonly string[]>>>;
} & (
  | { readonly family: 'aes'; readonly bytes: number }
  /** Imports of HMAC material are `bytes` to `maxBytes` long; made material is `bytes` long. */
  | { readonly family: 'hmac'; readonly bytes: number; readonly maxBytes: number; readonly hash: string }
  | { readonly family: 'rsa'; readonly modulusBits: number }
  /** `oid` is the DER of the curve's object identifier (RFC 5480 section 2.1.1.1, SEC 2). */
  | { readonly family: 'ec'; readonly curve: string; readonly oid: string }
  | { readonly family: 'ed25519' }
);

const hmac = (bits: number): SpecRow => ({
  type: 'hmac',
  family: 'hmac',
  bytes: bits / 8,
  maxBytes: 128,
  hash: `sha${bits}`,
  usages: { GENERATE_VERIFY_MAC: [`HMAC_SHA_${bits}`] },
});

const rsa = (modulusBits: number): SpecRow => ({
  type: 'asymmetric',
  family: 'rsa',
  modulusBits,
  usages: {
    ENCRYPT_DECRYPT: ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'],
    SIGN_VERIFY: [
      'RSASSA_PSS_SHA_256',
      'RSASSA_PSS_SHA_384',
      'RSASSA_PSS_SHA_512',
      'RSASSA_PKCS1_V1_5_SHA_256',
      'RSASSA_PKCS1_V1_5_SHA_384',
      'RSASSA_PKCS1_V1_5_SHA_512',
    ],
  },
});

const nist = (curve: string, oid: string, hashBits: number): SpecRow => ({
  type: 'asymmetric',
  family: 'ec',
  curve,
  oid,
  usages: { SIGN_VERIFY: [`ECDSA_SHA_${hashBits}`], KEY_AGREEMENT: ['ECDH'] },
});

/** The one table of key specs (aws-facts 1.1, 1.2, 1.9); a spec that is not here is refused at CreateKey. */
export const specs = {
  SYMMETRIC_DEFAULT: { type: 'symmetric', family: 'aes', bytes: 32, usages: { ENCRYPT_DECRYPT: ['SYMMETRIC_DEFAULT'] } },
  HMAC_224: hmac(224),
  HMAC_256: hmac(256),
  HMAC_384: hmac(384),
  HMAC_512: hmac(512),
  RSA_2048: rsa(2048),
  RSA_3072: rsa(3072),
  RSA_4096: rsa(4096),
  ECC_NIST_P256: nist('prime256v1', '06082a8648ce3d030107', 256),
  ECC_NIST_P384: nist('secp384r1', '06052b81040022', 384),
  ECC_NIST_P521: nist('secp521r1', '06052b81040023', 512),
  ECC_SECG_P256K1: {
    type: 'asymmetric',
    family: 'ec',
    curve: 'secp256k1',
    oid: '06052b8104000a',
    usages: { SIGN_VERIFY: ['ECDSA_SHA_256'] },
  },
  ECC_NIST_EDWARDS25519: {
    type: 'asymmetric',
    family: 'ed25519',
    usages: { SIGN_VERIFY: ['ED25519_SHA_512', 'ED25519_PH_SHA_512'] },
  },
} as const satisfies Record<string, SpecRow>;

export type SpecName = keyof typeof specs;

/** Specs that AWS has and this KMS lacks; named so that the refusal can say which side is to blame. */
export const lackingSpecs = ['ML_DSA_44', 'ML_DSA_65', 'ML_DSA_87', 'ML_KEM_512', 'ML_KEM_768', 'ML_KEM_1024', 'SM2'] as const;

/** The row of a spec, widened so that callers switch on `family` and nothing else. */
export const specOf = (name: SpecName): SpecRow => specs[name];

/** The algorithms of a spec under one usage; empty when the spec does not take the usage. */
export const algorithmsOf = (name: SpecName, usage: KeyUsage): readonly string[] => specOf(name).usages[usage] ?? [];
