import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accountId, base64, Bench, callerOf, dayMs } from '../local/kms/harness.ts';

// Key policies, grants, tags and what CreateKey refuses (aws-facts 1.1, 1.7, 1.11, 1.14).

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.open();
});
afterAll(() => bench.kms.close());

const root = `arn:aws:iam::${accountId}:root`;
const allow = { Sid: 'account', Effect: 'Allow', Principal: { AWS: root }, Action: 'kms:*', Resource: '*' };
const policyOf = (...statements: object[]): string => JSON.stringify({ Version: '2012-10-17', Statement: [allow, ...statements] });
const deny = (Action: string | string[], Condition?: object): object => ({
  Effect: 'Deny',
  Principal: '*',
  Action,
  Resource: '*',
  ...(Condition === undefined ? {} : { Condition }),
});

const breakGlass = `arn:aws:iam::${accountId}:role/break-glass`;
const glassSession = callerOf(`arn:aws:sts::${accountId}:assumed-role/break-glass/maria`);

describe('the retention lock of an old key', () => {
  const lock = deny(['kms:ScheduleKeyDeletion', 'kms:DisableKey', 'kms:DeleteImportedKeyMaterial'], { ArnNotEquals: { 'aws:PrincipalArn': breakGlass } });

  test('holds against everyone, in AWS’s words, and nothing else is locked', async () => {
    const { KeyId, Arn } = await bench.createKey({ Policy: policyOf(lock) });
    for (const operation of ['ScheduleKeyDeletion', 'DisableKey', 'DeleteImportedKeyMaterial']) {
      expect(await bench.refusal(operation, { KeyId })).toBe(
        `AccessDeniedException: User: ${callerOf().arn} is not authorized to perform: kms:${operation} on resource: ${Arn} with an explicit deny in a resource-based policy`,
      );
    }
    expect(await bench.call('Encrypt', { KeyId, Plaintext: base64('x') })).toHaveProperty('CiphertextBlob');
    expect(await bench.describe(KeyId)).toMatchObject({ KeyState: 'Enabled' });
  });

  test('opens to a session of the break-glass role, and to no role of a like name', async () => {
    const { KeyId } = await bench.createKey({ Policy: policyOf(lock) });
    const like = callerOf(`arn:aws:sts::${accountId}:assumed-role/break-glass-2/maria`);
    expect(await bench.refusal('DisableKey', { KeyId }, like)).toMatch(/^AccessDeniedException/);
    expect(await bench.call('DisableKey', { KeyId }, glassSession)).toEqual({});
  });
});

interface Case {
  what: string;
  statement: object;
  operation: string;
  input?: object;
  denied: boolean;
  caller?: ReturnType<typeof callerOf>;
  key?: object;
}

