import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rotatesByItselfTag } from '../../cdk/guardrails/rotated-key.ts';
import { KeyGuardrails, keyServiceControlPolicies } from '../../cdk/guardrails/service-control-policies.ts';
import { openKms } from '../../local/kms/server.ts';
import { accountId, Bench, callerOf, region } from '../local/kms/harness.ts';

const props = { breakGlassArns: ['arn:aws:iam::*:role/break-glass'], rotaArns: ['arn:aws:iam::*:role/rota-*'] };
const policies = keyServiceControlPolicies(props);

// The policies are exercised where they matter: by a KMS that enforces them against people whose key policies allow everything.
let bench: Bench;
beforeAll(async () => {
  bench = await Bench.open({ serviceControlPolicies: policies.map(({ name, document }) => ({ name, document: JSON.stringify(document) })) });
});
afterAll(() => bench.close());

const as = (name: string) => callerOf(`arn:aws:sts::${accountId}:assumed-role/${name}/maria`);
const alice = callerOf();
const glass = as('break-glass');
const rota = as('rota-disable-key');

const key = async (input: object = {}): Promise<string> => (await bench.createKey({ ...input }, rota)).KeyId;
const put = { Tags: [{ TagKey: 'rota:retained-for', TagValue: 'byok-1' }] };

interface Case {
  readonly what: string;
  readonly key?: object;
  readonly operation: string;
  readonly input?: object;
  readonly allowed: readonly (typeof alice)[];
  readonly denied: readonly (typeof alice)[];
}

const cases: Case[] = [
  { what: 'switching rotation off', operation: 'DisableKeyRotation', denied: [alice, rota], allowed: [glass] },
  { what: 'rotating less often than allowed', operation: 'EnableKeyRotation', input: { RotationPeriodInDays: 366 }, denied: [alice, rota], allowed: [glass] },
  { what: 'switching rotation on', operation: 'EnableKeyRotation', input: {}, denied: [], allowed: [alice] },
  { what: 'rotating more often', operation: 'EnableKeyRotation', input: { RotationPeriodInDays: 90 }, denied: [], allowed: [alice] },
  { what: 'deleting a retained key', key: put, operation: 'ScheduleKeyDeletion', input: { PendingWindowInDays: 30 }, denied: [alice, rota], allowed: [glass] },
  { what: 'deleting another key', operation: 'ScheduleKeyDeletion', input: { PendingWindowInDays: 30 }, denied: [], allowed: [alice] },
  { what: 'deleting any key at short notice', operation: 'ScheduleKeyDeletion', input: { PendingWindowInDays: 29 }, denied: [alice, rota, glass], allowed: [] },
  { what: 'disabling a retained key', key: put, operation: 'DisableKey', denied: [alice], allowed: [rota, glass] },
  { what: 'disabling another key', operation: 'DisableKey', denied: [], allowed: [alice] },
  { what: 'marking a key as made by a rotation', operation: 'TagResource', input: { Tags: [{ TagKey: 'rota:rotation', TagValue: 'byok-1' }] }, denied: [alice], allowed: [rota, glass] },
  { what: 'deploying a key that AWS rotates, or one of Rota\'s own', operation: 'TagResource', input: { Tags: [{ TagKey: rotatesByItselfTag.key, TagValue: rotatesByItselfTag.value }, { TagKey: 'rota:own-key', TagValue: 'tokenKey' }] }, denied: [], allowed: [alice] },
  { what: 'taking the mark off', key: put, operation: 'UntagResource', input: { TagKeys: ['rota:retained-for'] }, denied: [alice], allowed: [rota, glass] },
  { what: 'setting a mark', operation: 'TagResource', input: put, denied: [alice], allowed: [rota, glass] },
  { what: 'another tag', operation: 'TagResource', input: { Tags: [{ TagKey: 'team', TagValue: 'pay' }] }, denied: [], allowed: [alice] },
  { what: 'deleting imported material', key: { Origin: 'EXTERNAL' }, operation: 'DeleteImportedKeyMaterial', denied: [alice, rota], allowed: [] },
];

const refused = /^AccessDeniedException: .* with an explicit deny in a service control policy$/;

