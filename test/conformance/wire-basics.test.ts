import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sha256 } from '@aws-crypto/sha256-js';
import { CreateKeyCommand, KMSClient, ListKeysCommand } from '@aws-sdk/client-kms';
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand, PutObjectLockConfigurationCommand, DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SignatureV4 } from '@smithy/signature-v4';
import { expect, onTestFinished, test } from 'vitest';
import { startEmbeddedAws, type EmbeddedAws } from '../../local/server.ts';

/** AWS General Reference, "Signature Version 4"; signed here by AWS's own library, checked by ours. */
const accountId = '000000000000';
const who = { accessKeyId: 'AKIDTEST', secretAccessKey: 'secret' };
const little = { accessKeyId: 'AKIDLITTLE', secretAccessKey: 'little' };

async function start(folder?: string): Promise<EmbeddedAws & { folder: string }> {
  const home = folder ?? (await mkdtemp(join(tmpdir(), 'rota-wire-')));
  const aws = await startEmbeddedAws({
    folder: home,
    port: 0,
    region: 'eu-central-1',
    accountId,
    principals: [
      { id: 'all', arn: `arn:aws:iam::${accountId}:user/all`, accountId, ...who, allow: ['*'] },
      { id: 'little', arn: `arn:aws:iam::${accountId}:user/little`, accountId, ...little, allow: ['kms:Describe*'] },
    ],
    lambdas: () => new Map(),
    http: () => () => Promise.resolve(new Response('the app')),
  });
  onTestFinished(async () => {
    await aws.close().catch(() => undefined);
    await rm(home, { recursive: true, force: true });
  });
  return Object.assign(aws, { folder: home });
}

interface Sent {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

async function signed(url: string, operation: string, credentials = who, signingDate = new Date()): Promise<Sent> {
  const { host, hostname, port } = new URL(url);
  const signer = new SignatureV4({ service: 'kms', region: 'eu-central-1', credentials, sha256: Sha256 });
  const headers = { host, 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `TrentService.${operation}` };
  const request = await signer.sign({ method: 'POST', protocol: 'http:', hostname, port: Number(port), path: '/', headers, body: '{}' }, { signingDate });
  return { method: 'POST', path: '/', headers: request.headers, body: '{}' };
}

async function send(url: string, { method, path, headers, body }: Sent): Promise<{ status: number; code: string; message: string; moved: string | null }> {
  // `fetch` writes the Host header itself, and refuses ours.
  const rest = Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'host'));
  const answer = await fetch(`${url}${path}`, { method, headers: rest, body });
  const text = await answer.text();
  const { __type: code = 'none', message = '' } = (text.startsWith('{') ? JSON.parse(text) : {}) as { __type?: string; message?: string };
  return { status: answer.status, code, message, moved: answer.headers.get('x-rota-moved-clock') };
}

/** Calls the embedded AWS about itself. */
async function admin(url: string, operation: string, input: object): Promise<void> {
  const { host, hostname, port } = new URL(url);
  const body = JSON.stringify(input);
  const signer = new SignatureV4({ service: 'rota-local', region: 'eu-central-1', credentials: who, sha256: Sha256 });
  const { headers } = await signer.sign({ method: 'POST', protocol: 'http:', hostname, port: Number(port), path: '/', headers: { host, 'x-amz-target': `RotaLocal.${operation}` }, body });
  expect((await send(url, { method: 'POST', path: '/', headers, body })).status).toBe(200);
}

const spoilt: { name: string; spoil: (sent: Sent) => Sent; code: string }[] = [
  { name: 'nothing', spoil: (s) => s, code: 'none' },
  { name: 'one byte of the body', spoil: (s) => ({ ...s, body: '{ }' }), code: 'InvalidSignatureException' },
  { name: 'the operation', spoil: (s) => ({ ...s, headers: { ...s.headers, 'x-amz-target': 'TrentService.ListAliases' } }), code: 'InvalidSignatureException' },
  { name: 'the path', spoil: (s) => ({ ...s, path: '/x' }), code: 'InvalidSignatureException' },
  { name: 'the query', spoil: (s) => ({ ...s, path: '/?a=b' }), code: 'InvalidSignatureException' },
  { name: 'the signature', spoil: (s) => ({ ...s, headers: { ...s.headers, authorization: `${(s.headers.authorization ?? '').slice(0, -1)}x` } }), code: 'InvalidSignatureException' },
  { name: 'the signature is missing', spoil: (s) => ({ ...s, headers: Object.fromEntries(Object.entries(s.headers).filter(([name]) => name !== 'authorization')) }), code: 'MissingAuthenticationTokenException' },
  { name: 'half an Authorization header', spoil: (s) => ({ ...s, headers: { ...s.headers, authorization: 'AWS4-HMAC-SHA256 Credential=x' } }), code: 'IncompleteSignatureException' },
  { name: 'a header that nobody signed', spoil: (s) => ({ ...s, headers: { ...s.headers, 'x-amz-extra': '1' } }), code: 'InvalidSignatureException' },
];
test.each(spoilt)('a request with a change of: $name', async ({ spoil, code }) => {
  const { url } = await start();
  expect((await send(url, spoil(await signed(url, 'ListKeys')))).code).toBe(code);
});