const floor = (days: string) => deny('kms:ScheduleKeyDeletion', { NumericLessThan: { 'kms:ScheduleKeyDeletionPendingWindowInDays': days } });
const alice = callerOf().arn;
const cases: Case[] = [
  { what: 'a window under the floor', statement: floor('30'), operation: 'ScheduleKeyDeletion', input: { PendingWindowInDays: 29 }, denied: true },
  { what: 'a window at the floor', statement: floor('30'), operation: 'ScheduleKeyDeletion', input: { PendingWindowInDays: 30 }, denied: false },
  { what: 'the default window of 30 days', statement: floor('30'), operation: 'ScheduleKeyDeletion', denied: false },
  { what: 'an action by wildcard', statement: deny('kms:Disable*'), operation: 'DisableKey', denied: true },
  { what: 'an action in other letters', statement: deny('KMS:disablekey'), operation: 'DisableKey', denied: true },
  { what: 'another action', statement: deny('kms:EnableKey'), operation: 'DisableKey', denied: false },
  { what: 'everything but one action', statement: { ...deny([]), Action: undefined, NotAction: ['kms:DescribeKey', 'kms:PutKeyPolicy'] }, operation: 'DisableKey', denied: true },
  { what: 'the one action', statement: { ...deny([]), Action: undefined, NotAction: ['kms:DisableKey', 'kms:PutKeyPolicy'] }, operation: 'DisableKey', denied: false },
  { what: 'a named user', statement: { ...deny('kms:DisableKey'), Principal: { AWS: [alice] } }, operation: 'DisableKey', denied: true },
  { what: 'another user', statement: { ...deny('kms:DisableKey'), Principal: { AWS: alice.replace('alice', 'bob') } }, operation: 'DisableKey', denied: false },
  { what: 'the account by number', statement: { ...deny('kms:DisableKey'), Principal: { AWS: accountId } }, operation: 'DisableKey', denied: true },
  { what: 'a service', statement: { ...deny('kms:DisableKey'), Principal: { Service: 's3.amazonaws.com' } }, operation: 'DisableKey', denied: false },
  { what: 'a statement without Resource', statement: { ...deny('kms:DisableKey'), Resource: undefined }, operation: 'DisableKey', denied: false },
  {
    what: 'an origin',
    statement: deny('kms:DisableKey', { StringEquals: { 'kms:KeyOrigin': ['EXTERNAL', 'AWS_KMS'] } }),
    operation: 'DisableKey',
    denied: true,
  },
  { what: 'a key that the request lacks', statement: deny('kms:DisableKey', { StringEquals: { 'kms:ViaService': 's3' } }), operation: 'DisableKey', denied: false },
  {
    what: 'the negation of a key that the request lacks',
    statement: deny('kms:DisableKey', { StringNotEquals: { 'kms:ViaService': 's3' } }),
    operation: 'DisableKey',
    denied: true,
  },
  { what: 'Null true', statement: deny('kms:DisableKey', { Null: { 'kms:RequestAlias': 'true' } }), operation: 'DisableKey', denied: true },
  { what: 'Null false', statement: deny('kms:DisableKey', { Null: { 'kms:RequestAlias': false } }), operation: 'DisableKey', denied: false },
  { what: 'IfExists without the key', statement: deny('kms:DisableKey', { StringLikeIfExists: { 'kms:ViaService': 's3*' } }), operation: 'DisableKey', denied: true },
  { what: 'Bool', statement: deny('kms:DisableKey', { Bool: { 'kms:MultiRegion': 'false' } }), operation: 'DisableKey', denied: true },
  {
    what: 'two operators, of which one fails',
    statement: deny('kms:DisableKey', { Bool: { 'kms:MultiRegion': 'false' }, StringEquals: { 'aws:PrincipalAccount': '999999999999' } }),
    operation: 'DisableKey',
    denied: false,
  },
  {
    what: 'a wrapping algorithm',
    statement: deny('kms:GetParametersForImport', { StringLike: { 'kms:WrappingAlgorithm': '*_SHA_1' } }),
    operation: 'GetParametersForImport',
    input: { WrappingAlgorithm: 'RSAES_OAEP_SHA_1', WrappingKeySpec: 'RSA_2048' },
    key: { Origin: 'EXTERNAL' },
    denied: true,
  },
  {
    what: 'the default expiration model',
    statement: deny('kms:ImportKeyMaterial', { StringNotEquals: { 'kms:ExpirationModel': 'KEY_MATERIAL_DOES_NOT_EXPIRE' } }),
    operation: 'ImportKeyMaterial',
    input: { ImportToken: base64('x'), EncryptedKeyMaterial: base64('x') },
    key: { Origin: 'EXTERNAL' },
    denied: true,
  },
  {
    what: 'any operation of a grant',
    statement: deny('kms:CreateGrant', { 'ForAnyValue:StringEquals': { 'kms:GrantOperations': 'Decrypt' } }),
    operation: 'CreateGrant',
    input: { GranteePrincipal: alice, Operations: ['Encrypt', 'Decrypt'] },
    denied: true,
  },
  {
    what: 'all operations of a grant, of which one is outside',
    statement: deny('kms:CreateGrant', { 'ForAllValues:StringEquals': { 'kms:GrantOperations': ['Decrypt'] } }),
    operation: 'CreateGrant',
    input: { GranteePrincipal: alice, Operations: ['Encrypt', 'Decrypt'] },
    denied: false,
  },
  {
    what: 'an encryption context',
    statement: deny('kms:Encrypt', { StringNotEquals: { 'kms:EncryptionContext:tenant': 'blue' } }),
    operation: 'Encrypt',
    input: { Plaintext: base64('x'), EncryptionContext: { tenant: 'red' } },
    denied: true,
  },
  {
    what: 'a tag of the key',
    statement: deny('kms:DisableKey', { StringEquals: { 'aws:ResourceTag/rota:retained-for': 'audit' } }),
    operation: 'DisableKey',
    key: { Tags: [{ TagKey: 'rota:retained-for', TagValue: 'audit' }] },
    denied: true,
  },
];

