import { CreateBucketCommand, DeleteObjectCommand, ListObjectsV2Command, ListObjectVersionsCommand, PutBucketVersioningCommand, PutObjectCommand, S3Client, type ListObjectsV2CommandInput, type ListObjectVersionsCommandOutput } from '@aws-sdk/client-s3';
import { beforeEach, expect, test } from 'vitest';
import { client, nameOf, start } from '../embedded-aws.ts';

/** ListObjectsV2 and ListObjectVersions of the S3 API reference; "Organizing objects using prefixes" of the user guide. */
let s3: S3Client;
const Bucket = 'dossiers';

beforeEach(async () => {
  s3 = new S3Client(client((await start()).url));
  await s3.send(new CreateBucketCommand({ Bucket }));
});

const put = (Key: string, Body = Key) => s3.send(new PutObjectCommand({ Bucket, Key, Body }));

/** Every page of a listing: keys, and common prefixes in brackets. */
async function pages(input: Partial<ListObjectsV2CommandInput>): Promise<string[][]> {
  const found: string[][] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await s3.send(new ListObjectsV2Command({ Bucket, ...input, ...(ContinuationToken === undefined ? {} : { ContinuationToken }) }));
    const lines = [...(page.Contents ?? []).map(({ Key = '' }) => Key), ...(page.CommonPrefixes ?? []).map(({ Prefix = '' }) => `[${Prefix}]`)];
    expect(page.KeyCount).toBe(lines.length);
    found.push(lines);
    ContinuationToken = page.NextContinuationToken;
    expect(page.IsTruncated).toBe(ContinuationToken !== undefined);
  } while (ContinuationToken !== undefined);
  return found;
}

test('keys stand in the order of their UTF-8 bytes', async () => {
  // U+FF5E is less than U+1F511 in UTF-8, and greater in UTF-16.
  for (const key of ['b', '🔑', 'a/b', 'A', '～', 'a', 'ä']) await put(key);
  expect(await pages({})).toEqual([['A', 'a', 'a/b', 'b', 'ä', '～', '🔑']]);
});

test('page after page gives every key once', async () => {
  const keys = Array.from({ length: 7 }, (_, i) => `k${i}`);
  for (const key of keys) await put(key);
  expect(await pages({ MaxKeys: 3 })).toEqual([keys.slice(0, 3), keys.slice(3, 6), keys.slice(6)]);
  expect(await pages({ MaxKeys: 7 })).toEqual([keys]);
  expect(await pages({ StartAfter: 'k4' })).toEqual([['k5', 'k6']]);
  expect(await nameOf(s3.send(new ListObjectsV2Command({ Bucket, ContinuationToken: 'made up' })))).toBe('InvalidArgument');
});

test('prefix and delimiter fold keys, also across pages', async () => {
  for (const key of ['d/', 'd/2025/1', 'd/2025/2', 'd/2026/1', 'd/2026/2', 'd/z', 'e/1', 'top']) await put(key);
  expect(await pages({ Delimiter: '/' })).toEqual([['top', '[d/]', '[e/]']]);
  expect(await pages({ Prefix: 'd/', Delimiter: '/' })).toEqual([['d/', 'd/z', '[d/2025/]', '[d/2026/]']]);
  expect(await pages({ Prefix: 'd/', Delimiter: '/', MaxKeys: 1 })).toEqual([['d/'], ['[d/2025/]'], ['[d/2026/]'], ['d/z']]);
  expect(await pages({ Prefix: 'd/20' })).toEqual([['d/2025/1', 'd/2025/2', 'd/2026/1', 'd/2026/2']]);
  expect(await pages({ Prefix: 'nothing' })).toEqual([[]]);
});

test('each line tells size, ETag and time; keys come encoded where asked', async () => {
  await put('a & <b>', 'four');
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
  expect(Contents).toMatchObject([{ Key: 'a & <b>', Size: 4, ETag: '"8cbad96aced40b3838dd9f07f6ef5772"', StorageClass: 'STANDARD' }]);
  expect(Contents[0]?.LastModified).toBeInstanceOf(Date);
  expect((await s3.send(new ListObjectsV2Command({ Bucket, EncodingType: 'url' }))).Contents?.[0]?.Key).toBe('a%20%26%20%3Cb%3E');
});

test('versions and delete markers, newest first, page by page; what is hidden is not listed', async () => {
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  const a1 = (await put('a', '1')).VersionId;
  const a2 = (await put('a', '2')).VersionId;
  const b1 = (await put('b', '1')).VersionId;
  const gone = (await s3.send(new DeleteObjectCommand({ Bucket, Key: 'a' }))).VersionId;
  expect(await pages({})).toEqual([['b']]);

  const all = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  expect((all.Versions ?? []).map((v) => [v.Key, v.VersionId, v.IsLatest])).toEqual([['a', a2, false], ['a', a1, false], ['b', b1, true]]);
  expect((all.DeleteMarkers ?? []).map((v) => [v.Key, v.VersionId, v.IsLatest])).toEqual([['a', gone, true]]);

  const seen: (string | undefined)[] = [];
  let markers: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
  while (markers !== undefined) {
    const page: ListObjectVersionsCommandOutput = await s3.send(new ListObjectVersionsCommand({ Bucket, MaxKeys: 1, ...markers }));
    seen.push(...[...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map((v) => v.VersionId));
    const { NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page;
    markers = KeyMarker === undefined || VersionIdMarker === undefined ? undefined : { KeyMarker, VersionIdMarker };
  }
  expect(seen).toEqual([gone, a2, a1, b1]);
  expect((await s3.send(new ListObjectVersionsCommand({ Bucket, KeyMarker: 'a' }))).Versions?.map((v) => v.Key)).toEqual(['b']);
});