test('wrong secret, unknown key, old date, and an action that is not allowed', async () => {
  const { url } = await start();
  expect((await send(url, await signed(url, 'ListKeys', { ...who, secretAccessKey: 'other' }))).code).toBe('InvalidSignatureException');
  expect((await send(url, await signed(url, 'ListKeys', { accessKeyId: 'NOBODY', secretAccessKey: 'x' }))).code).toBe('UnrecognizedClientException');
  expect((await send(url, await signed(url, 'ListKeys', who, new Date(Date.now() - 600_000)))).code).toBe('InvalidSignatureException');
  const denied = await send(url, await signed(url, 'ListKeys', little));
  expect(denied).toMatchObject({ code: 'AccessDeniedException' });
  expect(denied.message).toContain(`User: arn:aws:iam::${accountId}:user/little is not authorized to perform: kms:ListKeys`);
  expect(await (await fetch(url)).text()).toBe('the app');
});

test('a moved clock is marked, survives a restart, and does not disturb signatures', async () => {
  const first = await start();
  await admin(first.url, 'AdvanceClock', { seconds: 3600 });
  expect(await send(first.url, await signed(first.url, 'ListKeys'))).toMatchObject({ status: 200, moved: '3600' });
  await first.close();
  const again = await start(first.folder);
  expect(await send(again.url, await signed(again.url, 'ListKeys'))).toMatchObject({ status: 200, moved: '3600' });
});

test('an answer that is dropped had its effect; a throttled call had none', async () => {
  const { url } = await start();
  const kms = new KMSClient({ endpoint: url, region: 'eu-central-1', credentials: who, maxAttempts: 1 });
  onTestFinished(() => kms.destroy());
  const fault = (kind: string) => admin(url, 'AddFault', { service: 'kms', operation: 'CreateKey', kind });
  const count = async () => (await kms.send(new ListKeysCommand({}))).Keys?.length ?? 0;
  await fault('throttle');
  await expect(kms.send(new CreateKeyCommand({}))).rejects.toMatchObject({ name: 'ThrottlingException' });
  expect(await count()).toBe(0);
  await fault('drop-answer');
  await expect(kms.send(new CreateKeyCommand({}))).rejects.toThrow();
  expect(await count()).toBe(1);
});

test('S3: of twenty who want one place, one gets it; a locked version stays; all survives a restart', async () => {
  const first = await start();
  const client = (url: string) => new S3Client({ endpoint: url, region: 'eu-central-1', credentials: who, forcePathStyle: true });
  const s3 = client(first.url);
  const Bucket = 'dossiers';
  await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
  await s3.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 1 } } } }));
  const Key = 'a place/ü+&.json';
  const puts = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => s3.send(new PutObjectCommand({ Bucket, Key, Body: `writer ${i}`, IfNoneMatch: '*' }))));
  expect(puts.filter((p) => p.status === 'fulfilled')).toHaveLength(1);
  const { VersionId, Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  const text = await Body?.transformToString();
  await expect(s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }))).rejects.toMatchObject({ name: 'AccessDenied' });
  for (let i = 0; i < 5; i++) await s3.send(new PutObjectCommand({ Bucket, Key: `page/${i}`, Body: 'x' }));
  const page = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'page/', MaxKeys: 3 }));
  expect(page.Contents?.map((c) => c.Key)).toEqual(['page/0', 'page/1', 'page/2']);
  const rest = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'page/', MaxKeys: 3, ContinuationToken: page.NextContinuationToken }));
  expect(rest.Contents?.map((c) => c.Key)).toEqual(['page/3', 'page/4']);
  s3.destroy();
  await first.close();
  const again = await start(first.folder);
  const later = client(again.url);
  expect(await (await later.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString()).toBe(text);
  later.destroy();
});

test('a data folder belongs to one process at a time', async () => {
  const first = await start();
  await expect(start(first.folder)).rejects.toThrow(/is in use by process \d+: stop it, or use another folder\./);
});
