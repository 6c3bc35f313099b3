import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { base64, Bench, callerOf, dayMs } from '../local/kms/harness.ts';

// Aliases (aws-facts 1.8) and AWS managed keys (1.2).

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.open();
});
afterAll(() => bench.kms.close());

let serial = 0;
const fresh = async (input: Record<string, unknown> = {}) => {
  const AliasName = `alias/test-${++serial}`;
  const key = await bench.createKey(input);
  await bench.call('CreateAlias', { AliasName, TargetKeyId: key.KeyId });
  return { AliasName, key };
};

const hmac = { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' };
const ecc = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' };
const agree = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'KEY_AGREEMENT' };
const rsaSign = { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' };
const rsaEncrypt = { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' };

describe('UpdateAlias takes same type and same usage, whatever the spec', () => {
  const table: [string, object, object, boolean][] = [
    ['symmetric to symmetric', {}, {}, true],
    ['symmetric to imported symmetric', {}, { Origin: 'EXTERNAL' }, true],
    ['RSA to ECC, both signing', rsaSign, ecc, true],
    ['HMAC_256 to HMAC_512', hmac, { KeySpec: 'HMAC_512', KeyUsage: 'GENERATE_VERIFY_MAC' }, true],
    ['symmetric to RSA encryption', {}, rsaEncrypt, false],
    ['symmetric to HMAC', {}, hmac, false],
    ['signing to key agreement', ecc, agree, false],
    ['RSA signing to RSA encryption', rsaSign, rsaEncrypt, false],
  ];
  test.each(table)('%s', async (_, from, to, works) => {
    const { AliasName } = await fresh({ ...from });
    const target = await bench.createKey({ ...to });
    const answer = await bench.refusal('UpdateAlias', { AliasName, TargetKeyId: target.KeyId });
    expect(answer).toMatch(works ? /^answered \{\}/ : /^ValidationException: .* same type and have the same key usage/);
  });
});

test('an alias names its key in DescribeKey, GetPublicKey and cryptographic operations, by name and by ARN', async () => {
  const { AliasName, key } = await fresh();
  const aliasArn = key.Arn.replace(/key\/.*/, AliasName);
  expect((await bench.describe(aliasArn)).KeyId).toBe(key.KeyId);
  expect(await bench.call('Encrypt', { KeyId: AliasName, Plaintext: base64('x') })).toMatchObject({ KeyId: key.Arn });
  expect(await bench.refusal('DisableKey', { KeyId: AliasName })).toBe(`NotFoundException: Invalid keyId '${AliasName}'`);
  expect(await bench.refusal('DescribeKey', { KeyId: 'alias/none' })).toBe(
    `NotFoundException: Alias ${key.Arn.replace(/key\/.*/, 'alias/none')} is not found.`,
  );
  expect(await bench.refusal('DescribeKey', { KeyId: 'arn:aws:kms:nonsense' })).toBe('InvalidArnException: Invalid arn arn:aws:kms:nonsense');
});

test.each([
  ['foo', 'InvalidAliasNameException'],
  ['alias/', 'InvalidAliasNameException'],
  ['alias/aws/mine', 'InvalidAliasNameException'],
  ['alias/a b', 'ValidationException'],
])('the name %s is refused by %s', async (AliasName, code) => {
  const { KeyId } = await bench.createKey();
  expect(await bench.refusal('CreateAlias', { AliasName, TargetKeyId: KeyId })).toMatch(new RegExp(`^${code}`));
});

test('a name is unique, and a key has at most 50', async () => {
  const { AliasName, key } = await fresh();
  expect(await bench.refusal('CreateAlias', { AliasName, TargetKeyId: key.KeyId })).toMatch(/^AlreadyExistsException/);
  for (let count = 2; count <= 50; count += 1) await bench.call('CreateAlias', { AliasName: `${AliasName}/${count}`, TargetKeyId: key.KeyId });
  expect(await bench.refusal('CreateAlias', { AliasName: `${AliasName}/51`, TargetKeyId: key.KeyId })).toMatch(/^LimitExceededException/);
  // A repoint to where it points already is no new alias.
  expect(await bench.call('UpdateAlias', { AliasName, TargetKeyId: key.KeyId })).toEqual({});
});

test('ListAliases pages through all, or through those of one key', async () => {
  const { AliasName, key } = await fresh();
  await bench.call('CreateAlias', { AliasName: `${AliasName}-b`, TargetKeyId: key.KeyId });
  type Page = { Aliases: { AliasName: string; TargetKeyId?: string }[]; Truncated: boolean; NextMarker?: string };
  const seen: string[] = [];
  let page = await bench.call<Page>('ListAliases', { Limit: 7 });
  for (;;) {
    seen.push(...page.Aliases.map((each) => each.AliasName));
    if (!page.Truncated) break;
    page = await bench.call<Page>('ListAliases', { Limit: 7, Marker: page.NextMarker });
  }
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen).toEqual(expect.arrayContaining([AliasName, `${AliasName}-b`, 'alias/aws/s3']));
  const ofKey = await bench.call<Page>('ListAliases', { KeyId: key.KeyId });
  expect(ofKey.Aliases.map((each) => [each.AliasName, each.TargetKeyId])).toEqual([
    [AliasName, key.KeyId],
    [`${AliasName}-b`, key.KeyId],
  ]);
  expect(await bench.refusal('ListAliases', { Marker: 'nonsense' })).toMatch(/^InvalidMarkerException/);
});

test('a key takes its aliases with it (1.8)', async () => {
  const { AliasName, key } = await fresh();
  await bench.call('ScheduleKeyDeletion', { KeyId: key.KeyId, PendingWindowInDays: 7 });
  await bench.clock.advance(7 * dayMs);
  expect(await bench.refusal('DescribeKey', { KeyId: AliasName })).toMatch(/^NotFoundException: Alias/);
  expect(await bench.refusal('DescribeKey', { KeyId: key.KeyId })).toMatch(/^NotFoundException: Key/);
});

describe('an AWS managed key (1.2)', () => {
  test('is made when first needed, and shows as such', async () => {
    const elsewhere = callerOf(undefined, 'ap-south-1');
    type Aliases = { Aliases: { AliasName: string; TargetKeyId?: string }[] };
    const target = async () => (await bench.call<Aliases>('ListAliases', {}, elsewhere)).Aliases.find((each) => each.AliasName === 'alias/aws/s3')?.TargetKeyId;
    expect(await target()).toBeUndefined();
    const { KeyId, KeyManager } = await bench.describe('alias/aws/s3', 'ap-south-1');
    expect(KeyManager).toBe('AWS');
    expect(await target()).toBe(KeyId);
    expect(await bench.call('ListKeys', {}, elsewhere)).toMatchObject({ Keys: [{ KeyId }] });
    expect(await bench.call('GetKeyRotationStatus', { KeyId }, elsewhere)).toMatchObject({ KeyRotationEnabled: true });
    expect([...bench.kms.keysForTagging('111122223333', 'ap-south-1')]).toEqual([]);
  });

  test.each([
    ['DisableKey', {}],
    ['ScheduleKeyDeletion', {}],
    ['TagResource', { Tags: [] }],
    ['EnableKeyRotation', {}],
    ['RotateKeyOnDemand', {}],
    ['Encrypt', { Plaintext: base64('x') }],
    ['UpdateKeyDescription', { Description: 'mine' }],
  ])('is not the caller’s to %s', async (operation, input) => {
    const { KeyId } = await bench.describe('alias/aws/ebs');
    expect(await bench.refusal(operation, { KeyId, ...input })).toMatch(
      new RegExp(`^AccessDeniedException: User: .* is not authorized to perform: kms:${operation} on resource: .* because no resource-based policy allows`),
    );
  });

  test('is no target for an alias, and keeps its own', async () => {
    const { KeyId } = await bench.describe('alias/aws/rds');
    const mine = await bench.createKey();
    expect(await bench.refusal('CreateAlias', { AliasName: 'alias/mine', TargetKeyId: KeyId })).toMatch(/^AccessDeniedException/);
    expect(await bench.refusal('UpdateAlias', { AliasName: 'alias/aws/rds', TargetKeyId: mine.KeyId })).toMatch(/^AccessDeniedException/);
    expect(await bench.refusal('DeleteAlias', { AliasName: 'alias/aws/rds' })).toMatch(/^AccessDeniedException/);
  });
});
