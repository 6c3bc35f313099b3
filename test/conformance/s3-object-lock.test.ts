import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectLockConfigurationCommand,
  HeadObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
  S3Client,
  type DefaultRetention,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { beforeEach, expect, test } from 'vitest';
import type { EmbeddedAws } from '../../local/server.ts';
import { admin, client, nameOf, principal, sign, start } from '../embedded-aws.ts';

/** "Locking objects with Object Lock", S3 User Guide. */
let embedded: EmbeddedAws;
let s3: S3Client;
const Bucket = 'dossiers';
const dayMs = 86_400_000;
/** May delete versions, but not pass over governance. */
const cleaner = principal('cleaner', ['s3:DeleteObject*']);

beforeEach(async () => {
  embedded = await start({ principals: [admin, cleaner] });
  s3 = new S3Client(client(embedded.url));
  await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
});

const setDefault = (retention: DefaultRetention, bucket = Bucket) =>
  s3.send(new PutObjectLockConfigurationCommand({ Bucket: bucket, ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: retention } } }));

async function put(Key: string, more: Partial<PutObjectCommandInput> = {}, bucket = Bucket): Promise<string> {
  return (await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Key, ...more }))).VersionId ?? '';
}

const remove = (Key: string, VersionId: string, bypass = false, by = s3) =>
  nameOf(by.send(new DeleteObjectCommand({ Bucket, Key, VersionId, ...(bypass ? { BypassGovernanceRetention: true } : {}) })));

test('a default retention locks what is put from then on, for that long in the time of the embedded clock', async () => {
  const before = await put('before');
  await setDefault({ Mode: 'COMPLIANCE', Days: 30 });
  const locked = await put('after');
  expect((await s3.send(new GetObjectLockConfigurationCommand({ Bucket }))).ObjectLockConfiguration).toEqual({ ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 30 } } });
  const { ObjectLockMode, ObjectLockRetainUntilDate, LastModified } = await s3.send(new HeadObjectCommand({ Bucket, Key: 'after' }));
  expect(ObjectLockMode).toBe('COMPLIANCE');
  expect(Math.round(((ObjectLockRetainUntilDate?.getTime() ?? 0) - (LastModified?.getTime() ?? 0)) / dayMs)).toBe(30);
  expect(await remove('before', before)).toBe('no error');
  expect(await remove('after', locked)).toBe('AccessDenied');
  expect(await remove('after', locked, true)).toBe('AccessDenied');
  await embedded.clock.advance(29 * dayMs);
  expect(await remove('after', locked)).toBe('AccessDenied');
  await embedded.clock.advance(2 * dayMs);
  expect(await remove('after', locked)).toBe('no error');
});

test('governance can be passed over by whoever asks for it and may', async () => {
  await setDefault({ Mode: 'GOVERNANCE', Years: 1 });
  expect((await s3.send(new GetObjectLockConfigurationCommand({ Bucket }))).ObjectLockConfiguration?.Rule?.DefaultRetention).toEqual({ Mode: 'GOVERNANCE', Years: 1 });
  const version = await put('k');
  const theirs = new S3Client(client(embedded.url, cleaner));
  expect(await remove('k', version)).toBe('AccessDenied');
  expect(await remove('k', version, true, theirs)).toBe('AccessDenied');
  expect(await remove('k', version, true)).toBe('no error');
});

test('a lock keeps the version, and lets a delete marker hide it', async () => {
  await setDefault({ Mode: 'COMPLIANCE', Days: 1 });
  const version = await put('k');
  expect((await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }))).DeleteMarker).toBe(true);
  expect(await remove('k', version)).toBe('AccessDenied');
});

test('a put may bring its own retention, with a date to come and both halves', async () => {
  const until = new Date(embedded.clock.now() + 10 * dayMs);
  const version = await put('k', { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: until });
  expect((await s3.send(new HeadObjectCommand({ Bucket, Key: 'k' }))).ObjectLockRetainUntilDate?.getTime()).toBe(until.getTime());
  expect(await remove('k', version)).toBe('AccessDenied');
  expect(await nameOf(put('k', { ObjectLockMode: 'COMPLIANCE' }))).toBe('InvalidArgument');
  expect(await nameOf(put('k', { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: new Date(embedded.clock.now() - dayMs) }))).toBe('InvalidArgument');
  await s3.send(new CreateBucketCommand({ Bucket: 'unlocked' }));
  expect(await nameOf(put('k', { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: until }, 'unlocked'))).toBe('InvalidRequest');
});

test('a put with a retention of its own needs a checksum', async () => {
  const headers = { 'x-amz-object-lock-mode': 'COMPLIANCE', 'x-amz-object-lock-retain-until-date': new Date(embedded.clock.now() + dayMs).toISOString() };
  const signed = await sign(embedded.url, { service: 's3', method: 'PUT', path: '/dossiers/k', headers, body: 'x' });
  const answer = await fetch(`${embedded.url}/dossiers/k`, { method: 'PUT', headers: signed.headers, body: 'x' });
  expect(await answer.text()).toContain('<Code>InvalidRequest</Code>');
});

test('a locked bucket keeps its versions; another is locked once it has them', async () => {
  expect(await nameOf(s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } })))).toBe('InvalidBucketState');
  await s3.send(new CreateBucketCommand({ Bucket: 'other' }));
  expect(await nameOf(s3.send(new GetObjectLockConfigurationCommand({ Bucket: 'other' })))).toBe('ObjectLockConfigurationNotFoundError');
  expect(await nameOf(setDefault({ Mode: 'COMPLIANCE', Days: 1 }, 'other'))).toBe('InvalidBucketState');
  await s3.send(new PutBucketVersioningCommand({ Bucket: 'other', VersioningConfiguration: { Status: 'Enabled' } }));
  expect(await nameOf(setDefault({ Mode: 'COMPLIANCE', Days: 1 }, 'other'))).toBe('no error');
});

test.each([{ Mode: 'COMPLIANCE' }, { Mode: 'COMPLIANCE', Days: 1, Years: 1 }, { Mode: 'SOMETIMES', Days: 1 }, { Days: 1 }] as DefaultRetention[])('the default retention %j is malformed', async (retention) => {
  expect(await nameOf(setDefault(retention))).toBe('MalformedXML');
});

test.each([{ Mode: 'COMPLIANCE', Days: 0 }, { Mode: 'COMPLIANCE', Days: 36_501 }, { Mode: 'COMPLIANCE', Years: 101 }] as DefaultRetention[])('the default retention %j is out of range', async (retention) => {
  expect(await nameOf(setDefault(retention))).toBe('InvalidArgument');
});
