import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accountId, base64, Bench, callerOf, withoutUndefined } from '../local/kms/harness.ts';

// Every cell of KMS-DG key-state that the embedded KMS can be in (aws-facts 1.3). Creating and Updating last seconds in AWS
// and do not occur here; custom key stores, and with them Unavailable, are refused at CreateKey.

const states = ['Enabled', 'Disabled', 'PendingDeletion', 'PendingReplicaDeletion', 'PendingImport'] as const;
type State = (typeof states)[number];

const e1 = 'DisabledException: … is disabled.';
const e3 = 'KMSInvalidStateException: … is pending deletion.';
const e4 = 'KMSInvalidStateException: … is not pending deletion.';
const e5 =
  'KMSInvalidStateException: … is pending import because no key material has ever been imported or one of the imported key materials is deleted or expired.';
const e6 = 'UnsupportedOperationException: … origin is EXTERNAL which is not valid for this operation.';
const neverImported = 'KMSInvalidStateException: … is pending import because no key material has ever been imported.';

type Kind = 'symmetric' | 'hmac' | 'signing' | 'agreement';

interface Row {
  operation: string;
  kind?: Kind;
  origin?: 'EXTERNAL';
  multiRegion?: true;
  /** Y, or the refusal, for Enabled, Disabled, PendingDeletion, PendingReplicaDeletion, PendingImport. */
  cells: [string, string, string, string, string];
  /** What must be made before the key leaves the Enabled state; it joins the input. */
  before?: (bench: Bench, keyId: string) => Promise<Record<string, unknown>>;
  input?: (bench: Bench, keyId: string) => Record<string, unknown> | Promise<Record<string, unknown>>;
}

const crypto: Row['cells'] = ['Y', e1, e3, e3, e5];
const always: Row['cells'] = ['Y', 'Y', 'Y', 'Y', 'Y'];
const notDeleting: Row['cells'] = ['Y', 'Y', e3, e3, 'Y'];