describe('what the organisation forbids', () => {
  test.each(cases)('$what', async ({ key: kind, operation, input = {}, allowed, denied }) => {
    for (const caller of denied) expect(await bench.refusal(operation, { KeyId: await key(kind), ...input }, caller), caller.arn).toMatch(refused);
    for (const caller of allowed) expect(await bench.refusal(operation, { KeyId: await key(kind), ...input }, caller), caller.arn).toMatch(/^answered /);
  });

  test('material that is there is deleted by the break-glass role alone', async () => {
    const KeyId = await key({ Origin: 'EXTERNAL' });
    await bench.import(KeyId, Buffer.alloc(32, 7));
    expect(await bench.refusal('DeleteImportedKeyMaterial', { KeyId }, alice)).toMatch(refused);
    expect(await bench.refusal('DeleteImportedKeyMaterial', { KeyId }, glass)).toMatch(/^answered /);
  });

  test('a key for imported material has an owner', async () => {
    const owner = { Tags: [{ TagKey: 'owner', TagValue: 'payments' }] };
    expect(await bench.refusal('CreateKey', { Origin: 'EXTERNAL' }, alice)).toMatch(refused);
    expect(await bench.refusal('CreateKey', { Origin: 'EXTERNAL', ...owner }, alice)).toMatch(/^answered /);
    expect(await bench.refusal('CreateKey', {}, alice)).toMatch(/^answered /);
  });
});

test('the documents are attached to the targets, each short enough for Organizations', () => {
  const stack = new Stack(new App({ analyticsReporting: false }), 'Guardrails');
  new KeyGuardrails(stack, 'Keys', { ...props, targetIds: ['ou-abcd-12345678'] });
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::Organizations::Policy', policies.length);
  for (const { name, document } of policies) template.hasResourceProperties('AWS::Organizations::Policy', { Name: name, Type: 'SERVICE_CONTROL_POLICY', Content: document, TargetIds: ['ou-abcd-12345678'] });
});

test('without break-glass, or too long, there is no policy', () => {
  expect(() => keyServiceControlPolicies({ ...props, breakGlassArns: [] })).toThrow('breakGlassArns is empty: a compromised key could then not be taken out of use by anybody');
  const many = Array.from({ length: 90 }, (_, i) => `arn:aws:iam::1111222233${i + 10}:role/break-glass-of-the-account`);
  expect(() => keyServiceControlPolicies({ ...props, breakGlassArns: many })).toThrow(/^rota-rotation-stays-on has \d+ characters, more than the 5120 that Organizations takes: name fewer ARNs, with \*$/);
});

describe('what the embedded KMS cannot enforce it does not take', () => {
  const of = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement });
  const deny = (more: object) => of({ Effect: 'Deny', Action: 'kms:DisableKey', Resource: '*', ...more });
  const cannot = 'scp.json: The embedded KMS cannot enforce this policy: ';
  test.each([
    { document: '{', says: 'scp.json: The service control policy is not valid JSON.' },
    { document: deny({ Principal: '*' }), says: 'scp.json: Statement 1: a service control policy has no Principal: it is about everybody in the account.' },
    { document: deny({ Action: ['kms:DisableKey', 's3:*'] }), says: `${cannot}s3:* is not about KMS.` },
    { document: deny({ Action: 'kms:List*' }), says: `${cannot}kms:ListKeys is about no key.` },
    { document: deny({ Action: undefined, NotAction: 'kms:*' }), says: `${cannot}a Deny without Action.` },
    { document: deny({ Resource: undefined }), says: `${cannot}a statement has no Resource.` },
    { document: of({ Effect: 'Allow', Action: 'kms:*', Resource: '*' }), says: `${cannot}an Allow of less than everything.` },
    { document: deny({ Condition: { StringEquals: { 'aws:SourceVpc': 'vpc-1' } } }), says: 'scp.json: Statement 1: the embedded KMS cannot judge the condition key aws:SourceVpc in a Deny.' },
  ])('$says', async ({ document, says }) => {
    await expect(openKms({ folder: bench.folder, clock: bench.clock, serviceControlPolicies: [{ name: 'scp.json', document }] })).rejects.toThrow(says);
  });

  test('FullAWSAccess, which every account has, is taken', async () => {
    const full = { name: 'FullAWSAccess', document: of({ Effect: 'Allow', Action: '*', Resource: '*' }) };
    const open = await Bench.open({ serviceControlPolicies: [full] });
    expect(await open.createKey()).toMatchObject({ KeyState: 'Enabled' });
    expect(await open.call('ListKeys', {}, callerOf(undefined, region))).toHaveProperty('Keys');
    await open.close();
  });
});
