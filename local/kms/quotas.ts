import type { RequestRates } from '../request-rates.ts';
import type { Caller } from '../service.ts';
import { AwsError } from '../wire/errors.ts';
import type { Key } from './key.ts';
import { specOf, type SpecRow } from './specs.ts';

/** Requests per second of each operation that has a quota of its own (KMS-DG requests-per-second, aws-facts 2.1). */
const perOperation: Readonly<Record<string, number>> = {
  CancelKeyDeletion: 5,
  CreateAlias: 5,
  CreateGrant: 50,
  CreateKey: 5,
  DeleteAlias: 15,
  DeleteImportedKeyMaterial: 15,
  DescribeKey: 2000,
  DisableKey: 5,
  DisableKeyRotation: 5,
  EnableKey: 5,
  EnableKeyRotation: 15,
  GetKeyLastUsage: 5,
  GetKeyPolicy: 1000,
  GetKeyRotationStatus: 1000,
  GetParametersForImport: 1,
  GetPublicKey: 2000,
  ImportKeyMaterial: 15,
  ListAliases: 500,
  ListGrants: 100,
  ListKeyPolicies: 100,
  ListKeyRotations: 100,
  ListKeys: 500,
  ListResourceTags: 2000,
  PutKeyPolicy: 15,
  ReplicateKey: 5,
  RetireGrant: 50,
  RevokeGrant: 50,
  RotateKeyOnDemand: 5,
  ScheduleKeyDeletion: 15,
  TagResource: 10,
  UntagResource: 5,
  UpdateAlias: 5,
  UpdateKeyDescription: 5,
};

/** Cryptographic operations share a quota by the family of the key; symmetric and HMAC keys have one between them. */
const familyQuota = { aes: 'symmetric', hmac: 'symmetric', rsa: 'RSA', ec: 'ECC', ed25519: 'ECC' } as const satisfies Record<SpecRow['family'], string>;

const symmetricByRegion: Readonly<Record<string, number>> = {
  ...Object.fromEntries(['us-east-2', 'ap-southeast-1', 'ap-southeast-2', 'ap-northeast-1', 'eu-central-1', 'eu-west-2'].map((region) => [region, 20_000])),
  ...Object.fromEntries(['us-east-1', 'us-west-2', 'eu-west-1'].map((region) => [region, 100_000])),
};

const exceeded = (): AwsError => new AwsError('ThrottlingException', 'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.');

/** The request quotas of KMS: all callers of an account in a Region share them. */
export class KmsQuotas {
  readonly #rates: RequestRates;

  constructor(rates: RequestRates) {
    this.#rates = rates;
  }

  /** Counts a call at the door. Throws ThrottlingException. A call that fails later has counted all the same. */
  enter(operation: string, caller: Caller): void {
    const perSecond = perOperation[operation];
    if (perSecond !== undefined && !this.#rates.admits(caller, operation, perSecond)) throw exceeded();
    // It has no key of its own, and the quota of symmetric keys.
    if (operation === 'GenerateRandom') this.#use('symmetric', caller);
  }

  /** Counts the use of a key by a cryptographic operation; ReEncrypt uses two. Throws ThrottlingException. */
  use(operation: string, key: Key, caller: Caller): void {
    if (perOperation[operation] === undefined) this.#use(familyQuota[specOf(key.spec).family], caller);
  }

  #use(family: 'symmetric' | 'RSA' | 'ECC', caller: Caller): void {
    const perSecond = family === 'symmetric' ? (symmetricByRegion[caller.region] ?? 10_000) : 1000;
    if (!this.#rates.admits(caller, `cryptographic operations, ${family}`, perSecond)) throw exceeded();
  }
}
