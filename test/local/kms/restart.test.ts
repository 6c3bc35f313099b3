import { randomBytes } from 'node:crypto';
import { appendFile, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openKms } from '../../../local/kms/server.ts';
import { base64, Bench, callerOf, dayMs, wrap } from './harness.ts';

describe.each([
  ['a clean stop', true],
  ['a kill', false],
])('after %s', (_, close) => {
  test('keys, material, aliases, grants, tags, tokens and dates are as they were', async () => {
    const bench = await Bench.open();
    const { KeyId } = await bench.createKey({ Origin: 'EXTERNAL', MultiRegion: true, Tags: [{ TagKey: 'a', TagValue: 'b' }] });
    const [first, second] = [randomBytes(32), randomBytes(32)];
    await bench.import(KeyId, first);
    const { CiphertextBlob } = await bench.call('Encrypt', { KeyId, Plaintext: base64('canary') });
    await bench.call('ReplicateKey', { KeyId, ReplicaRegion: 'us-west-2' });
    await bench.import(KeyId, second, { ImportType: 'NEW_KEY_MATERIAL', ValidTo: Math.ceil(bench.clock.now() / 1000) + 86_400 });
    await bench.call('CreateAlias', { AliasName: 'alias/kept', TargetKeyId: KeyId });
    await bench.call('CreateAlias', { AliasName: 'alias/dropped', TargetKeyId: KeyId });
    await bench.call('DeleteAlias', { AliasName: 'alias/dropped' });
    await bench.call('CreateGrant', { KeyId, GranteePrincipal: callerOf().arn, Operations: ['Encrypt'] });
    const signing = await bench.createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    const signed = await bench.call('Sign', { KeyId: signing.KeyId, Message: base64('m'), SigningAlgorithm: 'ECDSA_SHA_256' });
    const waiting = await bench.createKey({ Origin: 'EXTERNAL' });
    const parameters = await bench.parameters(waiting.KeyId);
    const doomed = await bench.createKey();
    await bench.call('ScheduleKeyDeletion', { KeyId: doomed.KeyId, PendingWindowInDays: 7 });
    const aws = await bench.describe('alias/aws/s3');
    const questions: [string, object][] = [
      ['DescribeKey', { KeyId: 'alias/kept' }],
      ['DescribeKey', { KeyId: doomed.KeyId }],
      ['ListAliases', {}],
      ['ListKeys', {}],
      ['ListGrants', { KeyId }],
      ['ListResourceTags', { KeyId }],
      ['ListKeyRotations', { KeyId, IncludeKeyMaterial: 'ALL_KEY_MATERIAL' }],
      ['GetKeyPolicy', { KeyId }],
      ['GetKeyLastUsage', { KeyId }],
      ['DescribeKey', { KeyId: aws.KeyId }],
    ];
    const answers = () => Promise.all(questions.map(([operation, input]) => bench.call(operation, { ...input })));
    const before = await answers();

    await bench.reopen({ close });

    expect(await answers()).toEqual(before);
    expect(await bench.describe(KeyId, 'us-west-2')).toMatchObject({ KeyState: 'PendingImport' });
    expect(await bench.call('Decrypt', { CiphertextBlob })).toMatchObject({ Plaintext: base64('canary') });
    expect(await bench.call('Verify', { KeyId: signing.KeyId, Message: base64('m'), SigningAlgorithm: 'ECDSA_SHA_256', Signature: signed['Signature'] })).toMatchObject({
      SignatureValid: true,
    });
    // A token given before the restart still opens (aws-facts 1.4: valid for 24 hours).
    await bench.call('ImportKeyMaterial', {
      KeyId: waiting.KeyId,
      ImportToken: parameters.ImportToken,
      EncryptedKeyMaterial: wrap('RSAES_OAEP_SHA_256', parameters.PublicKey, randomBytes(32)),
      ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
    });
    await bench.clock.advance(7 * dayMs);
    expect(await bench.refusal('DescribeKey', { KeyId: doomed.KeyId })).toMatch(/^NotFoundException/);
    await bench.close();
  });
});

