import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accountId, base64, Bench, callerOf, dayMs } from '../local/kms/harness.ts';

// Rotation in place, automatic rotation, and both across Regions (aws-facts 1.2, 1.5, 1.6, 1.11).

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.open();
});
afterAll(() => bench.kms.close());

type Rotations = { Rotations: Record<string, unknown>[] };

const rotations = async (KeyId: string, at?: string): Promise<Record<string, unknown>[]> =>
  (await bench.call<Rotations>('ListKeyRotations', { KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' }, callerOf(undefined, at))).Rotations;

const materialStates = async (KeyId: string, at?: string): Promise<unknown[]> => (await rotations(KeyId, at)).map((each) => each['KeyMaterialState']);

const external = (input: Record<string, unknown> = {}) => bench.createKey({ Origin: 'EXTERNAL', ...input });

describe('on demand, imported material (1.5)', () => {
  test('new material waits, the rotation makes it current, the old one still decrypts', async () => {
    const { KeyId } = await external();
    const oldId = await bench.import(KeyId, randomBytes(32), { KeyMaterialDescription: 'first' });
    const { CiphertextBlob } = await bench.call('Encrypt', { KeyId, Plaintext: base64('canary') });
    const newId = await bench.import(KeyId, randomBytes(32), { ImportType: 'NEW_KEY_MATERIAL' });
    expect(await bench.call('GenerateDataKeyWithoutPlaintext', { KeyId, KeySpec: 'AES_256' })).toMatchObject({ KeyMaterialId: oldId });
    expect(await materialStates(KeyId)).toEqual(['CURRENT', 'PENDING_ROTATION']);
    expect((await rotations(KeyId))[0]).toEqual({
      KeyId,
      KeyMaterialId: oldId,
      KeyMaterialDescription: 'first',
      KeyMaterialState: 'CURRENT',
      ImportState: 'IMPORTED',
      ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
    });
    expect(await bench.call('RotateKeyOnDemand', { KeyId })).toEqual({ KeyId });
    expect(await materialStates(KeyId)).toEqual(['NON_CURRENT', 'CURRENT']);
    expect((await bench.call<Rotations>('ListKeyRotations', { KeyId })).Rotations).toMatchObject([{ KeyMaterialId: newId, RotationType: 'ON_DEMAND' }]);
    expect(await bench.describe(KeyId)).toMatchObject({ CurrentKeyMaterialId: newId });
    expect(await bench.call('Decrypt', { CiphertextBlob })).toMatchObject({ KeyMaterialId: oldId, Plaintext: base64('canary') });
    expect(await bench.call('GenerateDataKeyWithoutPlaintext', { KeyId, KeySpec: 'AES_256' })).toMatchObject({ KeyMaterialId: newId });
  });

  test('without pending material there is nothing to rotate to', async () => {
    const { KeyId } = await external();
    await bench.import(KeyId, randomBytes(32));
    expect(await bench.refusal('RotateKeyOnDemand', { KeyId })).toMatch(/^KMSInvalidStateException/);
  });

  test('one material waits at a time, and may be replaced or deleted without a trace', async () => {
    const { KeyId } = await external();
    await bench.import(KeyId, randomBytes(32));
    await bench.import(KeyId, randomBytes(32), { ImportType: 'NEW_KEY_MATERIAL' });
    const KeyMaterialId = await bench.import(KeyId, randomBytes(32), { ImportType: 'NEW_KEY_MATERIAL' });
    expect((await rotations(KeyId)).map((each) => each['KeyMaterialId'])).toHaveLength(2);
    await bench.call('DeleteImportedKeyMaterial', { KeyId, KeyMaterialId });
    expect(await materialStates(KeyId)).toEqual(['CURRENT']);
    expect((await bench.describe(KeyId)).KeyState).toBe('Enabled');
  });

  test('the 26th rotation is refused (0.3)', async () => {
    const { KeyId } = await external();
    await bench.import(KeyId, randomBytes(32));
    for (let count = 1; count <= 25; count += 1) {
      await bench.import(KeyId, randomBytes(32), { ImportType: 'NEW_KEY_MATERIAL' });
      await bench.call('RotateKeyOnDemand', { KeyId });
    }
    await bench.import(KeyId, randomBytes(32), { ImportType: 'NEW_KEY_MATERIAL' });
    expect(await bench.refusal('RotateKeyOnDemand', { KeyId })).toMatch(/^LimitExceededException/);
    expect((await bench.call<Rotations>('ListKeyRotations', { KeyId, Limit: 10 })).Rotations).toHaveLength(10);
  });

  test('ValidTo of the key is the earliest of its materials (1.5)', async () => {
    const { KeyId } = await external();
    const soon = Math.ceil(bench.clock.now() / 1000) + 86_400;
    await bench.import(KeyId, randomBytes(32), { ValidTo: soon });
    await bench.import(KeyId, randomBytes(32), { ImportType: 'NEW_KEY_MATERIAL', ValidTo: soon + 86_400 });
    expect(await bench.describe(KeyId)).toMatchObject({ ValidTo: soon });
  });
});

test.each([
  [{ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }],
  [{ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }],
  [{ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' }],
])('%o rotates in no way (1.2, 1.6)', async (kind) => {
  const { KeyId } = await bench.createKey(kind);
  expect(await bench.refusal('RotateKeyOnDemand', { KeyId })).toMatch(/^UnsupportedOperationException/);
  expect(await bench.refusal('EnableKeyRotation', { KeyId })).toMatch(/^UnsupportedOperationException/);
  expect(await bench.call('GetKeyRotationStatus', { KeyId })).toEqual({ KeyId, KeyRotationEnabled: false });
});

describe('automatic (1.6)', () => {
  test('happens by the clock from the enable date on, as often as it is due', async () => {
    const { KeyId } = await bench.createKey();
    const { CiphertextBlob } = await bench.call('Encrypt', { KeyId, Plaintext: base64('old') });
    await bench.call('EnableKeyRotation', { KeyId, RotationPeriodInDays: 100 });
    const status = await bench.call<{ NextRotationDate: number }>('GetKeyRotationStatus', { KeyId });
    expect(status).toMatchObject({ KeyRotationEnabled: true, RotationPeriodInDays: 100 });
    await bench.clock.advance(250 * dayMs);
    const done = (await bench.call<Rotations>('ListKeyRotations', { KeyId })).Rotations;
    expect(done.map((each) => [each['RotationType'], each['RotationDate']])).toEqual([
      ['AUTOMATIC', status.NextRotationDate],
      ['AUTOMATIC', status.NextRotationDate + 100 * 86_400],
    ]);
    expect(await bench.call('Decrypt', { CiphertextBlob })).toMatchObject({ Plaintext: base64('old') });
  });

  test('waits while the key is disabled and catches up once when it comes back', async () => {
    const { KeyId } = await bench.createKey();
    await bench.call('EnableKeyRotation', { KeyId, RotationPeriodInDays: 90 });
    await bench.call('DisableKey', { KeyId });
    await bench.clock.advance(400 * dayMs);
    expect((await bench.call<Rotations>('ListKeyRotations', { KeyId })).Rotations).toEqual([]);
    await bench.call('EnableKey', { KeyId });
    expect((await bench.call<Rotations>('ListKeyRotations', { KeyId })).Rotations).toHaveLength(1);
  });

  test('conflicts with a rotation on demand within 20 minutes', async () => {
    const { KeyId } = await bench.createKey();
    await bench.call('EnableKeyRotation', { KeyId, RotationPeriodInDays: 90 });
    await bench.call('RotateKeyOnDemand', { KeyId });
    await bench.clock.advance(90 * dayMs - 10 * 60_000);
    expect(await bench.refusal('RotateKeyOnDemand', { KeyId })).toMatch(/^ConflictException/);
  });

  test.each([89, 2561])('takes no period of %i days', async (RotationPeriodInDays) => {
    const { KeyId } = await bench.createKey();
    expect(await bench.refusal('EnableKeyRotation', { KeyId, RotationPeriodInDays })).toMatch(/^ValidationException: .*'rotationPeriodInDays'/);
  });

  test('says false before a deletion, and comes back when that is cancelled', async () => {
    const { KeyId } = await bench.createKey();
    await bench.call('EnableKeyRotation', { KeyId });
    await bench.call('ScheduleKeyDeletion', { KeyId });
    expect(await bench.call('GetKeyRotationStatus', { KeyId })).toMatchObject({ KeyRotationEnabled: false });
    await bench.call('CancelKeyDeletion', { KeyId });
    expect(await bench.call('GetKeyRotationStatus', { KeyId })).toMatchObject({ KeyRotationEnabled: true, RotationPeriodInDays: 365 });
  });
});

describe('multi-Region (1.5, 1.11)', () => {
  const other = 'us-west-2';
  const there = callerOf(undefined, other);

  test('imported material goes into every Region by itself, then the primary rotates for all', async () => {
    const { KeyId } = await external({ MultiRegion: true });
    expect(KeyId).toMatch(/^mrk-[0-9a-f]{32}$/);
    const [first, second] = [randomBytes(32), randomBytes(32)];
    const firstId = await bench.import(KeyId, first);
    const { CiphertextBlob } = await bench.call('Encrypt', { KeyId, Plaintext: base64('anywhere') });
    await bench.call('ReplicateKey', { KeyId, ReplicaRegion: other });
    expect(await bench.describe(KeyId, other)).toMatchObject({ KeyState: 'PendingImport', MultiRegionConfiguration: { MultiRegionKeyType: 'REPLICA' } });
    await expect(bench.import(KeyId, second, { at: other })).rejects.toMatchObject({ code: 'IncorrectKeyMaterialException' });
    expect(await bench.import(KeyId, first, { at: other })).toBe(firstId);
    expect(await bench.call('Decrypt', { CiphertextBlob }, there)).toMatchObject({ Plaintext: base64('anywhere') });

    const secondId = await bench.import(KeyId, second, { ImportType: 'NEW_KEY_MATERIAL', KeyMaterialDescription: 'second' });
    expect(await materialStates(KeyId)).toEqual(['CURRENT', 'PENDING_MULTI_REGION_IMPORT_AND_ROTATION']);
    expect((await rotations(KeyId, other))[1]).toMatchObject({ KeyMaterialId: secondId, KeyMaterialDescription: 'second', ImportState: 'PENDING_IMPORT' });
    expect(await bench.refusal('RotateKeyOnDemand', { KeyId })).toMatch(/^KMSInvalidStateException/);
    await expect(bench.import(KeyId, second, { at: other, ImportType: 'NEW_KEY_MATERIAL' })).rejects.toMatchObject({ code: 'UnsupportedOperationException' });
    await bench.import(KeyId, second, { at: other, ImportType: 'EXISTING_KEY_MATERIAL' });
    expect(await materialStates(KeyId)).toEqual(['CURRENT', 'PENDING_ROTATION']);
    expect(await bench.refusal('RotateKeyOnDemand', { KeyId }, there)).toMatch(/^UnsupportedOperationException/);
    await bench.call('RotateKeyOnDemand', { KeyId });
    expect(await materialStates(KeyId, other)).toEqual(['NON_CURRENT', 'CURRENT']);
    expect(await bench.call('GenerateDataKey', { KeyId, KeySpec: 'AES_256' }, there)).toMatchObject({ KeyMaterialId: secondId });
    // Deletion of material on a replica is the replica's own matter.
    await bench.call('DeleteImportedKeyMaterial', { KeyId, KeyMaterialId: firstId }, there);
    expect([(await bench.describe(KeyId)).KeyState, (await bench.describe(KeyId, other)).KeyState]).toEqual(['Enabled', 'PendingImport']);
  });

  test('deleting the pending material on the primary deletes it on the replicas', async () => {
    const { KeyId } = await external({ MultiRegion: true });
    const first = randomBytes(32);
    await bench.import(KeyId, first);
    await bench.call('ReplicateKey', { KeyId, ReplicaRegion: other });
    await bench.import(KeyId, first, { at: other });
    const KeyMaterialId = await bench.import(KeyId, randomBytes(32), { ImportType: 'NEW_KEY_MATERIAL' });
    await bench.call('DeleteImportedKeyMaterial', { KeyId, KeyMaterialId });
    expect(await materialStates(KeyId, other)).toEqual(['CURRENT']);
  });

  test('material that KMS made is shared, and rotates for all', async () => {
    const { KeyId } = await bench.createKey({ MultiRegion: true });
    await bench.call('ReplicateKey', { KeyId, ReplicaRegion: other, Description: 'its own' });
    await bench.call('RotateKeyOnDemand', { KeyId });
    const { CiphertextBlob } = await bench.call('Encrypt', { KeyId, Plaintext: base64('x') });
    expect(await bench.call('Decrypt', { CiphertextBlob }, there)).toMatchObject({ Plaintext: base64('x') });
    expect(await bench.describe(KeyId, other)).toMatchObject({ Description: 'its own' });
    await bench.call('EnableKeyRotation', { KeyId });
    expect(await bench.call('GetKeyRotationStatus', { KeyId }, there)).toMatchObject({ KeyRotationEnabled: true });
    expect(await bench.refusal('EnableKeyRotation', { KeyId }, there)).toMatch(/^UnsupportedOperationException/);
    await bench.clock.advance(366 * dayMs);
    expect((await rotations(KeyId, other)).map((each) => each['RotationType'])).toEqual([undefined, 'ON_DEMAND', 'AUTOMATIC']);
    expect(await rotations(KeyId, other)).toEqual(await rotations(KeyId));
    expect(await bench.refusal('ReplicateKey', { KeyId, ReplicaRegion: other })).toMatch(/^AlreadyExistsException/);
    const { Arn } = await bench.describe(KeyId);
    const replicaArn = Arn.replace('eu-central-1', other);
    expect(await bench.describe(KeyId)).toMatchObject({
      MultiRegionConfiguration: { PrimaryKey: { Arn, Region: 'eu-central-1' }, ReplicaKeys: [{ Arn: replicaArn, Region: other }] },
    });
  });

  test('a primary waits for its replicas to go before its own period begins (1.10)', async () => {
    const { KeyId } = await bench.createKey({ MultiRegion: true });
    await bench.call('ReplicateKey', { KeyId, ReplicaRegion: other });
    expect(await bench.call('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 10 })).not.toHaveProperty('DeletionDate');
    const { DeletionDate } = await bench.call<{ DeletionDate: number }>('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 }, there);
    await bench.clock.advance(8 * dayMs);
    expect(await bench.describe(KeyId)).toMatchObject({ KeyState: 'PendingDeletion', DeletionDate: DeletionDate + 10 * 86_400 });
    await bench.clock.advance(10 * dayMs);
    expect(await bench.refusal('DescribeKey', { KeyId })).toBe(
      `NotFoundException: Key 'arn:aws:kms:eu-central-1:${accountId}:key/${KeyId}' does not exist`,
    );
  });
});
