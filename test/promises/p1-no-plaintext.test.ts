import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { KeySpec } from '@aws-sdk/client-kms';
import { S3Client, GetObjectCommand } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { credentialsOf } from '../../demo/cast.ts';
import { makeImportedKey } from '../../demo/imported-key.ts';
import { openEscrow } from '../escrow.ts';
import { isOver, startRollover } from '../rollover.ts';
import { recovery, startRota, type Rota } from '../rota.ts';
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

  const material = await escrowed(rota, rotationId);
  expect(material).toHaveLength(32);
  await hunt(rota, rotationId, spellings(material));
});

const privateKeys: readonly { spec: KeySpec; make: () => Buffer }[] = [
  { spec: 'ECC_NIST_P256', make: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'der' }) },
  { spec: 'RSA_2048', make: () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'der' }) },
];

test.each(privateKeys)('P1: nor is the private key of an asymmetric key with imported material ($spec)', async ({ spec, make }) => {
  const material = { source: 'generated' as const };
  const r = await startRollover({ spec, privateKey: make, change: { material, escrow: { recoveryCertificates: [recovery.certificatePem] } } });
  const rotationId = await r.start();
  await r.acknowledge(rotationId);
  const ready = await r.pass(rotationId, (s) => s.waitingFor.length > 0);
  await r.rota.approve(ready.waitingFor[0] ?? '');
  expect(await r.pass(rotationId, isOver)).toMatchObject({ status: 'SUCCEEDED', leftBehind: [] });
  const pkcs8 = await escrowed(r.rota, rotationId);
  const d = Buffer.from(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }).export({ format: 'jwk' }).d ?? '', 'base64url');
  expect(d.length).toBeGreaterThanOrEqual(32);
  await hunt(r.rota, rotationId, [...spellings(d), ...spellings(pkcs8)]);
});

/** The material of a rotation. Only the recovery officer can learn what it was: from the escrow envelope. */
async function escrowed(rota: Rota, rotationId: string): Promise<Buffer> {
  const history = await rota.as('audrey', 'history', rotationId, '--json');
  const escrowObject = /escrow\/[^"\\]+\.p7m/.exec(history.out)?.[0] ?? '';
  const s3 = new S3Client({ endpoint: rota.local.place.url, region: 'eu-central-1', forcePathStyle: true, credentials: credentialsOf(rota.local.place, 'audrey') });
  const envelope = Buffer.from((await (await s3.send(new GetObjectCommand({ Bucket: 'rota-dossiers', Key: escrowObject }))).Body?.transformToByteArray()) ?? []);
  s3.destroy();
  const material = openEscrow(envelope, recovery.privateKeyPem);
  expect(escrowObject).toContain(materialFingerprint(rotationId, material));
  return material;
}

async function hunt(rota: Rota, rotationId: string, needles: readonly Buffer[]): Promise<void> {
  const files = everyFile(rota.folder);
  expect(files.length).toBeGreaterThan(5);
  expect(found(needles, files)).toEqual([]);
  const said = [
    await rota.as('audrey', 'history', rotationId, '--json'),
    await rota.as('carol', 'status', rotationId, '--json'),
    await rota.as('audrey', 'approvals', '--all', '--json'),
    await rota.as('audrey', 'outbox', '--json'),
  ];
  for (const { out, err } of said) for (const needle of needles) expect(`${out}${err}`.includes(needle.toString('latin1'))).toBe(false);
}

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

test('task tokens leave the table nowhere: neither history, approvals, events, mails nor dossiers hold one', async () => {
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
    await rota.as('audrey', 'outbox', '--json'),
  ];
  for (const { out, err, exitCode } of answers) {
    expect(exitCode).toBe(0);
    expect(`${out}${err}`).not.toContain(token);
  }
  const events = readFileSync(join(rota.folder, 'events', 'events.journal'), 'utf8');
  expect(events).toContain('Rota Approval Decided');
  expect(events).not.toContain(token);
  const dossiers = readFileSync(join(rota.folder, 's3', 's3.journal'), 'utf8');
  for (const body of dossiers.matchAll(/"body":"([^"]+)"/g)) {
    const text = Buffer.from(body[1] ?? '', 'base64').toString('latin1');
    const payload = /"payload":"([^"]+)"/.exec(text)?.[1] ?? '';
    expect(`${text}${Buffer.from(payload, 'base64').toString('utf8')}`).not.toContain(token);
  }
});
