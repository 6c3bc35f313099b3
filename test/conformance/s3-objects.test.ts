import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  NoSuchKey,
  paginateListObjectsV2,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
  S3Client,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EmbeddedAws } from '../../local/server.ts';
import { credentials, startBareAws } from '../embedded-aws.ts';
let folder = '';
let aws: EmbeddedAws;
let s3: S3Client;

const start = async () => {
  aws = await startBareAws(folder);
  s3 = new S3Client({ endpoint: aws.url, region: 'eu-central-1', credentials, forcePathStyle: true, maxAttempts: 1 });
};
const stop = async () => {
  s3.destroy();
  await aws.close();
};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rota-s3-'));
  await start();
});
afterAll(async () => {
  await stop();
  await rm(folder, { recursive: true, force: true });
});

let made = 0;
/** A bucket of the test's own. */
async function bucket(objectLock = false): Promise<string> {
  made += 1;
  const name = `bucket-${made}`;
  await s3.send(new CreateBucketCommand({ Bucket: name, ObjectLockEnabledForBucket: objectLock }));
  return name;
}
async function lockedBucket(days: number): Promise<string> {
  const name = await bucket(true);
  await s3.send(new PutObjectLockConfigurationCommand({ Bucket: name, ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: days } } } }));
  return name;
}
const put = (Bucket: string, Key: string, Body: string, more: Partial<PutObjectCommandInput> = {}) => s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const get = async (Bucket: string, Key: string, VersionId?: string) => (await s3.send(new GetObjectCommand({ Bucket, Key, VersionId }))).Body?.transformToString();
const failure = (name: string, httpStatusCode: number) => expect.objectContaining({ name, $metadata: expect.objectContaining({ httpStatusCode }) as unknown }) as Error;

describe('buckets', () => {
  test('are listed, and made once', async () => {
    const name = await bucket();
    expect((await s3.send(new ListBucketsCommand({}))).Buckets?.map((b) => b.Name)).toContain(name);
    await s3.send(new HeadBucketCommand({ Bucket: name }));
    await expect(s3.send(new CreateBucketCommand({ Bucket: name }))).rejects.toEqual(failure('BucketAlreadyOwnedByYou', 409));
  });

  test('must have a name that S3 allows, and be there', async () => {
    await expect(s3.send(new CreateBucketCommand({ Bucket: 'Bucket_One' }))).rejects.toEqual(failure('InvalidBucketName', 400));
    await expect(put('nothing', 'a', 'x')).rejects.toEqual(failure('NoSuchBucket', 404));
    await expect(get('nothing', 'a')).rejects.toEqual(failure('NoSuchBucket', 404));
    await expect(s3.send(new ListObjectsV2Command({ Bucket: 'nothing' }))).rejects.toEqual(failure('NoSuchBucket', 404));
  });
});

describe('conditional puts', () => {
  test('of twenty at once with If-None-Match *, exactly one wins', async () => {
    const name = await bucket();
    const bodies = Array.from({ length: 20 }, (_, n) => `writer ${n}`);
    const results = await Promise.allSettled(bodies.map((body) => put(name, 'contested', body, { IfNoneMatch: '*' })));
    const winners = bodies.filter((_, n) => results[n]?.status === 'fulfilled');
    expect(winners).toHaveLength(1);
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toEqual(failure('PreconditionFailed', 412));
    expect(await get(name, 'contested')).toBe(winners[0]);
  });

  test('If-None-Match * is 412 where there is an object, and changes nothing', async () => {
    const name = await bucket();
    await put(name, 'a', 'first', { IfNoneMatch: '*' });
    await expect(put(name, 'a', 'second', { IfNoneMatch: '*' })).rejects.toEqual(failure('PreconditionFailed', 412));
    expect(await get(name, 'a')).toBe('first');
    await put(name, 'b', 'other name', { IfNoneMatch: '*' });
  });

  test('If-Match takes the current version only', async () => {
    const name = await bucket();
    await expect(put(name, 'a', 'x', { IfMatch: '"00"' })).rejects.toEqual(failure('PreconditionFailed', 412));
    const { ETag } = await put(name, 'a', 'first');
    await put(name, 'a', 'second', { IfMatch: ETag });
    await expect(put(name, 'a', 'third', { IfMatch: ETag })).rejects.toEqual(failure('PreconditionFailed', 412));
    expect(await get(name, 'a')).toBe('second');
  });
});

