/**
 * Everything that differs per kind of key, as one table: callers ask `keyKind` and get the row. No other file decides by
 * the name of a key spec, but for core/publication/key-formats.ts, which says how each is published. The names come from the
 * AWS SDK as types, so a spec that AWS adds breaks the build here.
 */
import type {
  AlgorithmSpec,
  EncapsulationAlgorithmSpec,
  EncryptionAlgorithmSpec,
  KeyAgreementAlgorithmSpec,
  KeySpec,
  KeyUsageType,
  MacAlgorithmSpec,
  OriginType,
  SigningAlgorithmSpec,
  WrappingKeySpec,
} from '@aws-sdk/client-kms';
import type { Curve } from './curves.ts';
import { no, notApplicable, yes, yesIf, type Refusal, type Verdict } from './verdict.ts';

type KeyType = 'symmetric' | 'hmac' | 'rsa' | 'ecc' | 'edwards' | 'ml-dsa' | 'ml-kem' | 'sm2';

type UsageAlgorithm = EncryptionAlgorithmSpec | SigningAlgorithmSpec | MacAlgorithmSpec | KeyAgreementAlgorithmSpec | EncapsulationAlgorithmSpec;

/** What ImportKeyMaterial wants inside the wrapping. AWS KMS Developer Guide, "importing-keys-conceptual". */
export type MaterialFormat =
  | { readonly form: 'raw'; readonly minBytes: number; readonly maxBytes: number }
  | { readonly form: 'pkcs8'; readonly family: 'rsa'; readonly modulusBits: number }
  | { readonly form: 'pkcs8'; readonly family: 'ec'; readonly curve: Curve; readonly digest: string }
  | { readonly form: 'pkcs8'; readonly family: 'ed25519' };

/** Which algorithms KMS takes for this material under each wrapping key. "importing-keys-get-public-key-and-token". */
type WrappingTable = Readonly<Record<WrappingKeySpec, readonly AlgorithmSpec[]>>;

/** Rota's ways to rotate by hand; see the design. */
export type ManualMethod = 'new-key' | 'in-place' | 'reimport' | 'asymmetric';

/** What may be done about the age of a key. "rotate-keys", "rotating-keys-on-demand", "importing-keys-conceptual". */
interface Renewal {
  readonly imports: Verdict;
  readonly automatic: Verdict;
  readonly onDemand: Verdict;
  readonly methods: Readonly<Record<ManualMethod, Verdict>>;
}

interface SpecRow {
  readonly keyType: KeyType;
  readonly usages: Partial<Record<KeyUsageType, readonly UsageAlgorithm[]>>;
  readonly material?: MaterialFormat;
  readonly wrapping: WrappingTable;
  /** By origin: what renews such a key, or why there is none. */
  readonly origins: Readonly<Record<OriginType, Renewal | Refusal>>;
}

/** One kind of key that exists: spec, usage and origin, with everything known of it. */
export interface KeyKind extends Renewal {
  readonly verdict: 'yes';
  readonly spec: KeySpec;
  readonly usage: KeyUsageType;
  readonly origin: OriginType;
  readonly multiRegion: boolean;
  readonly keyType: KeyType;
  /** What the key does under its usage: encryption, signing, MAC, agreement or encapsulation algorithms. */
  readonly algorithms: readonly UsageAlgorithm[];
  /** By spec, whatever the origin: a successor may be EXTERNAL where the old key is not. Unset if KMS imports none. */
  readonly material?: MaterialFormat;
  readonly wrapping: WrappingTable;
}

// Reasons that several rows share
export const specNotImported = 'KMS does not import material of this spec';
const symmetricOnly = no('KMS rotates symmetric encryption keys only');
const notInStore = no('the material is in a custom key store, where KMS cannot replace it');
const notImported = no('its material was not imported, so it does not expire and cannot be imported again');
const oneForEver = no('a key of this kind keeps its first material for ever');
const noPublicKey = no('it has no public key to hand out');
const publicKeyFirst = no('whoever uses its public key needs the new one first, which method asymmetric sees to');
const storeTakesSymmetric = no('a custom key store holds symmetric encryption keys only');
const timesInLife = '25 times in the life of a key';

// What renews a key, by type of key and origin
const symmetric: SpecRow['origins'] = {
  AWS_KMS: {
    imports: no('KMS makes its material itself'),
    automatic: yesIf('every 90 to 2560 days'),
    onDemand: yesIf(timesInLife),
    methods: {
      'new-key': yesIf('only to change to imported material: AWS can rotate this key by itself'),
      'in-place': no('KMS makes its material itself: switch on automatic rotation instead'),
      reimport: notImported,
      asymmetric: noPublicKey,
    },
  },
  EXTERNAL: {
    imports: yesIf('each rotation adds a material, and all of them must stay imported'),
    automatic: no('KMS cannot make new material for a key whose material is imported'),
    onDemand: yesIf(`after new material has been imported; ${timesInLife}`),
    methods: { 'new-key': yes, 'in-place': yesIf(timesInLife), reimport: yes, asymmetric: noPublicKey },
  },
  AWS_CLOUDHSM: inStore(),
  EXTERNAL_KEY_STORE: inStore(),
};

