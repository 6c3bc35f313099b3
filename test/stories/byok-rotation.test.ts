import { randomBytes } from 'node:crypto';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EncryptCommand,
  GenerateMacCommand,
  GetKeyPolicyCommand,
  GetParametersForImportCommand,
  ImportKeyMaterialCommand,
  ListGrantsCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  PutKeyPolicyCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  UpdateAliasCommand,
  VerifyMacCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, test, vi } from 'vitest';
import { wrapMaterial } from '../../core/material/wrap.ts';
import type { Registry } from '../../core/registry/registry-schema.ts';
import { makeImportedKey } from '../../demo/imported-key.ts';
import { makeRecoveryCertificate } from '../../demo/recovery-certificate.ts';
import { recovery, startRota, type Rota } from '../rota.ts';

const keyOf = async ({ kms }: Rota, alias: string): Promise<string | undefined> => (await kms.send(new DescribeKeyCommand({ KeyId: alias }))).KeyMetadata?.KeyId;
const countKeys = async ({ kms }: Rota): Promise<number> => (await kms.send(new ListKeysCommand({}))).Keys?.length ?? 0;
const refusal = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'done', (e: unknown) => (e as Error).name);

async function tags({ kms }: Rota, keyId: string): Promise<Record<string, string>> {
  const { Tags = [] } = await kms.send(new ListResourceTagsCommand({ KeyId: keyId }));
  return Object.fromEntries(Tags.map((t) => [t.TagKey ?? '', t.TagValue ?? '']));
}

test('a rotation moves every alias, keeps the old key, and its dossier verifies', async () => {
  const rota = await startRota();
  const { kms } = rota;
  const oldKeyId = await makeImportedKey(kms, 'alias/payments', { Description: 'Payment data', Tags: [{ TagKey: 'team', TagValue: 'payments' }] });
  await kms.send(new CreateAliasCommand({ AliasName: 'alias/payments-eu', TargetKeyId: oldKeyId }));
  await kms.send(new CreateGrantCommand({ KeyId: oldKeyId, GranteePrincipal: 'arn:aws:iam::000000000000:role/app', Operations: ['Encrypt', 'Decrypt'] }));
  const before = await kms.send(new EncryptCommand({ KeyId: 'alias/payments', Plaintext: Buffer.from('old data') }));
  await rota.apply();

  const rotationId = await rota.rotate();
  await rota.approve(await rota.question(rotationId));
  const done = await rota.ended(rotationId);

  expect(done).toMatchObject({ status: 'SUCCEEDED', oldKeyId, dossierSequence: 1, leftBehind: [] });
  const newKeyId = done.newKeyId ?? '';
  for (const alias of ['alias/payments', 'alias/payments-eu']) expect(await keyOf(rota, alias)).toBe(newKeyId);
  expect(Buffer.from((await kms.send(new DecryptCommand({ CiphertextBlob: before.CiphertextBlob }))).Plaintext ?? []).toString()).toBe('old data');
  expect(await tags(rota, newKeyId)).toEqual({ team: 'payments', 'rota:rotation': rotationId, 'rota:predecessor': oldKeyId });
  expect(await tags(rota, oldKeyId)).toMatchObject({ 'rota:retained-for': rotationId, 'rota:successor': newKeyId });
  expect((await kms.send(new DescribeKeyCommand({ KeyId: newKeyId }))).KeyMetadata).toMatchObject({ Description: 'Payment data', Origin: 'EXTERNAL', KeyState: 'Enabled' });
  expect((await kms.send(new ListGrantsCommand({ KeyId: newKeyId }))).Grants?.map((g) => g.GranteePrincipal)).toEqual(['arn:aws:iam::000000000000:role/app']);
  expect(await refusal(kms.send(new ScheduleKeyDeletionCommand({ KeyId: oldKeyId })))).toBe('AccessDeniedException');
  expect(await refusal(kms.send(new DisableKeyCommand({ KeyId: oldKeyId })))).toBe('AccessDeniedException');

  const out = join(rota.folder, 'evidence');
  await mkdir(out);
  await rota.json('audrey', 'dossier', 'get', '--all', '--out', out);
  await rota.json('audrey', 'dossier', 'key', '--out', join(out, 'key.pem'));
  expect(await rota.json('audrey', 'dossier', 'verify', out, '--key', join(out, 'key.pem'), '--count', '1')).toMatchObject({ chain: true, verified: [{ rotationId, outcome: 'complete' }] });
  expect((await rota.as('audrey', 'dossier', 'verify', out, '--key', join(out, 'key.pem'), '--count', '2')).err).toContain('Dossier number 2 is missing');
  const text = await readFile(join(out, 'dossier-000000001.json'), 'utf8');
  const { payload } = JSON.parse(text) as { payload: string };
  const { predicate } = JSON.parse(Buffer.from(payload, 'base64').toString()) as { predicate: { steps: { kmsCalls: { operation: string; requestId: string }[] }[]; execution: { history: unknown[] } } };
  const calls = predicate.steps.flatMap((s) => s.kmsCalls);
  expect(calls.filter((c) => c.operation === 'CreateKey')).toHaveLength(1);
  expect(calls.every((c) => c.requestId !== 'none')).toBe(true);
  expect(predicate.execution.history.length).toBeGreaterThan(50);
});