const message = base64('a message');
const peer = base64(generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey.export({ format: 'der', type: 'spki' }));
let serial = 0;
const name = (): string => `alias/state-${++serial}`;
const policy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${accountId}:root` }, Action: 'kms:*', Resource: '*' }],
});

const rows: Row[] = [
  { operation: 'Encrypt', cells: crypto, input: () => ({ Plaintext: message }) },
  { operation: 'GenerateDataKey', cells: crypto, input: () => ({ KeySpec: 'AES_256' }) },
  { operation: 'GenerateDataKeyWithoutPlaintext', cells: crypto, input: () => ({ KeySpec: 'AES_128' }) },
  { operation: 'Decrypt', cells: crypto, before: encrypted },
  { operation: 'ReEncrypt', cells: crypto, before: encrypted, input: (_, DestinationKeyId) => ({ DestinationKeyId, KeyId: undefined }) },
  { operation: 'GenerateMac', kind: 'hmac', cells: crypto, input: () => ({ Message: message, MacAlgorithm: 'HMAC_SHA_256' }) },
  { operation: 'Sign', kind: 'signing', cells: crypto, input: () => ({ Message: message, SigningAlgorithm: 'ECDSA_SHA_256' }) },
  { operation: 'VerifyMac', kind: 'hmac', cells: crypto, input: () => ({ Message: message, MacAlgorithm: 'HMAC_SHA_256', Mac: message, DryRun: true }) },
  {
    operation: 'Verify',
    kind: 'signing',
    cells: crypto,
    input: () => ({ Message: message, SigningAlgorithm: 'ECDSA_SHA_256', Signature: message, DryRun: true }),
  },
  { operation: 'DeriveSharedSecret', kind: 'agreement', cells: crypto, input: () => ({ KeyAgreementAlgorithm: 'ECDH', PublicKey: peer }) },
  { operation: 'RevokeGrant', cells: always, before: granted },
  { operation: 'RetireGrant', cells: always, before: granted },
  {
    operation: 'DeleteAlias',
    cells: always,
    before: async (bench, TargetKeyId) => {
      const AliasName = name();
      await bench.call('CreateAlias', { AliasName, TargetKeyId });
      return { AliasName, KeyId: undefined };
    },
  },
  { operation: 'CreateGrant', cells: crypto, input: () => ({ GranteePrincipal: callerOf().arn, Operations: ['Encrypt'] }) },
  { operation: 'ReplicateKey', multiRegion: true, cells: crypto, input: () => ({ ReplicaRegion: 'ap-south-1' }) },
  { operation: 'GetPublicKey', kind: 'signing', cells: ['Y', 'Y', e3, e3, neverImported] },
  { operation: 'DescribeKey', cells: always },
  { operation: 'GetKeyPolicy', cells: always },
  { operation: 'PutKeyPolicy', cells: always, input: () => ({ Policy: policy }) },
  { operation: 'ListKeyPolicies', cells: always },
  { operation: 'ListAliases', cells: always },
  { operation: 'ListGrants', cells: always },
  { operation: 'ListResourceTags', cells: always },
  { operation: 'ListKeyRotations', cells: always },
  { operation: 'GetKeyLastUsage', cells: always },
  { operation: 'CreateAlias', cells: notDeleting, input: (_, keyId) => ({ AliasName: name(), TargetKeyId: keyId, KeyId: undefined }) },
  {
    operation: 'UpdateAlias',
    cells: notDeleting,
    input: async (bench, keyId) => {
      const other = await bench.createKey();
      const AliasName = name();
      await bench.call('CreateAlias', { AliasName, TargetKeyId: other.KeyId });
      return { AliasName, TargetKeyId: keyId, KeyId: undefined };
    },
  },
  { operation: 'TagResource', cells: notDeleting, input: () => ({ Tags: [{ TagKey: 'a', TagValue: 'b' }] }) },
  { operation: 'UntagResource', cells: notDeleting, input: () => ({ TagKeys: ['a'] }) },
  { operation: 'UpdateKeyDescription', cells: notDeleting, input: () => ({ Description: 'new' }) },
  { operation: 'EnableKey', cells: ['Y', 'Y', e3, e3, e5] },
  { operation: 'DisableKey', cells: ['Y', 'Y', e3, e3, e5] },
  { operation: 'EnableKeyRotation', cells: ['Y', e1, e3, e3, e6] },
  { operation: 'DisableKeyRotation', cells: ['Y', e1, e3, e3, e6] },
  { operation: 'GetKeyRotationStatus', cells: ['Y', 'Y', 'Y', 'Y', e6] },
  { operation: 'RotateKeyOnDemand', cells: ['Y', e1, e3, e3, e5] },
  {
    operation: 'GetParametersForImport',
    origin: 'EXTERNAL',
    cells: notDeleting,
    input: () => ({ WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' }),
  },
  { operation: 'DeleteImportedKeyMaterial', origin: 'EXTERNAL', cells: always },
  { operation: 'ScheduleKeyDeletion', cells: notDeleting },
  { operation: 'CancelKeyDeletion', cells: [e4, e4, 'Y', 'Y', e4] },
];

const kinds: Record<Kind, Record<string, unknown>> = {
  symmetric: {},
  hmac: { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
  signing: { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' },
  agreement: { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' },
};

async function encrypted(bench: Bench, KeyId: string): Promise<Record<string, unknown>> {
  const { CiphertextBlob } = await bench.call('Encrypt', { KeyId, Plaintext: message });
  return { CiphertextBlob };
}

async function granted(bench: Bench, KeyId: string): Promise<Record<string, unknown>> {
  const { GrantId } = await bench.call('CreateGrant', { KeyId, GranteePrincipal: callerOf().arn, Operations: ['Encrypt'] });
  return { GrantId };
}

async function keyIn(bench: Bench, state: State, { kind = 'symmetric', origin, multiRegion, before }: Row): Promise<[string, Record<string, unknown>]> {
  const external = origin === 'EXTERNAL' || state === 'PendingImport';
  const MultiRegion = multiRegion === true || state === 'PendingReplicaDeletion';
  const { KeyId } = await bench.createKey({ ...kinds[kind], MultiRegion, Origin: external ? 'EXTERNAL' : 'AWS_KMS' });
  if (state === 'PendingImport' && before === undefined) return [KeyId, {}];
  if (external) await bench.import(KeyId, randomBytes(32));
  const made = (await before?.(bench, KeyId)) ?? {};
  if (state === 'PendingImport') await bench.call('DeleteImportedKeyMaterial', { KeyId });
  if (state === 'Disabled') await bench.call('DisableKey', { KeyId });
  if (state === 'PendingReplicaDeletion') await bench.call('ReplicateKey', { KeyId, ReplicaRegion: 'us-west-2' });
  if (state.endsWith('Deletion')) await bench.call('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 });
  return [KeyId, made];
}

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.open();
});
afterAll(() => bench.kms.close());

describe.each(rows)('$operation', (row) => {
  test.each(states.map((state, index) => [state, row.cells[index] ?? ''] as const))('in %s: %s', async (state, expected) => {
    const [keyId, made] = await keyIn(bench, state, row);
    const { Arn, KeyState } = await bench.describe(keyId);
    expect(KeyState).toBe(state);
    const given = withoutUndefined({ KeyId: keyId, ...made, ...(await row.input?.(bench, keyId)) });
    if (expected === 'Y') {
      expect(await bench.refusal(row.operation, given)).toMatch(/^(answered|DryRunOperationException)/);
    } else {
      expect((await bench.refusal(row.operation, given)).replace(Arn, '…')).toBe(expected);
    }
  });
});

test('ImportKeyMaterial works in Enabled, Disabled and PendingImport, and not before a deletion (1.3)', async () => {
  const material = randomBytes(32);
  const { KeyId, Arn } = await bench.createKey({ Origin: 'EXTERNAL' });
  await bench.import(KeyId, material);
  expect((await bench.describe(KeyId)).KeyState).toBe('Enabled');
  await bench.import(KeyId, material);
  await bench.call('DisableKey', { KeyId });
  await bench.import(KeyId, material);
  expect((await bench.describe(KeyId)).KeyState).toBe('Disabled');
  await bench.call('ScheduleKeyDeletion', { KeyId });
  const refused = await bench.refusal('ImportKeyMaterial', { KeyId, ImportToken: base64('x'), EncryptedKeyMaterial: base64('x') });
  expect(refused).toBe(`KMSInvalidStateException: ${Arn} is pending deletion.`);
});

test('UpdateAlias away from a key that is pending deletion works (1.3)', async () => {
  const from = await bench.createKey();
  const to = await bench.createKey();
  await bench.call('CreateAlias', { AliasName: 'alias/leaving', TargetKeyId: from.KeyId });
  await bench.call('ScheduleKeyDeletion', { KeyId: from.KeyId });
  await bench.call('UpdateAlias', { AliasName: 'alias/leaving', TargetKeyId: to.KeyId });
  expect((await bench.describe('alias/leaving')).KeyId).toBe(to.KeyId);
});

test('a cancelled deletion ends in Disabled, and enabling is a call of its own (1.3)', async () => {
  const { KeyId } = await bench.createKey();
  await bench.call('ScheduleKeyDeletion', { KeyId });
  await bench.call('CancelKeyDeletion', { KeyId });
  expect((await bench.describe(KeyId)).KeyState).toBe('Disabled');
});