function inStore(): Renewal {
  return {
    imports: notInStore,
    automatic: notInStore,
    onDemand: notInStore,
    methods: { 'new-key': yes, 'in-place': notInStore, reimport: notImported, asymmetric: noPublicKey },
  };
}

/** Keys whose only renewal is another key: `replacement` is the method that makes it. */
function replaced(replacement: Pick<Renewal['methods'], 'new-key' | 'asymmetric'>, external: Renewal['imports']): SpecRow['origins'] {
  const renewal = (imports: Verdict, reimport: Verdict): Renewal => ({
    imports,
    automatic: symmetricOnly,
    onDemand: symmetricOnly,
    methods: { ...replacement, 'in-place': oneForEver, reimport },
  });
  return {
    AWS_KMS: renewal(no('KMS makes its material itself'), notImported),
    EXTERNAL: external.verdict === 'yes' ? renewal(external, yes) : external,
    AWS_CLOUDHSM: storeTakesSymmetric,
    EXTERNAL_KEY_STORE: storeTakesSymmetric,
  };
}

const firstMaterialOnly = yesIf('one material for ever; the same bytes again at any time');
const mac = replaced({ 'new-key': yes, asymmetric: yesIf('its verifiers learn the id of the new key first') }, firstMaterialOnly);
const keyPair = replaced({ 'new-key': publicKeyFirst, asymmetric: yes }, firstMaterialOnly);
const keyPairNotImported = replaced({ 'new-key': publicKeyFirst, asymmetric: yes }, no(specNotImported));

// What wraps which material. RSAES_PKCS1_V1_5 is still in the SDK's list, but KMS refuses it since 2023-10-10.
const oaep = ['RSAES_OAEP_SHA_256', 'RSAES_OAEP_SHA_1'] as const;
const keyWrap = ['RSA_AES_KEY_WRAP_SHA_256', 'RSA_AES_KEY_WRAP_SHA_1'] as const;
const both = [...oaep, ...keyWrap] as const;
const wrapNothing: WrappingTable = { RSA_2048: [], RSA_3072: [], RSA_4096: [], SM2: [] };
const wrapRaw: WrappingTable = { RSA_2048: oaep, RSA_3072: oaep, RSA_4096: oaep, SM2: [] };
const wrapEcc: WrappingTable = { RSA_2048: both, RSA_3072: both, RSA_4096: both, SM2: [] };
/** 241 bytes of PKCS#8 do not fit OAEP under RSA_2048. */
const wrapP521: WrappingTable = { ...wrapEcc, RSA_2048: keyWrap };
const wrapRsa: WrappingTable = { RSA_2048: keyWrap, RSA_3072: keyWrap, RSA_4096: keyWrap, SM2: [] };
const wrapSm2: WrappingTable = { ...wrapRaw, SM2: ['SM2PKE'] };

// Rows that differ in one or two values
const hmac = (minBytes: number, algorithm: MacAlgorithmSpec): SpecRow => ({
  keyType: 'hmac',
  usages: { GENERATE_VERIFY_MAC: [algorithm] },
  material: { form: 'raw', minBytes, maxBytes: 128 },
  wrapping: wrapRaw,
  origins: mac,
});

const rsa = (modulusBits: number): SpecRow => ({
  keyType: 'rsa',
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
  material: { form: 'pkcs8', family: 'rsa', modulusBits },
  wrapping: wrapRsa,
  origins: keyPair,
});

const ecc = (curve: Curve, digest: string, usages: SpecRow['usages'], wrapping = wrapEcc): SpecRow => ({
  keyType: 'ecc',
  usages,
  material: { form: 'pkcs8', family: 'ec', curve, digest },
  wrapping,
  origins: keyPair,
});

const mlDsa: SpecRow = { keyType: 'ml-dsa', usages: { SIGN_VERIFY: ['ML_DSA_SHAKE_256'] }, wrapping: wrapNothing, origins: keyPairNotImported };
/** That ML-KEM does not import is unconfirmed; assumed, as AWS lists it nowhere among what imports. */
const mlKem: SpecRow = { keyType: 'ml-kem', usages: { ENCAPSULATE_DECAPSULATE: ['ML_KEM'] }, wrapping: wrapNothing, origins: keyPairNotImported };

