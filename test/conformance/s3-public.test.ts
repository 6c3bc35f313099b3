import {
  CreateBucketCommand,
  DeleteBucketPolicyCommand,
  DeletePublicAccessBlockCommand,
  GetBucketPolicyCommand,
  GetObjectLockConfigurationCommand,
  GetPublicAccessBlockCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
  PutPublicAccessBlockCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { startEmbeddedAws, type EmbeddedAws } from '../../local/server.ts';
import { client, nameOf, newFolder, options } from '../embedded-aws.ts';

/** "Bucket policies" and "Blocking public access to your Amazon S3 storage" of the S3 User Guide. */
let folder: string;
let embedded: EmbeddedAws;
let s3: S3Client;
const Bucket = 'published';

async function open(): Promise<void> {
  const opened = await startEmbeddedAws(options(folder));
  onTestFinished(() => opened.close());
  embedded = opened;
  s3 = new S3Client(client(embedded.url));
}

let versionId: string | undefined;
beforeEach(async () => {
  folder = await newFolder();
  await open();
  await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
  const put = { Bucket, Body: '{"keys":[]}', ContentType: 'application/jwk-set+json', CacheControl: 'public, max-age=300' };
  ({ VersionId: versionId } = await s3.send(new PutObjectCommand({ ...put, Key: 'keys/payments/jwks.json' })));
  await s3.send(new PutObjectCommand({ ...put, Key: 'private/a' }));
});

const policy = (change: object = {}): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Sid: 'PublicRead', Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/keys/*`, ...change }] });
const putPolicy = (Policy: string) => s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
const unblock = () => s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
async function read(path: string, init: RequestInit = {}): Promise<string> {
  const answer = await fetch(`${embedded.url}${path}`, init);
  const text = await answer.text();
  return `${answer.status} ${/<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? text}`;
}

test('nobody reads a bucket unsigned that has no policy', async () => {
  expect(await read(`/${Bucket}/keys/payments/jwks.json`)).toBe('403 AccessDenied');
  expect(await nameOf(s3.send(new GetBucketPolicyCommand({ Bucket })))).toBe('NoSuchBucketPolicy');
});

test('a new bucket blocks public policies, until that is switched off', async () => {
  expect(await nameOf(putPolicy(policy()))).toBe('AccessDenied');
  const on = { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true };
  expect((await s3.send(new GetPublicAccessBlockCommand({ Bucket }))).PublicAccessBlockConfiguration).toEqual(on);
  await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: { ...on, BlockPublicPolicy: false } }));
  expect(await nameOf(putPolicy(policy()))).toBe('no error');
  // Still restricted to the account.
  expect(await read(`/${Bucket}/keys/payments/jwks.json`)).toBe('403 AccessDenied');
  await unblock();
  expect(await read(`/${Bucket}/keys/payments/jwks.json`)).toBe('200 {"keys":[]}');
});

test('everybody reads what the policy names, with its headers, and nothing else', async () => {
  await unblock();
  await putPolicy(policy());
  expect((await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy).toBe(policy());
  const answer = await fetch(`${embedded.url}/${Bucket}/keys/payments/jwks.json`);
  expect(await answer.text()).toBe('{"keys":[]}');
  const { headers } = answer;
  expect(['content-type', 'cache-control', 'etag', 'x-amz-version-id'].map((name) => headers.get(name))).toEqual(['application/jwk-set+json', 'public, max-age=300', '"6c109094bc9ab89e050fbd3e2ca6b99e"', versionId]);
  const etag = headers.get('etag') ?? '';
  expect((await fetch(`${embedded.url}/${Bucket}/keys/payments/jwks.json`, { method: 'HEAD' })).status).toBe(200);
  expect((await fetch(`${embedded.url}/${Bucket}/keys/payments/jwks.json`, { headers: { 'if-none-match': etag } })).status).toBe(304);
  expect(await read(`/${Bucket}/private/a`)).toBe('403 AccessDenied');
  expect(await read(`/${Bucket}/keys/payments/jwks.json?versionId=${versionId ?? ''}`)).toBe('403 AccessDenied');
  expect(await read(`/${Bucket}/keys/absent`)).toBe('404 NoSuchKey');
  expect(await read(`/${Bucket}/keys/%E0%A4%A`)).toBe('400 InvalidURI');
  await s3.send(new DeleteBucketPolicyCommand({ Bucket }));
  expect(await read(`/${Bucket}/keys/payments/jwks.json`)).toBe('403 AccessDenied');
});

test('only reading is public; what is no bucket is the app’s', async () => {
  await unblock();
  await putPolicy(policy({ Resource: `arn:aws:s3:::${Bucket}/*` }));
  for (const method of ['PUT', 'DELETE', 'POST']) expect(await read(`/${Bucket}/keys/new`, { method })).toBe('200 the app');
  expect(await read(`/${Bucket}`)).toBe('200 the app');
  expect(await read('/elsewhere/keys/a')).toBe('200 the app');
  expect(await read(`/${Bucket}/keys/new`)).toBe('404 NoSuchKey');
});

test('policy and settings are kept: over a restart, and when others change', async () => {
  await unblock();
  await putPolicy(policy());
  await s3.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 1 } } } }));
  await embedded.close();
  await open();
  expect(await read(`/${Bucket}/keys/payments/jwks.json`)).toBe('200 {"keys":[]}');
  expect((await s3.send(new GetObjectLockConfigurationCommand({ Bucket }))).ObjectLockConfiguration?.Rule?.DefaultRetention?.Days).toBe(1);
});

test.each([
  ['a principal of its own', policy({ Principal: { AWS: 'arn:aws:iam::111122223333:root' } }), 'NotImplemented'],
  ['another action', policy({ Action: ['s3:GetObject', 's3:PutObject'] }), 'NotImplemented'],
  ['a Deny', policy({ Effect: 'Deny' }), 'NotImplemented'],
  ['a condition', policy({ Condition: { Bool: { 'aws:SecureTransport': 'true' } } }), 'NotImplemented'],
  ['another bucket', policy({ Resource: 'arn:aws:s3:::publishedx/*' }), 'MalformedPolicy'],
  ['no JSON', '{', 'MalformedPolicy'],
  ['no statement', '{"Version":"2012-10-17"}', 'MalformedPolicy'],
])('a policy with %s is refused', async (_what, text, code) => {
  await unblock();
  expect(await nameOf(putPolicy(text))).toBe(code);
  expect(await nameOf(s3.send(new GetBucketPolicyCommand({ Bucket })))).toBe('NoSuchBucketPolicy');
});