describe('versions', () => {
  test('stay readable by their id when a newer one is put', async () => {
    const name = await bucket();
    const first = await put(name, 'a', 'first');
    const second = await put(name, 'a', 'second');
    expect(first.VersionId).not.toBe(second.VersionId);
    expect(await get(name, 'a')).toBe('second');
    expect(await get(name, 'a', first.VersionId)).toBe('first');
    await expect(get(name, 'a', 'no-such-version')).rejects.toBeInstanceOf(NoSuchKey);
  });

  test('a head tells length, type and metadata', async () => {
    const name = await bucket();
    const { ETag } = await put(name, 'a', 'hällo', { ContentType: 'text/plain', CacheControl: 'no-store', Metadata: { kind: 'dossier' } });
    expect(await s3.send(new HeadObjectCommand({ Bucket: name, Key: 'a' }))).toMatchObject({ ContentLength: 6, ContentType: 'text/plain', CacheControl: 'no-store', Metadata: { kind: 'dossier' }, ETag });
    await expect(s3.send(new HeadObjectCommand({ Bucket: name, Key: 'b' }))).rejects.toEqual(failure('NotFound', 404));
  });

  test('bytes come back as they were, none at all included', async () => {
    const name = await bucket();
    const bytes = Uint8Array.from({ length: 256 }, (_, n) => n);
    await s3.send(new PutObjectCommand({ Bucket: name, Key: 'bytes', Body: bytes }));
    expect(await (await s3.send(new GetObjectCommand({ Bucket: name, Key: 'bytes' }))).Body?.transformToByteArray()).toEqual(bytes);
    await put(name, 'empty', '');
    expect(await get(name, 'empty')).toBe('');
  });
});

describe('object lock', () => {
  test('the default retention is told as it was put', async () => {
    const name = await lockedBucket(30);
    const { ObjectLockConfiguration } = await s3.send(new GetObjectLockConfigurationCommand({ Bucket: name }));
    expect(ObjectLockConfiguration).toEqual({ ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 30 } } });
  });

  test('needs a bucket that was made with it', async () => {
    const name = await bucket();
    await expect(s3.send(new GetObjectLockConfigurationCommand({ Bucket: name }))).rejects.toEqual(failure('ObjectLockConfigurationNotFoundError', 404));
    const configuration = { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 1 } } } as const;
    await expect(s3.send(new PutObjectLockConfigurationCommand({ Bucket: name, ObjectLockConfiguration: configuration }))).rejects.toEqual(failure('InvalidBucketState', 409));
  });

  test('a locked version cannot be deleted and stays readable', async () => {
    const name = await lockedBucket(30);
    const { VersionId } = await put(name, 'dossier', 'sealed');
    await expect(s3.send(new DeleteObjectCommand({ Bucket: name, Key: 'dossier', VersionId }))).rejects.toEqual(failure('AccessDenied', 403));
    await put(name, 'dossier', 'newer');
    await expect(s3.send(new DeleteObjectCommand({ Bucket: name, Key: 'dossier', VersionId }))).rejects.toEqual(failure('AccessDenied', 403));
    expect(await get(name, 'dossier', VersionId)).toBe('sealed');
  });
});