test('an HMAC key: tags made before still verify under the old key', async () => {
  const rota = await startRota();
  const { kms } = rota;
  const oldKeyId = await makeImportedKey(kms, 'alias/payments', { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
  const { Mac } = await kms.send(new GenerateMacCommand({ KeyId: oldKeyId, Message: Buffer.from('m'), MacAlgorithm: 'HMAC_SHA_256' }));
  await rota.apply();
  const rotationId = await rota.rotate();
  await rota.approve(await rota.question(rotationId));
  expect((await rota.ended(rotationId)).status).toBe('SUCCEEDED');
  expect((await kms.send(new VerifyMacCommand({ KeyId: oldKeyId, Message: Buffer.from('m'), Mac, MacAlgorithm: 'HMAC_SHA_256' }))).MacValid).toBe(true);
});

test('a refused cutover leaves every alias where it was, and says what is left', async () => {
  const rota = await startRota();
  const oldKeyId = await makeImportedKey(rota.kms, 'alias/payments');
  await rota.apply();
  const rotationId = await rota.rotate();
  const question = await rota.question(rotationId);
  await rota.json('alice', 'reject', question, '--reason', 'not in the freeze');
  const done = await rota.ended(rotationId);
  expect(done).toMatchObject({ status: 'FAILED', error: { name: 'ApprovalRefused', sentence: 'alice refused the cutover: not in the freeze' }, dossierSequence: 1 });
  expect(done.leftBehind).toEqual([`Key ${done.newKeyId ?? ''} was made for this rotation and stays, unused by any alias; its tag rota:rotation names the rotation.`]);
  expect(await keyOf(rota, 'alias/payments')).toBe(oldKeyId);
  const late = await rota.as('bob', 'approve', question, '--reason', 'too late');
  expect(late).toMatchObject({ exitCode: 1 });
  expect(late.err).toContain(`The question ${question} is closed: refused.`);
  const waited = await rota.as('carol', 'watch', rotationId);
  expect(waited.exitCode).toBe(1);
});

test('who locks Rota out of the old key meanwhile keeps neither the dossier nor the next rotation back', async () => {
  const rota = await startRota();
  const oldKeyId = await makeImportedKey(rota.kms, 'alias/payments');
  await rota.apply();
  const rotationId = await rota.rotate();
  const question = await rota.question(rotationId);
  const { Policy = '{}' } = await rota.kms.send(new GetKeyPolicyCommand({ KeyId: oldKeyId, PolicyName: 'default' }));
  const policy = JSON.parse(Policy) as { Statement: object[] };
  const pat = rota.local.place.people.find((p) => p.id === 'pat');
  const patAlone = { Effect: 'Deny', Principal: '*', Action: 'kms:*', Resource: '*', Condition: { ArnNotEquals: { 'aws:PrincipalArn': pat?.arn } } };
  await rota.kms.send(new PutKeyPolicyCommand({ KeyId: oldKeyId, PolicyName: 'default', Policy: JSON.stringify({ ...policy, Statement: [...policy.Statement, patAlone] }) }));
  await rota.approve(question);
  const done = await rota.ended(rotationId);
  expect(done).toMatchObject({ status: 'FAILED', error: { name: 'AwsRefused' }, dossierSequence: 1 });
  expect(done.leftBehind).toContain(`How key ${oldKeyId} stands could not be read: AccessDeniedException.`);
  expect(await keyOf(rota, 'alias/payments')).toBe(oldKeyId);
  await rota.kms.send(new PutKeyPolicyCommand({ KeyId: oldKeyId, PolicyName: 'default', Policy }));
  expect(await rota.question(await rota.rotate())).toContain('.cutover.');
});

describe('a successor into which somebody imports while approvers are asked gets no alias', () => {
  test.each([
    ['other material, and rotates to it', 'KEY_MATERIAL_DOES_NOT_EXPIRE', /its material is [0-9a-f]{64}, and [0-9a-f]{64} was imported/],
    ['material that expires', 'KEY_MATERIAL_EXPIRES', /somebody had its material expire, at 20/],
  ] as const)('%s', async (_, ExpirationModel, difference) => {
    const rota = await startRota();
    const oldKeyId = await makeImportedKey(rota.kms, 'alias/payments');
    await rota.apply();
    const rotationId = await rota.rotate();
    const question = await rota.question(rotationId);
    const { newKeyId: KeyId } = await rota.status(rotationId);
    const { ImportToken, PublicKey = new Uint8Array() } = await rota.kms.send(new GetParametersForImportCommand({ KeyId, WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_4096' }));
    const EncryptedKeyMaterial = wrapMaterial({ algorithm: 'RSAES_OAEP_SHA_256', publicKeySpki: PublicKey, material: randomBytes(32) });
    const expires = ExpirationModel === 'KEY_MATERIAL_EXPIRES';
    const ValidTo = new Date(rota.local.embedded.clock.now() + 86_400_000);
    await rota.kms.send(new ImportKeyMaterialCommand({ KeyId, ImportToken, EncryptedKeyMaterial, ImportType: 'NEW_KEY_MATERIAL', ExpirationModel, ...(expires ? { ValidTo } : {}) }));
    if (!expires) await rota.kms.send(new RotateKeyOnDemandCommand({ KeyId }));
    await rota.approve(question);
    const done = await rota.ended(rotationId);
    expect(done).toMatchObject({ status: 'FAILED', error: { name: 'SuccessorChanged' } });
    expect(done.error?.sentence).toMatch(difference);
    expect(await keyOf(rota, 'alias/payments')).toBe(oldKeyId);
  });
});

test('a key that KMS made unseen, and that nobody could find after, is named as one that may be there', async () => {
  const rota = await startRota();
  await makeImportedKey(rota.kms, 'alias/payments');
  await rota.apply();
  await rota.json('pat', 'faults', 'add', 'kms', 'CreateKey', '--kind', 'drop-answer');
  await rota.json('pat', 'faults', 'add', 'kms', 'ListKeys', '--kind', 'server-error', '--count', '1000');
  const rotationId = await rota.rotate();
  await vi.waitUntil(async () => (await rota.status(rotationId)).steps.some(({ step }) => step === 'create-successor'), { timeout: 20_000 });
  await rota.local.embedded.clock.advance(3_600_000);
  const done = await rota.ended(rotationId);
  expect(done).toMatchObject({ status: 'FAILED', leftBehind: [`KMS was asked for a key, and what became of it is not known: if there is one, its tag rota:rotation is ${rotationId}, and nothing uses it.`] });
});

test('material is escrowed to every certificate of the plan, or not made', async () => {
  const rota = await startRota();
  await makeImportedKey(rota.kms, 'alias/payments');
  const escrowedTo = (...recoveryCertificates: string[]) => rota.apply((r) => ({ ...r, keys: r.keys.map((k) => ({ ...k, escrow: { recoveryCertificates } })) }));
  const { certificatePem } = makeRecoveryCertificate('Second recovery officer');
  await escrowedTo(recovery.certificatePem, certificatePem);
  // Between its plan and its material the rotation stands still for a while.
  await rota.json('pat', 'faults', 'add', 'lambda', 'wrap-generated', '--kind', 'server-error', '--count', '4');
  const rotationId = await rota.rotate();
  await vi.waitUntil(async () => (await rota.status(rotationId)).newKeyId !== undefined, { timeout: 20_000 });
  await escrowedTo(recovery.certificatePem);
  await rota.local.embedded.clock.advance(600_000);
  const done = await rota.ended(rotationId);
  expect(done).toMatchObject({ status: 'FAILED', error: { name: 'MethodDoesNotFit' } });
  expect(done.error?.sentence).toContain('the registry no longer has every recovery certificate that the plan names');
});

test('a refused start creates nothing', async () => {
  const rota = await startRota();
  await makeImportedKey(rota.kms, 'alias/payments');
  await rota.apply((r) => ({ ...r, keys: r.keys.map((k) => ({ ...k, approvals: { ...k.approvals, start: { all: [{ group: 'security', count: 1 }] } } })) }));
  const keysBefore = await countKeys(rota);
  const rotationId = await rota.rotate();
  await rota.json('alice', 'reject', await rota.question(rotationId), '--reason', 'no ticket');
  expect(await rota.ended(rotationId)).toMatchObject({ status: 'FAILED', leftBehind: [] });
  expect(await countKeys(rota)).toBe(keysBefore);
});

test('an approval that nobody gives times out, and late decisions are told so', async () => {
  const rota = await startRota();
  const oldKeyId = await makeImportedKey(rota.kms, 'alias/payments');
  await rota.apply();
  const rotationId = await rota.rotate();
  const question = await rota.question(rotationId);
  expect((await rota.as('pat', 'clock', 'advance', '8d')).exitCode).toBe(0);
  const done = await rota.ended(rotationId);
  expect(done).toMatchObject({ status: 'FAILED', error: { name: 'ApprovalTimedOut', sentence: 'Nobody decided on the cutover in time.' } });
  expect(await keyOf(rota, 'alias/payments')).toBe(oldKeyId);
  expect((await rota.as('alice', 'approve', question, '--reason', 'sorry, late')).err).toContain('is closed: timed out');
});

test('an approval whose delivery failed is delivered before the clock is moved past the deadline', async () => {
  const rota = await startRota();
  await makeImportedKey(rota.kms, 'alias/payments');
  await rota.apply();
  const rotationId = await rota.rotate();
  const question = await rota.question(rotationId);
  // As often as the SDK asks by itself.
  await rota.json('pat', 'faults', 'add', 'states', 'SendTaskSuccess', '--kind', 'server-error', '--count', '3');
  await rota.json('alice', 'approve', question, '--reason', 'as in CHG-1234');
  expect((await rota.as('bob', 'approve', question, '--reason', 'as in CHG-1234')).exitCode).toBe(1);
  await rota.json('pat', 'clock', 'advance', '8d');
  expect(await rota.ended(rotationId)).toMatchObject({ status: 'SUCCEEDED' });
});

test('what changes after the question voids it: the approvers are asked again, with another digest', async () => {
  const rota = await startRota();
  const oldKeyId = await makeImportedKey(rota.kms, 'alias/payments');
  await rota.apply();
  const rotationId = await rota.rotate();
  const first = await rota.question(rotationId);
  await rota.kms.send(new CreateAliasCommand({ AliasName: 'alias/sneaked-in', TargetKeyId: oldKeyId }));
  await rota.approve(first);
  const second = await rota.question(rotationId, first);
  expect(await keyOf(rota, 'alias/payments')).toBe(oldKeyId);
  await rota.approve(second);
  expect((await rota.ended(rotationId)).status).toBe('SUCCEEDED');
  expect(await keyOf(rota, 'alias/sneaked-in')).not.toBe(oldKeyId);
});

test('an import token that expired sends the rotation back to wrap again', async () => {
  const rota = await startRota();
  await makeImportedKey(rota.kms, 'alias/payments');
  await rota.apply();
  // Stopped between wrapping and importing, and started again a day later.
  await rota.json('pat', 'faults', 'add', 'lambda', 'import-material', '--kind', 'delay', '--delay-ms', '600000');
  const rotationId = await rota.rotate();
  await vi.waitUntil(async () => (await rota.json<{ faults: unknown[] }>('pat', 'faults', 'list')).faults.length === 0, { timeout: 120_000 });
  await rota.restart(() => appendFile(join(rota.folder, 'clock.journal'), `${JSON.stringify({ offsetMs: 25 * 3_600_000 })}\n`));
  await rota.approve(await rota.question(rotationId));
  const done = await rota.ended(rotationId);
  expect(done.status).toBe('SUCCEEDED');
  expect(done.steps.map((s) => s.step)).toEqual(expect.arrayContaining(['wrap-generated', 'wrap-generated.2', 'import-material.2']));
  expect(done.leftBehind).toEqual([expect.stringMatching(new RegExp(`^Envelope escrow/${rotationId}/[0-9a-f]{64}\\.p7m holds material that no key has: it opens nothing\\.$`))]);
});

test('a rollback puts the aliases back under an approval of its own', async () => {
  const rota = await startRota();
  const oldKeyId = await makeImportedKey(rota.kms, 'alias/payments');
  await rota.apply();
  const rotationId = await rota.rotate();
  await rota.approve(await rota.question(rotationId));
  const { newKeyId } = await rota.ended(rotationId);
  const between = await rota.kms.send(new EncryptCommand({ KeyId: 'alias/payments', Plaintext: Buffer.from('since') }));

  const rollback = await rota.json<{ rotationId: string }>('carol', 'rollback', rotationId, '--reason', 'a consumer broke');
  const question = await rota.question(rollback.rotationId);
  expect(await keyOf(rota, 'alias/payments')).toBe(newKeyId);
  await rota.approve(question);
  expect((await rota.ended(rollback.rotationId)).status).toBe('SUCCEEDED');
  expect(await rota.status(rotationId)).toMatchObject({ status: 'ROLLED_BACK', rolledBackBy: rollback.rotationId });
  expect(await keyOf(rota, 'alias/payments')).toBe(oldKeyId);
  expect(Buffer.from((await rota.kms.send(new DecryptCommand({ CiphertextBlob: between.CiphertextBlob }))).Plaintext ?? []).toString()).toBe('since');
  expect((await rota.as('carol', 'rollback', rotationId, '--reason', 'again')).err).toContain('has rolled it back already');
});

/** Two registered keys, of whose cutover other people decide. */
const withCards = (registry: Registry): Registry => ({
  ...registry,
  keys: registry.keys.flatMap((key) => [key, { ...key, alias: 'alias/cards', approvals: { ...key.approvals, cutover: { all: [{ group: 'security', count: 1 }, { group: 'payments-owners', count: 1 }] } } }]),
});

test('an alias whose approvers are others is not moved under the approvals of another alias of its key (P4)', async () => {
  const rota = await startRota();
  const TargetKeyId = await makeImportedKey(rota.kms, 'alias/payments');
  await rota.kms.send(new CreateAliasCommand({ AliasName: 'alias/cards', TargetKeyId }));
  await rota.apply(withCards);
  const before = await countKeys(rota);
  for (const args of [['plan', 'alias/payments'], ['rotate', 'alias/cards', '--reason', 'yearly rotation']]) {
    const { exitCode, err } = await rota.as('carol', ...args);
    expect([exitCode, err]).toEqual([1, expect.stringMatching(/leads to the same key as alias\/\w+, so one rotation moves both, but the registry says other things of it: approvals\.cutover\./)]);
  }
  expect(await countKeys(rota)).toBe(before);
});

test('nor when it came to the key after the plan: the rotation ends with every alias where it was', async () => {
  const rota = await startRota();
  const oldKeyId = await makeImportedKey(rota.kms, 'alias/payments');
  await makeImportedKey(rota.kms, 'alias/cards');
  await rota.apply(withCards);
  const rotationId = await rota.rotate();
  const question = await rota.question(rotationId);
  await rota.kms.send(new UpdateAliasCommand({ AliasName: 'alias/cards', TargetKeyId: oldKeyId }));
  await rota.approve(question);
  expect(await rota.ended(rotationId)).toMatchObject({ status: 'FAILED', error: { name: 'AliasesDisagree' } });
  expect([await keyOf(rota, 'alias/payments'), await keyOf(rota, 'alias/cards')]).toEqual([oldKeyId, oldKeyId]);
});

test('only one rotation of a key at a time', async () => {
  const rota = await startRota();
  await makeImportedKey(rota.kms, 'alias/payments');
  await rota.apply();
  const rotationId = await rota.rotate();
  await rota.question(rotationId);
  const second = await rota.as('dora', 'rotate', 'alias/payments', '--reason', 'me too');
  expect(second).toMatchObject({ exitCode: 1 });
  expect(second.err).toContain(`Rotation ${rotationId} is already under way`);
});

const bad: { name: string; prepare: (rota: Rota) => Promise<unknown>; alias: string; says: string }[] = [
  { name: 'unknown alias', prepare: () => Promise.resolve(), alias: 'alias/nowhere', says: 'There is no alias alias/nowhere in eu-central-1.' },
  { name: 'AWS managed key', prepare: () => Promise.resolve(), alias: 'alias/aws/s3', says: 'alias/aws/s3 is an AWS managed key: AWS rotates it every year by itself and nobody else can.' },
  { name: 'unregistered alias', prepare: (r) => makeImportedKey(r.kms, 'alias/other'), alias: 'alias/other', says: 'alias/other is not in the registry.' },
  {
    name: 'wrong key kind',
    prepare: async ({ kms }) => {
      const { KeyMetadata } = await kms.send(new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }));
      await kms.send(new CreateAliasCommand({ AliasName: 'alias/payments', TargetKeyId: KeyMetadata?.KeyId }));
    },
    alias: 'alias/payments',
    says: 'Method new-key does not fit alias/payments: whoever uses its public key needs the new one first, which method asymmetric sees to.',
  },
  {
    name: 'pending deletion',
    prepare: async ({ kms }) => kms.send(new ScheduleKeyDeletionCommand({ KeyId: await makeImportedKey(kms, 'alias/payments') })),
    alias: 'alias/payments',
    says: 'is PendingDeletion; a rotation starts from an Enabled key.',
  },
];
test.each(bad)('refuses in one sentence and creates nothing: $name', async ({ prepare, alias, says }) => {
  const rota = await startRota();
  await rota.apply();
  await prepare(rota);
  await rota.as('carol', 'plan', alias);
  const keysBefore = await countKeys(rota);
  for (const args of [['plan', alias], ['rotate', alias, '--reason', 'yearly rotation']]) {
    const said = await rota.as('carol', ...args);
    expect(said).toMatchObject({ exitCode: 1, out: '' });
    expect(said.err.split('\n')[0]).toContain(says);
  }
  expect(await countKeys(rota)).toBe(keysBefore);
  expect(await rota.json('carol', 'status')).toEqual([]);
});

test('a policy under which nobody who makes the new key could administer it is refused before anything is made', async () => {
  const rota = await startRota();
  const statements = [
    { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::000000000000:user/pat' }, Action: 'kms:*', Resource: '*' },
    { Effect: 'Allow', Principal: { AWS: '*' }, Action: ['kms:DescribeKey', 'kms:Get*', 'kms:List*', 'kms:Encrypt', 'kms:Decrypt'], Resource: '*' },
  ];
  const oldKeyId = await makeImportedKey(rota.kms, 'alias/payments', { Policy: JSON.stringify({ Version: '2012-10-17', Statement: statements }) });
  await rota.apply();
  const before = await countKeys(rota);
  const ended = await rota.ended(await rota.rotate());
  expect(ended).toMatchObject({ status: 'FAILED', leftBehind: [], error: { name: 'PolicyLocksOut', sentence: expect.stringContaining(`A new key with the policy of ${oldKeyId} could not be administered`) as string } });
  expect(await countKeys(rota)).toBe(before);
});