test.each(cases)('an explicit Deny of $what: $denied', async ({ statement, operation, input, denied, caller, key }) => {
  const { KeyId } = await bench.createKey({ Policy: policyOf(statement), ...key });
  const answer = await bench.refusal(operation, { KeyId, ...input }, caller);
  expect(answer).toMatch(denied ? /^AccessDeniedException: .* with an explicit deny/ : /^answered/);
});

test('a Deny by the alias that a request uses (1.8)', async () => {
  const { KeyId } = await bench.createKey({ Policy: policyOf(deny('kms:Encrypt', { StringEquals: { 'kms:RequestAlias': 'alias/closed' } })) });
  await bench.call('CreateAlias', { AliasName: 'alias/closed', TargetKeyId: KeyId });
  expect(await bench.refusal('Encrypt', { KeyId: 'alias/closed', Plaintext: base64('x') })).toMatch(/^AccessDeniedException/);
  expect(await bench.call('Encrypt', { KeyId, Plaintext: base64('x') })).toHaveProperty('CiphertextBlob');
});

test('each half of ReEncrypt has its own action, and UpdateAlias asks both keys (1.8)', async () => {
  const source = await bench.createKey({ Policy: policyOf(deny('kms:ReEncryptFrom')) });
  const target = await bench.createKey({ Policy: policyOf(deny(['kms:ReEncryptTo', 'kms:UpdateAlias'])) });
  const plain = await bench.createKey();
  const { CiphertextBlob } = await bench.call('Encrypt', { KeyId: source.KeyId, Plaintext: base64('x') });
  expect(await bench.refusal('ReEncrypt', { CiphertextBlob, DestinationKeyId: plain.KeyId })).toMatch(/kms:ReEncryptFrom/);
  const other = await bench.call('Encrypt', { KeyId: plain.KeyId, Plaintext: base64('x') });
  expect(await bench.refusal('ReEncrypt', { CiphertextBlob: other['CiphertextBlob'], DestinationKeyId: target.KeyId })).toMatch(/kms:ReEncryptTo/);
  await bench.call('CreateAlias', { AliasName: 'alias/between', TargetKeyId: plain.KeyId });
  expect(await bench.refusal('UpdateAlias', { AliasName: 'alias/between', TargetKeyId: target.KeyId })).toMatch(/^AccessDeniedException/);
  await bench.call('CreateAlias', { AliasName: 'alias/from-locked', TargetKeyId: target.KeyId });
  expect(await bench.refusal('UpdateAlias', { AliasName: 'alias/from-locked', TargetKeyId: plain.KeyId })).toMatch(/^AccessDeniedException/);
});

test('kms:TrailingDaysWithoutKeyUsage counts whole days since the last use (1.7)', async () => {
  const Policy = policyOf(deny('kms:DisableKey', { NumericLessThanEquals: { 'kms:TrailingDaysWithoutKeyUsage': '90' } }));
  const { KeyId } = await bench.createKey({ Policy });
  await bench.call('Encrypt', { KeyId, Plaintext: base64('x') });
  await bench.clock.advance(91 * dayMs - 60_000);
  expect(await bench.refusal('DisableKey', { KeyId })).toMatch(/^AccessDeniedException/);
  await bench.clock.advance(60_000);
  expect(await bench.call('DisableKey', { KeyId })).toEqual({});
});

