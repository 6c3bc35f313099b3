import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DisableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GetPublicKeyCommand,
  ScheduleKeyDeletionCommand,
  SignCommand,
  TagResourceCommand,
  UpdateAliasCommand,
  VerifyCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, test } from 'vitest';
import { Retirement, isOver, startRetirement, waitsIn } from '../retirement.ts';
import { startRollover } from '../rollover.ts';

const refusal = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'done', (e: unknown) => (e as Error).name);
const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();

/** A retirement of the key that `alias/payments` had, and something that was encrypted before its rotation. */
async function withOldData(): Promise<{ r: Retirement; blob: Uint8Array | undefined; open: () => Promise<string> }> {
  let blob: Uint8Array | undefined;
  const r = await startRetirement({}, undefined, async ({ kms }) => {
    blob = (await kms.send(new EncryptCommand({ KeyId: 'alias/payments', Plaintext: Buffer.from('old data') }))).CiphertextBlob;
  });
  return { r, blob, open: async () => text((await r.rota.kms.send(new DecryptCommand({ CiphertextBlob: blob }))).Plaintext) };
}

describe('a key with imported material', () => {
  test('is denied, disabled, watched and kept; the document and the dossier say so', async () => {
    const { r, open } = await withOldData();
    const { kms } = r.rota;
    const before = await r.policy();
    const shown = await r.rota.as('audrey', 'retire', r.keyId, '--dry-run');
    expect(shown.out).toMatch(/^Retire +key .*kept for rotation payments-/);
    expect(shown.out).toMatch(/Mind +While .* is Disabled, whatever is encrypted under it/);
    expect(await r.policy()).toBe(before);

    const rotationId = await r.start();
    const question = await r.rota.question(rotationId);
    expect((await r.rota.as('carol', 'approve', question, '--reason', 'my own')).exitCode).toBe(1);
    expect((await r.rota.as('dora', 'rollback', (await r.rota.json<{ rotationId: string }[]>('carol', 'status')).find((other) => other.rotationId !== rotationId)?.rotationId ?? '', '--reason', 'meanwhile')).err).toContain('is already under way');
    await r.rota.approve(question);
    await r.until(rotationId, waitsIn('deny'));
    expect(await refusal(kms.send(new EncryptCommand({ KeyId: r.keyId, Plaintext: Buffer.from('new') })))).toBe('AccessDeniedException');
    expect(await refusal(kms.send(new GenerateDataKeyCommand({ KeyId: r.keyId, KeySpec: 'AES_256' })))).toBe('AccessDeniedException');
    expect(await open()).toBe('old data');

    await r.days(31);
    const watching = await r.until(rotationId, waitsIn('watch'));
    expect(watching).toMatchObject({ workflow: 'retire', status: 'RUNNING', oldKeyId: r.keyId });
    expect((await r.rota.as('carol', 'status', rotationId)).out).toContain(`rota reenable ${rotationId}`);
    expect(await r.keyState()).toBe('Disabled');
    // The lock is whole again: nobody disables or deletes by hand, also now.
    expect(await refusal(kms.send(new DisableKeyCommand({ KeyId: r.keyId })))).toBe('AccessDeniedException');
    expect(await refusal(kms.send(new ScheduleKeyDeletionCommand({ KeyId: r.keyId })))).toBe('AccessDeniedException');

    await r.days(91);
    const ended = await r.until(rotationId, isOver);
    expect(ended).toMatchObject({ status: 'SUCCEEDED', leftBehind: [], dossierSequence: 2 });
    expect(await r.keyState()).toBe('Disabled');
    expect(await r.events('Rota Retired Key Wanted')).toEqual([]);
    // Step Functions has forgotten the rotation by now; status and dossier have not.
    const rotation = (await r.rota.json<{ rotationId: string; status: string }[]>('carol', 'status')).find((s) => s.rotationId !== rotationId);
    expect(rotation?.status).toBe('SUCCEEDED');
    expect((await r.rota.as('carol', 'history', rotation?.rotationId ?? '')).err).toContain('any more: its dossier holds it');
    const { folder, outcomes } = await r.dossiers();
    expect(outcomes).toEqual(['complete', 'complete']);

    const printed = await r.rota.as('audrey', 'retirement', rotationId);
    expect(printed.out).toContain(`# Deletion of KMS key ${r.keyId}`);
    expect(printed.out).toContain('Nobody wanted it.');
    expect(printed.out).toContain(`aws kms schedule-key-deletion --key-id ${r.keyId} --region eu-central-1 --pending-window-in-days 30`);
    expect(printed.out).toContain('role/break-glass');
    const { payload } = JSON.parse(await readFile(join(folder, 'dossier-000000002.json'), 'utf8')) as { payload: string };
    const { predicate } = JSON.parse(Buffer.from(payload, 'base64').toString()) as { predicate: { steps: { step: string; result?: { sha256?: string } }[] } };
    const { sha256 } = predicate.steps.find((s) => s.step === 'prepare-deletion')?.result ?? {};
    const { markdown } = await r.rota.json<{ markdown: string }>('audrey', 'retirement', rotationId);
    expect(sha256).toBe(createHash('sha256').update(markdown).digest('hex'));
    expect((await r.rota.as('carol', 'retire', r.keyId, '--reason', 'once more')).err).toContain('it is Disabled, and a retirement starts from an Enabled key');
    expect((await r.rota.as('carol', 'reenable', rotationId, '--reason', 'too late')).err).toContain('does not wait for the word "reenable"');
  });

  test('that somebody wants is announced with their name, and one command puts it back', async () => {
    const { r, open } = await withOldData();
    const before = JSON.parse(await r.policy()) as unknown;
    const rotationId = await r.watched();
    expect(await refusal(open())).toBe('DisabledException');
    await r.days(10);
    expect(await r.events('Rota Retired Key Wanted')).toMatchObject([{ keyId: r.keyId, principals: [expect.stringMatching(/user\/pat$/)], uses: [{ operation: 'Decrypt' }] }]);
    expect((await r.status(rotationId)).status).toBe('RUNNING');
    await r.days(10);
    expect(await r.events('Rota Retired Key Wanted')).toHaveLength(1);

    expect((await r.rota.as('audrey', 'reenable', rotationId, '--reason', 'I may not')).err).toContain('is an auditor and so may not');
    await r.rota.json('carol', 'reenable', rotationId, '--reason', 'the archive reads with it');
    expect(await r.until(rotationId, isOver)).toMatchObject({ status: 'ROLLED_BACK', leftBehind: [] });
    expect(await r.keyState()).toBe('Enabled');
    expect(await open()).toBe('old data');
    expect(JSON.parse(await r.policy())).toEqual(before);
    expect((await r.dossiers()).outcomes).toEqual(['complete', 'rolled-back']);
    // Whoever moves away can be asked about again.
    expect(await r.rota.question(await r.start())).toContain('.retire.');
  });

  test('that is used while it is denied holds for another window, and can be put back at once', async () => {
    const { r, open } = await withOldData();
    const rotationId = await r.denied();
    await r.days(1);
    expect(await open()).toBe('old data');
    await r.days(30);
    expect(await r.until(rotationId, (s) => s.steps.some((step) => step.step === 'check-unused.1') && waitsIn('deny')(s))).toMatchObject({ status: 'RUNNING' });
    expect(await r.keyState()).toBe('Enabled');
    expect(await r.events('Rota Old Key Still Used')).toMatchObject([{ keyId: r.keyId, uses: [{ operation: 'Decrypt', principal: expect.stringMatching(/user\/pat$/) as string }] }]);
    await r.rota.json('carol', 'reenable', rotationId, '--reason', 'the archive reads with it');
    expect(await r.until(rotationId, isOver)).toMatchObject({ status: 'ROLLED_BACK' });
    expect(await refusal(r.rota.kms.send(new EncryptCommand({ KeyId: r.keyId, Plaintext: Buffer.from('as before') })))).toBe('done');
  });

  test('that is never left alone is put back before the year is over, and the dossier names who used it', async () => {
    const { r, open } = await withOldData();
    const rotationId = await r.denied();
    for (let round = 0; round < 12 && !isOver(await r.status(rotationId)); round++) {
      await r.days(15);
      expect(await open()).toBe('old data');
      await r.days(16);
    }
    const ended = await r.until(rotationId, isOver);
    expect(ended).toMatchObject({ status: 'FAILED', error: { name: 'OldKeyStillUsed' }, leftBehind: [] });
    expect(ended.error?.sentence).toMatch(/is still used: arn:.*user\/pat \(Decrypt at /);
    expect(await r.keyState()).toBe('Enabled');
    expect(await r.policy()).not.toContain('RotaStopped');
    expect((await r.dossiers()).outcomes).toEqual(['complete', 'failed']);
  });

  test('to which somebody points an alias while it is denied is put back, and never disabled', async () => {
    const r = await startRetirement();
    const rotationId = await r.denied();
    await r.rota.kms.send(new UpdateAliasCommand({ AliasName: 'alias/payments', TargetKeyId: r.keyId }));
    await r.days(31);
    const ended = await r.until(rotationId, (s) => waitsIn('watch')(s));
    expect(ended).toMatchObject({ status: 'FAILED', error: { name: 'KeyNotRetirable' }, leftBehind: [] });
    expect(ended.error?.sentence).toContain('alias/payments points to it again');
    expect(await r.keyState()).toBe('Enabled');
    expect(await r.policy()).not.toContain('RotaStopped');
  });

  test('that is used between two tries of its stop is asked about again, and a refusal then leaves it untouched', async () => {
    const { r, open } = await withOldData();
    const before = await r.policy();
    const rotationId = await r.start();
    const first = await r.rota.question(rotationId);
    // The stop is put, its answer is lost as often as the SDK asks, and the next tries do not come about at once.
    await r.rota.json('pat', 'faults', 'add', 'kms', 'PutKeyPolicy', '--kind', 'drop-answer', '--count', '3');
    await r.rota.json('pat', 'faults', 'add', 'lambda', 'stop-retired-key', '--kind', 'server-error', '--skip', '1', '--count', '4');
    await r.rota.approve(first);
    while (!(await r.policy()).includes('RotaStopped'));
    await open();
    await r.rota.local.embedded.clock.advance(120_000);
    await r.rota.json('alice', 'reject', await r.rota.question(rotationId, first), '--reason', 'the archive still reads with it');
    expect(await r.until(rotationId, isOver)).toMatchObject({ status: 'FAILED', error: { name: 'ApprovalRefused' }, leftBehind: [] });
    expect(JSON.parse(await r.policy())).toEqual(JSON.parse(before));
  });

  test('whose retirement is refused stays untouched', async () => {
    const r = await startRetirement();
    const before = await r.policy();
    const rotationId = await r.start();
    const question = await r.rota.question(rotationId);
    expect((await r.rota.as('dora', 'retire', r.keyId, '--reason', 'me too')).err).toContain(`Rotation ${rotationId} is already under way for key ${r.keyId}`);
    await r.rota.json('alice', 'reject', question, '--reason', 'the archive still reads with it');
    expect(await r.until(rotationId, isOver)).toMatchObject({ status: 'FAILED', error: { name: 'ApprovalRefused', sentence: 'alice refused the retirement: the archive still reads with it' } });
    expect(await r.policy()).toBe(before);
    expect(await r.keyState()).toBe('Enabled');
    expect((await r.dossiers()).outcomes).toEqual(['complete', 'refused']);
  });

  test('that somebody uses between question and approval is asked about again', async () => {
    const { r, open } = await withOldData();
    const rotationId = await r.start();
    const first = await r.rota.question(rotationId);
    await open();
    await r.rota.approve(first);
    const second = await r.rota.question(rotationId, first);
    expect(await r.policy()).not.toContain('RotaStopped');
    expect((await r.rota.as('alice', 'approvals', '--show', second)).out).toMatch(/Used by +arn:.*user\/pat: 1 x Decrypt/);
    await r.rota.approve(second);
    await r.until(rotationId, waitsIn('deny'));
    expect(await r.policy()).toContain('RotaStopped');
  });

  test.each(['PutKeyPolicy', 'DisableKey'])('is disabled once and locked, though the answer of %s gets lost', async (operation) => {
    const r = await startRetirement();
    const rotationId = await r.denied();
    // As often as the SDK asks by itself, so that the task fails and is repeated.
    await r.rota.json('pat', 'faults', 'add', 'kms', operation, '--kind', 'drop-answer', '--count', '3');
    await r.days(31);
    await r.days(1);
    await r.until(rotationId, waitsIn('watch'));
    expect(await r.keyState()).toBe('Disabled');
    expect(await refusal(r.rota.kms.send(new DisableKeyCommand({ KeyId: r.keyId })))).toBe('AccessDeniedException');
  });
});

test('a signing key: KMS verifies with it until it is disabled; put back, it still signs nothing', async () => {
  const roll = await startRollover();
  const { rota, oldKeyId } = roll;
  const message = { Message: Buffer.from('token'), SigningAlgorithm: 'ECDSA_SHA_256' } as const;
  const { Signature } = await rota.kms.send(new SignCommand({ KeyId: oldKeyId, ...message }));
  const rotation = await roll.start();
  await roll.acknowledge(rotation);
  await rota.approve((await roll.pass(rotation, (s) => s.waitingFor.length > 0)).waitingFor[0] ?? '');
  expect(await roll.pass(rotation, isOver)).toMatchObject({ status: 'SUCCEEDED' });

  const r = new Retirement(rota, oldKeyId);
  const verified = async () => (await rota.kms.send(new VerifyCommand({ KeyId: oldKeyId, Signature, ...message }))).SignatureValid;
  const rotationId = await r.denied();
  expect(await verified()).toBe(true);
  await r.days(31);
  await r.until(rotationId, waitsIn('watch'));
  expect(await refusal(verified())).toBe('DisabledException');
  expect((await rota.kms.send(new GetPublicKeyCommand({ KeyId: oldKeyId }))).PublicKey).toBeDefined();
  await rota.json('carol', 'reenable', rotationId, '--reason', 'a partner verifies through KMS');
  expect(await r.until(rotationId, isOver)).toMatchObject({ status: 'ROLLED_BACK', leftBehind: [] });
  expect(await verified()).toBe(true);
  expect(await refusal(rota.kms.send(new SignCommand({ KeyId: oldKeyId, ...message })))).toBe('AccessDeniedException');
});

describe('no retirement starts', () => {
  test('of a key that is in use, that no rotation put aside, that is not there or not the registry’s', async () => {
    const r = await startRetirement();
    const { rota } = r;
    const make = async (): Promise<string> => (await rota.kms.send(new CreateKeyCommand({}))).KeyMetadata?.KeyId ?? '';
    const tag = (KeyId: string, TagValue: string) => rota.kms.send(new TagResourceCommand({ KeyId, Tags: [{ TagKey: 'rota:retained-for', TagValue }] }));
    const [rotation] = await rota.json<{ rotationId: string }[]>('carol', 'status');
    const plain = await make();
    const copied = await make();
    await tag(copied, rotation?.rotationId ?? '');
    const lost = await make();
    await tag(lost, 'payments-of-long-ago');
    const said = async (keyId: string) => (await rota.as('carol', 'retire', keyId, '--reason', 'tidy up')).err.split('\n')[0];
    expect(await said(plain)).toBe(`rota: Key ${plain} cannot be retired: no rotation put it aside: it carries no tag rota:retained-for.`);
    expect(await said(copied)).toBe(`rota: Key ${copied} cannot be retired: its tag names rotation ${rotation?.rotationId ?? ''}, which put ${r.keyId} aside.`);
    expect(await said(lost)).toBe(`rota: Key ${lost} cannot be retired: the ledger has no rotation payments-of-long-ago, which its tag names.`);
    const nowhere = '00000000-0000-4000-8000-000000000000';
    expect(await said(nowhere)).toBe(`rota: Key ${nowhere} cannot be retired: there is no such key in eu-central-1.`);
    expect(await said('alias/payments')).toContain('keyId is no key id');
    await rota.kms.send(new CreateAliasCommand({ AliasName: 'alias/again', TargetKeyId: r.keyId }));
    expect(await said(r.keyId)).toBe(`rota: Key ${r.keyId} cannot be retired: alias/again still points to it: rotate that first.`);
    await rota.kms.send(new UpdateAliasCommand({ AliasName: 'alias/again', TargetKeyId: plain }));
    const refused = await rota.rotate();
    await rota.json('alice', 'reject', await rota.question(refused), '--reason', 'not now');
    await rota.ended(refused);
    await tag(lost, refused);
    expect(await said(lost)).toBe(`rota: Key ${lost} cannot be retired: rotation ${refused}, for which it is kept, did not complete.`);
    expect((await rota.as('alice', 'retire', r.keyId, '--reason', 'tidy up')).err).toContain('needs the role custodian');
    expect((await rota.as('carol', 'retire', r.keyId)).exitCode).toBe(2);
    expect((await rota.as('carol', 'retirement', rotation?.rotationId ?? '')).err).toContain('There is no document of retirement');
    await rota.apply((registry) => ({ ...registry, keys: [] }));
    expect(await said(r.keyId)).toBe('rota: alias/payments is not in the registry.');
  });
});
