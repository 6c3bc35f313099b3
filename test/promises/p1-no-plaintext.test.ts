import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { S3Client, GetObjectCommand } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { credentialsOf } from '../../demo/cast.ts';
import { makeImportedKey } from '../../demo/imported-key.ts';
import { openEscrow } from '../escrow.ts';
import { recovery, startRota } from '../rota.ts';
import { materialFingerprint } from '../../core/material/fingerprint.ts';

const everyFile = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((f) => join(folder, f)).filter((f) => statSync(f).isFile());

/** Raw, hex and base64 in every alignment, so that material inside a longer base64 text is found too. */
function spellings(material: Buffer): Buffer[] {
  const hex = material.toString('hex');
  const aligned = [0, 1, 2].map((pad) => {
    const text = Buffer.concat([Buffer.alloc(pad), material]).toString('base64').replace(/=+$/, '');
    return text.slice(pad === 0 ? 0 : pad + 1, text.length - 2);
  });
  const url = aligned.map((t) => t.replaceAll('+', '-').replaceAll('/', '_'));
  return [material, ...[hex, hex.toUpperCase(), ...aligned, ...url].map((t) => Buffer.from(t))];
}

const found = (needles: readonly Buffer[], files: readonly string[]): string[] => files.filter((f) => needles.some((n) => readFileSync(f).includes(n)));

test('P1: key material is in no file, history, ledger, bucket or answer of a whole rotation', async () => {
  const rota = await startRota();
  await makeImportedKey(rota.kms, 'alias/payments');
  await rota.apply();
  const rotationId = await rota.rotate();
  const question = await rota.question(rotationId);
  await rota.approve(question);
  await rota.ended(rotationId);

  // Only the recovery officer can learn what the material was: from the escrow envelope.
  const history = await rota.as('audrey', 'history', rotationId, '--json');
  const escrowObject = /escrow\/[^"\\]+\.p7m/.exec(history.out)?.[0] ?? '';
  const s3 = new S3Client({ endpoint: rota.local.place.url, region: 'eu-central-1', forcePathStyle: true, credentials: credentialsOf(rota.local.place, 'audrey') });
  const envelope = Buffer.from((await (await s3.send(new GetObjectCommand({ Bucket: 'rota-dossiers', Key: escrowObject }))).Body?.transformToByteArray()) ?? []);
  s3.destroy();
  const material = openEscrow(envelope, recovery.privateKeyPem);
  expect(material).toHaveLength(32);
  expect(escrowObject).toContain(materialFingerprint(rotationId, material));

  const needles = spellings(material);
  const files = everyFile(rota.folder);
  expect(files.length).toBeGreaterThan(5);
  expect(found(needles, files)).toEqual([]);
  const said = [history, await rota.as('carol', 'status', rotationId, '--json'), await rota.as('audrey', 'approvals', '--all', '--json')];
  for (const { out, err } of said) for (const needle of needles) expect(`${out}${err}`.includes(needle.toString('latin1'))).toBe(false);
});

test('the hunt finds what is there', async () => {
  const rota = await startRota();
  const material = Buffer.from('0123456789abcdefghijklmnopqrstuv');
  const { writeFile } = await import('node:fs/promises');
  for (const [i, text] of [material, material.toString('hex'), Buffer.concat([Buffer.from('x'), material, Buffer.from('yz')]).toString('base64')].entries()) {
    const file = join(rota.folder, `leak-${i}`);
    await writeFile(file, text);
    expect(found(spellings(material), [file])).toEqual([file]);
  }
});

test('task tokens leave the table nowhere: neither history, approvals nor dossier answers hold one', async () => {
  const rota = await startRota();
  await makeImportedKey(rota.kms, 'alias/payments');
  await rota.apply();
  const rotationId = await rota.rotate();
  const question = await rota.question(rotationId);
  const journal = readFileSync(join(rota.folder, 'states', 'states.journal'), 'utf8');
  const token = /taskToken\\*":\\*"([A-Za-z0-9_-]{40,})/.exec(journal)?.[1] ?? '';
  expect(token.length).toBeGreaterThan(40);
  await rota.approve(question);
  await rota.ended(rotationId);
  const answers = [
    await rota.as('audrey', 'history', rotationId, '--json'),
    await rota.as('alice', 'approvals', '--all', '--json'),
    await rota.as('alice', 'approvals', '--show', question, '--json'),
    await rota.as('carol', 'status', rotationId, '--json'),
  ];
  for (const { out, err, exitCode } of answers) {
    expect(exitCode).toBe(0);
    expect(`${out}${err}`).not.toContain(token);
  }
  const dossiers = readFileSync(join(rota.folder, 's3', 's3.journal'), 'utf8');
  for (const body of dossiers.matchAll(/"body":"([^"]+)"/g)) {
    const text = Buffer.from(body[1] ?? '', 'base64').toString('latin1');
    const payload = /"payload":"([^"]+)"/.exec(text)?.[1] ?? '';
    expect(`${text}${Buffer.from(payload, 'base64').toString('utf8')}`).not.toContain(token);
  }
});