const rows = {
  /** 32 bytes everywhere but in the China Regions, where it is 16 (SM4): Rota does not serve those. */
  SYMMETRIC_DEFAULT: {
    keyType: 'symmetric',
    usages: { ENCRYPT_DECRYPT: ['SYMMETRIC_DEFAULT'] },
    material: { form: 'raw', minBytes: 32, maxBytes: 32 },
    wrapping: wrapRaw,
    origins: symmetric,
  },
  HMAC_224: hmac(28, 'HMAC_SHA_224'),
  HMAC_256: hmac(32, 'HMAC_SHA_256'),
  HMAC_384: hmac(48, 'HMAC_SHA_384'),
  HMAC_512: hmac(64, 'HMAC_SHA_512'),
  RSA_2048: rsa(2048),
  RSA_3072: rsa(3072),
  RSA_4096: rsa(4096),
  ECC_NIST_P256: ecc('P-256', 'sha256', { SIGN_VERIFY: ['ECDSA_SHA_256'], KEY_AGREEMENT: ['ECDH'] }),
  ECC_NIST_P384: ecc('P-384', 'sha384', { SIGN_VERIFY: ['ECDSA_SHA_384'], KEY_AGREEMENT: ['ECDH'] }),
  ECC_NIST_P521: ecc('P-521', 'sha512', { SIGN_VERIFY: ['ECDSA_SHA_512'], KEY_AGREEMENT: ['ECDH'] }, wrapP521),
  ECC_SECG_P256K1: ecc('secp256k1', 'sha256', { SIGN_VERIFY: ['ECDSA_SHA_256'] }),
  ECC_NIST_EDWARDS25519: {
    keyType: 'edwards',
    usages: { SIGN_VERIFY: ['ED25519_SHA_512', 'ED25519_PH_SHA_512'] },
    material: { form: 'pkcs8', family: 'ed25519' },
    wrapping: wrapEcc,
    origins: keyPair,
  },
  ML_DSA_44: mlDsa,
  ML_DSA_65: mlDsa,
  ML_DSA_87: mlDsa,
  ML_KEM_512: mlKem,
  ML_KEM_768: mlKem,
  ML_KEM_1024: mlKem,
  /** China Regions only. */
  SM2: {
    keyType: 'sm2',
    usages: { ENCRYPT_DECRYPT: ['SM2PKE'], SIGN_VERIFY: ['SM2DSA'], KEY_AGREEMENT: ['ECDH'] },
    material: { form: 'pkcs8', family: 'ec', curve: 'SM2', digest: 'sm3' },
    wrapping: wrapSm2,
    origins: keyPair,
  },
} satisfies Record<KeySpec, SpecRow>;

/** What `keyKind` needs of a key; a `DescribeKey` answer has it, as `KeySpec`, `KeyUsage`, `Origin`, `KeyManager`, `MultiRegion`. */
export interface KindFacts {
  readonly spec: string;
  readonly usage: string;
  readonly origin: string;
  readonly keyManager: string;
  readonly multiRegion: boolean;
}

/**
 * The row for a key, or why there is none: an AWS managed key is not applicable; a combination that KMS does not have, or
 * that this release does not know, is a no with its reason. AWS KMS Developer Guide, "symm-asymm-choose-key-spec",
 * "rotate-keys".
 */
export function keyKind({ spec, usage, origin, keyManager, multiRegion }: KindFacts): KeyKind | Refusal {
  if (keyManager === 'AWS') return notApplicable('AWS rotates its managed keys every year by itself, and nobody else can');
  if (!isKeyOf(rows, spec)) return no(`this release knows no key spec ${spec}`);
  const row: SpecRow = rows[spec];
  if (!isKeyOf(row.usages, usage)) return no(`a key of ${spec} is for ${Object.keys(row.usages).join(' or ')}, not for ${usage}`);
  if (!isKeyOf(row.origins, origin)) return no(`this release knows no origin ${origin}`);
  const renewal = row.origins[origin];
  if ('verdict' in renewal) return renewal;
  if (multiRegion && isStore[origin]) return no('a custom key store holds single-Region keys only');
  const { keyType, material, wrapping } = row;
  return {
    verdict: 'yes',
    ...{ spec, usage, origin, multiRegion, keyType, wrapping },
    algorithms: row.usages[usage] ?? [],
    ...(material && { material }),
    ...(multiRegion ? everyRegion(renewal) : renewal),
  };
}

const isStore: Readonly<Record<OriginType, boolean>> = { AWS_KMS: false, EXTERNAL: false, AWS_CLOUDHSM: true, EXTERNAL_KEY_STORE: true };

/** Rotation is a property that all Regions share and that only the primary sets; imported bytes go to each Region on their own. */
function everyRegion(renewal: Renewal): Renewal {
  const also = (verdict: Verdict, condition: string): Verdict =>
    verdict.verdict === 'yes' ? yesIf(verdict.condition === undefined ? condition : `${verdict.condition}; ${condition}`) : verdict;
  const { methods } = renewal;
  return {
    imports: also(renewal.imports, 'the same bytes in every Region'),
    automatic: also(renewal.automatic, 'on the primary key'),
    onDemand: also(renewal.onDemand, 'on the primary key'),
    methods: {
      'new-key': also(methods['new-key'], 'a successor with the same Regions'),
      'in-place': also(methods['in-place'], 'import on the primary key, then on each replica, then rotate the primary'),
      reimport: also(methods.reimport, 'in each Region on its own'),
      asymmetric: also(methods.asymmetric, 'a successor with the same Regions'),
    },
  };
}

function isKeyOf<T extends object>(table: T, key: string): key is keyof T & string {
  return Object.hasOwn(table, key);
}