describe('listing', () => {
  test('goes by pages, sorted, each name once, with a size and an ETag', async () => {
    const name = await bucket();
    const keys = Array.from({ length: 25 }, (_, n) => `d/${String(n).padStart(3, '0')}`);
    for (const key of keys.toReversed()) await put(name, key, key);
    await put(name, 'd/003', 'a newer version');
    await put(name, 'e/000', 'of another prefix');
    const pages: string[][] = [];
    for await (const page of paginateListObjectsV2({ client: s3, pageSize: 10 }, { Bucket: name, Prefix: 'd/' })) pages.push((page.Contents ?? []).map((c) => c.Key ?? ''));
    expect(pages.map((p) => p.length)).toEqual([10, 10, 5]);
    expect(pages.flat()).toEqual(keys);
    const { Contents, IsTruncated } = await s3.send(new ListObjectsV2Command({ Bucket: name, Prefix: 'd/003' }));
    expect(IsTruncated).toBe(false);
    expect(Contents).toEqual([expect.objectContaining({ Key: 'd/003', Size: 15 })]);
  });

  test('a last page that is full is not followed by another', async () => {
    const name = await bucket();
    for (const key of ['a', 'b']) await put(name, key, key);
    expect(await s3.send(new ListObjectsV2Command({ Bucket: name, MaxKeys: 2 }))).toMatchObject({ IsTruncated: false, KeyCount: 2 });
  });

  test('starts after a name, and of one object or none is a list too', async () => {
    const name = await bucket();
    expect((await s3.send(new ListObjectsV2Command({ Bucket: name }))).Contents ?? []).toEqual([]);
    for (const key of ['a', 'b']) await put(name, key, key);
    expect((await s3.send(new ListObjectsV2Command({ Bucket: name, StartAfter: 'a' }))).Contents?.map((c) => c.Key)).toEqual(['b']);
  });
});

describe('names', () => {
  test.each(['a b', 'a+b', "it's (1)*!.json", 'ü/ö/😀', '<&>"\'', '100%', '%41', 'a//b', 'a/../b', './a', 'a?b=c&d', 'a#b', 'a=b;c:d@e,f$', 'a\\b', '~_-.', '12345', 'true', 'x'.repeat(900)])(
    '%j is put, read and listed',
    async (key) => {
      const name = await bucket();
      await put(name, key, `body of ${key}`);
      expect(await get(name, key)).toBe(`body of ${key}`);
      expect((await s3.send(new ListObjectsV2Command({ Bucket: name, Prefix: key }))).Contents?.map((c) => c.Key)).toEqual([key]);
    },
  );
});

describe('what is not there', () => {
  test('is refused by name', async () => {
    const name = await bucket();
    await put(name, 'a', 'x');
    const refused = failure('NotImplemented', 501);
    await expect(s3.send(new ListObjectVersionsCommand({ Bucket: name }))).rejects.toEqual(refused);
    await expect(s3.send(new GetBucketVersioningCommand({ Bucket: name }))).rejects.toEqual(refused);
    await expect(s3.send(new DeleteBucketCommand({ Bucket: name }))).rejects.toEqual(refused);
    await expect(s3.send(new DeleteObjectCommand({ Bucket: name, Key: 'a' }))).rejects.toEqual(refused);
    await expect(s3.send(new ListObjectsV2Command({ Bucket: name, Delimiter: '/' }))).rejects.toEqual(refused);
    expect(await get(name, 'a')).toBe('x');
  });
});

// Last, since it gives all tests above a new server.
test('objects, versions and retention survive closing and opening again', async () => {
  const name = await lockedBucket(7);
  const first = await put(name, 'ü/a', 'first', { Metadata: { n: '1' } });
  const second = await put(name, 'ü/a', 'second');
  await stop();
  await start();
  expect(await get(name, 'ü/a', first.VersionId)).toBe('first');
  expect(await get(name, 'ü/a')).toBe('second');
  expect(await s3.send(new HeadObjectCommand({ Bucket: name, Key: 'ü/a', VersionId: first.VersionId }))).toMatchObject({ Metadata: { n: '1' }, ETag: first.ETag });
  await expect(s3.send(new DeleteObjectCommand({ Bucket: name, Key: 'ü/a', VersionId: second.VersionId }))).rejects.toEqual(failure('AccessDenied', 403));
  await expect(put(name, 'ü/a', 'third', { IfNoneMatch: '*' })).rejects.toEqual(failure('PreconditionFailed', 412));
  const { ObjectLockConfiguration } = await s3.send(new GetObjectLockConfigurationCommand({ Bucket: name }));
  expect(ObjectLockConfiguration?.Rule?.DefaultRetention?.Days).toBe(7);
});