describe('policies that are refused', () => {
  const table: [string, string, string][] = [
    ['no JSON', '{', 'not valid JSON'],
    ['no statement', '{"Version":"2012-10-17"}', 'no Statement'],
    ['an unknown version', '{"Version":"2013","Statement":[]}', 'Version "2013" is not known'],
    ['no principal', policyOf({ Effect: 'Allow', Action: 'kms:*', Resource: '*' }), 'needs a Principal'],
    ['no such effect', policyOf({ ...allow, Effect: 'Perhaps' }), 'Effect must be Allow or Deny'],
    ['a wrong principal', policyOf({ ...allow, Principal: { AWS: 'alice' } }), 'invalid principals: alice'],
    ['an unknown element', policyOf({ ...allow, Princpal: '*' }), 'does not know the element Princpal'],
    ['NotPrincipal', policyOf({ ...allow, NotPrincipal: '*' }), 'does not know the element NotPrincipal'],
    ['a Deny by an unknown operator', policyOf(deny('kms:*', { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } })), 'cannot judge the condition operator IpAddress'],
    ['a Deny by an unknown key', policyOf(deny('kms:DisableKey', { StringEquals: { 'aws:Moon': 'full' } })), 'cannot judge the condition key aws:Moon'],
    ['a lock-out', JSON.stringify({ Statement: [{ ...allow, Principal: { AWS: alice.replace('alice', 'bob') } }] }), 'will not allow you to update the key policy'],
    ['a lock-out by Deny', policyOf(deny('kms:PutKeyPolicy')), 'will not allow you to update the key policy'],
  ];
  test.each(table)('%s', async (_, Policy, sentence) => {
    const { KeyId } = await bench.createKey();
    const { Policy: before } = await bench.call('GetKeyPolicy', { KeyId });
    expect(await bench.refusal('PutKeyPolicy', { KeyId, Policy })).toMatch(new RegExp(`^MalformedPolicyDocumentException: .*${sentence}`));
    expect(await bench.refusal('CreateKey', { Policy })).toMatch(/^MalformedPolicyDocumentException/);
    expect(await bench.call('GetKeyPolicy', { KeyId })).toMatchObject({ Policy: before });
  });

  test('more than 32 KiB', async () => {
    const { KeyId } = await bench.createKey();
    expect(await bench.refusal('PutKeyPolicy', { KeyId, Policy: policyOf({ ...allow, Sid: 'x'.repeat(33_000) }) })).toMatch(/^LimitExceededException/);
  });

  test('but an Allow by something unknown passes, since it grants nothing here', async () => {
    const { KeyId } = await bench.createKey();
    const Policy = policyOf({ ...allow, Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } });
    expect(await bench.call('PutKeyPolicy', { KeyId, Policy })).toEqual({});
    expect(await bench.call('GetKeyPolicy', { KeyId })).toEqual({ Policy, PolicyName: 'default' });
  });

  test('and the lock-out check can be bypassed', async () => {
    const Policy = policyOf(deny('kms:PutKeyPolicy'));
    expect(await bench.createKey({ Policy, BypassPolicyLockoutSafetyCheck: true })).toMatchObject({ KeyState: 'Enabled' });
  });
});

test('another account needs the key’s own word, and never manages the key (1.14)', async () => {
  const stranger = callerOf('arn:aws:iam::444455556666:user/zoe');
  const closed = await bench.createKey();
  expect(await bench.refusal('Encrypt', { KeyId: closed.Arn, Plaintext: base64('x') }, stranger)).toMatch(/because no resource-based policy allows/);
  const open = await bench.createKey({ Policy: policyOf({ ...allow, Sid: 'zoe', Principal: { AWS: '444455556666' } }) });
  const { CiphertextBlob } = await bench.call('Encrypt', { KeyId: open.Arn, Plaintext: base64('x') }, stranger);
  expect(await bench.call('Decrypt', { CiphertextBlob }, stranger)).toMatchObject({ KeyId: open.Arn });
  expect(await bench.refusal('DisableKey', { KeyId: open.Arn }, stranger)).toMatch(/^AccessDeniedException/);
  expect(await bench.refusal('DescribeKey', { KeyId: open.KeyId }, stranger)).toMatch(/^NotFoundException/);
});