test('what fell due while the KMS was down happens on the first call, at its own date', async () => {
  const bench = await Bench.open();
  const { KeyId } = await bench.createKey();
  await bench.call('EnableKeyRotation', { KeyId, RotationPeriodInDays: 90 });
  const { NextRotationDate } = await bench.call('GetKeyRotationStatus', { KeyId });
  await bench.kms.close();
  await bench.clock.advance(100 * dayMs);
  bench.kms = await openKms(bench);
  expect(await bench.call('ListKeyRotations', { KeyId })).toMatchObject({ Rotations: [{ RotationType: 'AUTOMATIC', RotationDate: NextRotationDate }] });
  await bench.kms.close();
});

test('the last use of a key is true after a clean stop', async () => {
  const bench = await Bench.open();
  const { KeyId } = await bench.createKey();
  const { CiphertextBlob } = await bench.call('Encrypt', { KeyId, Plaintext: base64('x') });
  await bench.call('Decrypt', { CiphertextBlob });
  const before = await bench.call('GetKeyLastUsage', { KeyId });
  expect(before).toMatchObject({ KeyLastUsage: { Operation: 'Decrypt' } });
  await bench.reopen({ close: true });
  expect(await bench.call('GetKeyLastUsage', { KeyId })).toEqual(before);
  await bench.kms.close();
});

test('a torn last line is dropped', async () => {
  const bench = await Bench.open();
  const { KeyId } = await bench.createKey();
  await bench.kms.close();
  await appendFile(join(bench.folder, 'kms.journal'), '[{"key":{"id":"half');
  bench.kms = await openKms(bench);
  expect((await bench.describe(KeyId)).KeyState).toBe('Enabled');
  expect(await bench.call('ListKeys')).toMatchObject({ Keys: [{ KeyId }] });
  await bench.kms.close();
});

test('a journal without its master key is refused, and the key file is private', async () => {
  const bench = await Bench.open();
  await bench.createKey();
  await bench.kms.close();
  const keyFile = join(bench.folder, 'kms.master-key');
  expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
  await rm(keyFile);
  await expect(openKms(bench)).rejects.toThrow(/kms\.master-key is missing or damaged/);
});

test('no file holds a byte of material, raw, in hex or in base64', async () => {
  const bench = await Bench.open();
  const { KeyId } = await bench.createKey({ Origin: 'EXTERNAL' });
  const material = Buffer.from('ROTA-TEST-MATERIAL-0123456789abc');
  expect(material).toHaveLength(32);
  await bench.import(KeyId, material);
  await bench.call('Encrypt', { KeyId, Plaintext: base64(material) });
  await bench.kms.close();
  for (const name of await readdir(bench.folder)) {
    const bytes = await readFile(join(bench.folder, name));
    for (const form of [material, material.toString('hex'), material.toString('base64').slice(0, 40)]) expect(bytes.includes(form)).toBe(false);
  }
});

test('the journal is rewritten when most of it is dead, and says the same', async () => {
  const bench = await Bench.open();
  const { KeyId } = await bench.createKey();
  await bench.call('CreateAlias', { AliasName: 'alias/busy', TargetKeyId: KeyId });
  await Promise.all(Array.from({ length: 1200 }, (_, count) => bench.call('UpdateKeyDescription', { KeyId, Description: `number ${count}` })));
  const journal = join(bench.folder, 'kms.journal');
  const before = (await stat(journal)).size;
  await bench.reopen({ close: true });
  expect((await stat(journal)).size).toBeLessThan(before / 100);
  expect(await bench.describe('alias/busy')).toMatchObject({ KeyId, Description: 'number 1199' });
  await bench.reopen({ close: true });
  expect(await bench.describe('alias/busy')).toMatchObject({ KeyId, Description: 'number 1199' });
  await bench.kms.close();
});
