import { AwsError } from '../wire/errors.ts';
import { arnOf, stateOf, type Key, type KeyState } from './key.ts';

type Refusal = (arn: string) => AwsError;

const invalid = (rest: string): Refusal => (arn) => new AwsError('KMSInvalidStateException', `${arn} ${rest}.`);

// The numbers are those of KMS-DG key-state (aws-facts 1.3).
const e1: Refusal = (arn) => new AwsError('DisabledException', `${arn} is disabled.`);
const e3 = invalid('is pending deletion');
const e4 = invalid('is not pending deletion');
const e5 = invalid(
  'is pending import because no key material has ever been imported or one of the imported key materials is deleted or expired',
);
const e6: Refusal = (arn) =>
  new AwsError('UnsupportedOperationException', `${arn} origin is EXTERNAL which is not valid for this operation.`);

const deleting = { PendingDeletion: e3, PendingReplicaDeletion: e3 };

type Row = Readonly<Partial<Record<KeyState, Refusal>>>;

const always: Row = {};
const cryptographic: Row = { Disabled: e1, ...deleting, PendingImport: e5 };
const described: Row = deleting;
const switched: Row = { ...deleting, PendingImport: e5 };
const rotating: Row = { Disabled: e1, ...deleting, PendingImport: e6 };

/** What each operation answers in each key state (aws-facts 1.3). An operation that takes a key and has no row here is a defect. */
const rows: Readonly<Record<string, Row>> = {
  Encrypt: cryptographic,
  Decrypt: cryptographic,
  ReEncrypt: cryptographic,
  GenerateDataKey: cryptographic,
  GenerateDataKeyWithoutPlaintext: cryptographic,
  GenerateMac: cryptographic,
  VerifyMac: cryptographic,
  Sign: cryptographic,
  Verify: cryptographic,
  DeriveSharedSecret: cryptographic,
  CreateGrant: cryptographic,
  ReplicateKey: cryptographic,
  GetPublicKey: deleting,
  DescribeKey: always,
  GetKeyPolicy: always,
  PutKeyPolicy: always,
  ListKeyPolicies: always,
  ListAliases: always,
  ListGrants: always,
  ListResourceTags: always,
  DeleteAlias: always,
  RetireGrant: always,
  RevokeGrant: always,
  GetKeyLastUsage: always,
  CreateAlias: described,
  UpdateAlias: described,
  TagResource: described,
  UntagResource: described,
  UpdateKeyDescription: described,
  EnableKey: switched,
  DisableKey: switched,
  EnableKeyRotation: rotating,
  DisableKeyRotation: rotating,
  GetKeyRotationStatus: { PendingImport: e6 },
  ListKeyRotations: always,
  RotateKeyOnDemand: cryptographic,
  GetParametersForImport: deleting,
  ImportKeyMaterial: deleting,
  DeleteImportedKeyMaterial: always,
  ScheduleKeyDeletion: deleting,
  CancelKeyDeletion: { Enabled: e4, Disabled: e4, PendingImport: e4 },
};

/** Throws the error that AWS gives for this operation in the key's present state. */
export function refuseByState(operation: string, key: Key): void {
  const row = rows[operation];
  if (row === undefined) throw new Error(`${operation} takes a key, but states.ts has no row for it`);
  const refusal = row[stateOf(key)];
  if (refusal !== undefined) throw refusal(arnOf(key));
}