describe('grants (1.11)', () => {
  const input = { GranteePrincipal: alice, Operations: ['Encrypt', 'Decrypt'], Name: 'mine' };

  test('a name makes CreateGrant idempotent, with a new token', async () => {
    const { KeyId, Arn } = await bench.createKey();
    const one = await bench.call<{ GrantId: string; GrantToken: string }>('CreateGrant', { KeyId, ...input });
    const other = await bench.call<{ GrantId: string; GrantToken: string }>('CreateGrant', { KeyId, ...input });
    expect(other.GrantId).toBe(one.GrantId);
    expect(other.GrantToken).not.toBe(one.GrantToken);
    expect((await bench.call('CreateGrant', { KeyId, ...input, Operations: ['Encrypt'] }))['GrantId']).not.toBe(one.GrantId);
    const { Grants } = await bench.call<{ Grants: object[] }>('ListGrants', { KeyId, GrantId: one.GrantId });
    expect(Grants).toMatchObject([{ KeyId: Arn, GrantId: one.GrantId, Name: 'mine', IssuingAccount: root, Operations: ['Encrypt', 'Decrypt'] }]);
    await bench.call('Encrypt', { KeyId, Plaintext: base64('x'), GrantTokens: [one.GrantToken] });
    expect(await bench.refusal('Encrypt', { KeyId, Plaintext: base64('x'), GrantTokens: ['nonsense'] })).toMatch(/^InvalidGrantTokenException/);
    await bench.call('RetireGrant', { GrantToken: one.GrantToken });
    expect(await bench.refusal('RevokeGrant', { KeyId, GrantId: one.GrantId })).toMatch(/^NotFoundException: Grant ID/);
  });

  test('cannot hold a management operation', async () => {
    const { KeyId } = await bench.createKey();
    expect(await bench.refusal('CreateGrant', { KeyId, ...input, Operations: ['DisableKey'] })).toMatch(/^ValidationException: .*enum value set/);
  });

  test('are paged', async () => {
    const { KeyId } = await bench.createKey();
    for (const Name of ['a', 'b', 'c']) await bench.call('CreateGrant', { KeyId, ...input, Name });
    const first = await bench.call<{ Grants: object[]; NextMarker: string }>('ListGrants', { KeyId, Limit: 2 });
    expect(first).toMatchObject({ Truncated: true, Grants: [{ Name: 'a' }, { Name: 'b' }] });
    expect(await bench.call('ListGrants', { KeyId, Limit: 2, Marker: first.NextMarker })).toMatchObject({ Truncated: false, Grants: [{ Name: 'c' }] });
  });
});

describe('tags (1.11)', () => {
  test('replace by key, are listed and removed, and reach the tagging service', async () => {
    const { KeyId, Arn } = await bench.createKey({ Tags: [{ TagKey: 'a', TagValue: '1' }] });
    await bench.call('TagResource', { KeyId, Tags: [{ TagKey: 'a', TagValue: '2' }, { TagKey: 'b', TagValue: '' }] });
    expect(await bench.call('ListResourceTags', { KeyId })).toMatchObject({ Tags: expect.arrayContaining([{ TagKey: 'a', TagValue: '2' }, { TagKey: 'b', TagValue: '' }]) as unknown });
    await bench.call('UntagResource', { KeyId, TagKeys: ['b'] });
    expect([...bench.kms.keysForTagging(accountId, 'eu-central-1')].find(({ arn }) => arn === Arn)?.tags).toMatchObject({ a: '2' });
  });

  test.each([
    ['the reserved prefix', [{ TagKey: 'aws:x', TagValue: '' }], 'TagException'],
    ['a key twice', [{ TagKey: 'x', TagValue: '1' }, { TagKey: 'x', TagValue: '2' }], 'TagException'],
    ['51 tags', Array.from({ length: 51 }, (_, index) => ({ TagKey: `t${index}`, TagValue: '' })), 'LimitExceededException'],
    ['a long value', [{ TagKey: 'x', TagValue: 'v'.repeat(257) }], 'ValidationException'],
  ])('%s is refused', async (_, Tags, code) => {
    const { KeyId } = await bench.createKey();
    expect(await bench.refusal('TagResource', { KeyId, Tags })).toMatch(new RegExp(`^${code}`));
    expect(await bench.refusal('CreateKey', { Tags })).toMatch(new RegExp(`^${code}`));
  });

  test('what is made in moved time says so', async () => {
    await bench.clock.advance(1000);
    const { KeyId } = await bench.createKey();
    expect(await bench.call('ListResourceTags', { KeyId })).toMatchObject({ Tags: [{ TagKey: 'rota-local:moved-clock', TagValue: 'true' }] });
  });
});

describe('requests that are refused at the door', () => {
  test.each([
    ['a spec that is lacking (1.1)', 'CreateKey', { KeySpec: 'ML_DSA_65', KeyUsage: 'SIGN_VERIFY' }, 'UnsupportedOperationException: The embedded KMS lacks the key spec ML_DSA_65.'],
    ['ML-KEM', 'CreateKey', { KeySpec: 'ML_KEM_768', KeyUsage: 'ENCAPSULATE_DECAPSULATE' }, 'UnsupportedOperationException: The embedded KMS lacks'],
    ['SM2', 'CreateKey', { KeySpec: 'SM2', KeyUsage: 'SIGN_VERIFY' }, 'UnsupportedOperationException: The embedded KMS lacks'],
    ['a custom key store', 'CreateKey', { Origin: 'EXTERNAL_KEY_STORE', XksKeyId: 'k' }, 'UnsupportedOperationException: The embedded KMS has no custom key stores'],
    ['CloudHSM', 'CreateKey', { Origin: 'AWS_CLOUDHSM' }, 'UnsupportedOperationException: The embedded KMS has no custom key stores'],
    ['no usage', 'CreateKey', { KeySpec: 'RSA_2048' }, 'ValidationException: You must specify a KeyUsage'],
    ['a usage that the spec does not take', 'CreateKey', { KeySpec: 'ECC_SECG_P256K1', KeyUsage: 'KEY_AGREEMENT' }, 'ValidationException: KeyUsage KEY_AGREEMENT is not compatible with KeySpec ECC_SECG_P256K1'],
    ['an unknown value', 'CreateKey', { KeySpec: 'AES_256' }, "ValidationException: 1 validation error detected: Value 'AES_256' at 'keySpec' failed to satisfy constraint: Member must satisfy enum value set: [SYMMETRIC_DEFAULT,"],
    ['an unknown field', 'CreateKey', { Desription: 'x' }, "ValidationException: 1 validation error detected: Unknown field 'Desription'"],
    ['a missing field', 'DescribeKey', {}, "ValidationException: 1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null"],
    ['a wrong type', 'DescribeKey', { KeyId: 7 }, 'SerializationException'],
    ['no base64', 'Encrypt', { KeyId: 'k', Plaintext: 'secret words!' }, "ValidationException: 1 validation error detected: Value (blob) at 'plaintext'"],
    ['an unknown operation', 'MakeCoffee', {}, 'UnknownOperationException'],
    ['a name of Object', 'toString', {}, 'UnknownOperationException'],
    ['a key of nowhere', 'DescribeKey', { KeyId: '1234abcd-12ab-34cd-56ef-1234567890ab' }, `NotFoundException: Key 'arn:aws:kms:eu-central-1:${accountId}:key/1234abcd-12ab-34cd-56ef-1234567890ab' does not exist`],
    ['a key of another Region', 'DescribeKey', { KeyId: `arn:aws:kms:us-west-2:${accountId}:key/1234` }, 'NotFoundException: Invalid arn us-west-2'],
  ])('%s', async (_, operation, input, start) => {
    expect((await bench.refusal(operation, input)).slice(0, start.length)).toBe(start);
  });

  test.each([6, 31])('a deletion window of %i days (1.10)', async (PendingWindowInDays) => {
    const { KeyId } = await bench.createKey();
    expect(await bench.refusal('ScheduleKeyDeletion', { KeyId, PendingWindowInDays })).toMatch(/^ValidationException/);
  });
});

test('KeyMetadata is whole (SDK:KeyMetadata)', async () => {
  const key = await bench.createKey({ KeySpec: 'ECC_NIST_P384', KeyUsage: 'KEY_AGREEMENT', Description: 'd' });
  expect(key).toEqual({
    AWSAccountId: accountId,
    KeyId: key.KeyId,
    Arn: `arn:aws:kms:eu-central-1:${accountId}:key/${key.KeyId}`,
    CreationDate: expect.any(Number) as unknown,
    Enabled: true,
    Description: 'd',
    KeyUsage: 'KEY_AGREEMENT',
    KeyState: 'Enabled',
    Origin: 'AWS_KMS',
    KeyManager: 'CUSTOMER',
    CustomerMasterKeySpec: 'ECC_NIST_P384',
    KeySpec: 'ECC_NIST_P384',
    MultiRegion: false,
    KeyAgreementAlgorithms: ['ECDH'],
  });
  expect(await bench.createKey()).toMatchObject({ EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'], CurrentKeyMaterialId: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown });
});
