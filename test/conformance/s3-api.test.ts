import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Sha256 } from '@aws-crypto/sha256-js';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetBucketLocationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLockConfigurationCommand,
  S3Client,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { SignatureV4 } from '@smithy/signature-v4';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { startEmbeddedAws, type EmbeddedAws } from '../../local/server.ts';
import { admin, client, nameOf, newFolder, options, principal, region, sign, start } from '../embedded-aws.ts';

/** S3 as its API reference and user guide tell it, by the SDK's client with its default settings. */
let embedded: EmbeddedAws;
let s3: S3Client;
const Bucket = 'dossiers';
/** May read and write objects of any bucket, and no more. */
const writer = principal('writer', ['s3:PutObject', 's3:GetObject']);

beforeEach(async () => {
  embedded = await start({ principals: [admin, writer] });
  s3 = new S3Client(client(embedded.url));
  await s3.send(new CreateBucketCommand({ Bucket }));
});

const put = (Key: string, Body: NonNullable<PutObjectCommandInput['Body']>, more: Partial<PutObjectCommandInput> = {}) => s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const textOf = async (Key: string, VersionId?: string) => (await s3.send(new GetObjectCommand({ Bucket, Key, ...(VersionId === undefined ? {} : { VersionId }) }))).Body?.transformToString();

test('buckets: made once, found, listed, where they are', async () => {
  expect(await nameOf(s3.send(new CreateBucketCommand({ Bucket })))).toBe('BucketAlreadyOwnedByYou');
  expect(await nameOf(s3.send(new CreateBucketCommand({ Bucket: 'Not_A_Name' })))).toBe('InvalidBucketName');
  expect((await s3.send(new HeadBucketCommand({ Bucket }))).BucketRegion).toBe(region);
  expect(await nameOf(s3.send(new HeadBucketCommand({ Bucket: 'elsewhere' })))).toBe('NotFound');
  expect(((await s3.send(new ListBucketsCommand({}))).Buckets ?? []).map(({ Name }) => Name)).toEqual([Bucket]);
  expect((await s3.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint).toBe(region);
  expect(await nameOf(s3.send(new PutObjectCommand({ Bucket: 'elsewhere', Key: 'k', Body: '' })))).toBe('NoSuchBucket');
});

test.each([
  ['text', 'a dossier'],
  ['nothing', ''],
  ['all bytes', Buffer.from(Array.from({ length: 256 }, (_, i) => i))],
  ['three megabytes', Buffer.alloc(3_000_000, 'ab')],
])('comes back as it was put: %s', async (_what, body) => {
  const { ETag, ChecksumCRC32 } = await put('k', body);
  expect(ETag).toBe(`"${createHash('md5').update(body).digest('hex')}"`);
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(Buffer.from(body))).toBe(true);
  expect(got).toMatchObject({ ETag, ChecksumCRC32, ContentLength: body.length, ContentType: 'application/octet-stream' });
});

test('a stream comes in chunks with its checksum behind it (aws-chunked)', async () => {
  const body = Buffer.alloc(200_000, 'chunk');
  const parts = [body.subarray(0, 70_000), body.subarray(70_000, 70_001), body.subarray(70_001)];
  await put('k', Readable.from(parts), { ContentLength: body.length, ContentEncoding: 'gzip' });
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(body)).toBe(true);
  expect(got.ContentEncoding).toBe('gzip');
});

test.each(['CRC32', 'CRC32C', 'SHA1', 'SHA256'] as const)('checksum %s of the client is checked, kept and given back', async (ChecksumAlgorithm) => {
  const field = `Checksum${ChecksumAlgorithm}` as const;
  const { [field]: kept } = await put('k', '123456789', { ChecksumAlgorithm });
  // The check values of "123456789": CRC catalogue for the two CRCs, OpenSSL for the hashes.
  const known = { CRC32: 'y/Q5Jg==', CRC32C: '4waSgw==', SHA1: '98O8HYCOBHMq32eZZczDTKeuNEE=', SHA256: 'FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=' };
  expect(kept).toBe(known[ChecksumAlgorithm]);
  expect((await s3.send(new HeadObjectCommand({ Bucket, Key: 'k', ChecksumMode: 'ENABLED' })))[field]).toBe(known[ChecksumAlgorithm]);
  expect(await nameOf(put('k', '123456780', { [field]: known[ChecksumAlgorithm] }))).toBe('BadDigest');
  expect(await textOf('k')).toBe('123456789');
});

test('Content-MD5 is checked', async () => {
  expect(await nameOf(put('k', 'x', { ContentMD5: createHash('md5').update('y').digest('base64') }))).toBe('BadDigest');
  expect(await nameOf(put('k', 'x', { ContentMD5: 'c2hvcnQ=' }))).toBe('InvalidDigest');
  await put('k', 'x', { ContentMD5: createHash('md5').update('x').digest('base64') });
});

test('type, caching and metadata come back', async () => {
  await put('k', '{}', { ContentType: 'application/json', CacheControl: 'no-store', ContentDisposition: 'attachment', Metadata: { rotation: 'r1', sequence: '7' } });
  expect(await s3.send(new HeadObjectCommand({ Bucket, Key: 'k' }))).toMatchObject({ ContentType: 'application/json', CacheControl: 'no-store', ContentDisposition: 'attachment', Metadata: { rotation: 'r1', sequence: '7' }, ContentLength: 2 });
});

test.each(["a b+c/d&e=f?g#h%i'(!)*", 'ключ/🔑', '//two//slashes/', './dots/../here', 'ends/', '100%', '%41', 'a\\b;c@d,$~_-.'])('the key %j is a key like others', async (key) => {
  await put(key, `at ${key}`);
  expect(await textOf(key)).toBe(`at ${key}`);
});

test('a key has 1024 bytes at most', async () => {
  await put('k'.repeat(1024), '');
  expect(await nameOf(put('ü'.repeat(513), ''))).toBe('KeyTooLongError');
});

test.each([
  ['bytes=2-4', '234', 'bytes 2-4/10'],
  ['bytes=7-', '789', 'bytes 7-9/10'],
  ['bytes=-3', '789', 'bytes 7-9/10'],
  ['bytes=8-99', '89', 'bytes 8-9/10'],
  ['bytes=-99', '0123456789', 'bytes 0-9/10'],
])('range %s', async (Range, text, ContentRange) => {
  await put('k', '0123456789');
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'k', Range }));
  expect([await got.Body?.transformToString(), got.ContentRange, got.$metadata.httpStatusCode]).toEqual([text, ContentRange, 206]);
});

test('a range beyond the end, and one that is none', async () => {
  await put('k', '0123456789');
  expect(await nameOf(s3.send(new GetObjectCommand({ Bucket, Key: 'k', Range: 'bytes=10-' })))).toBe('InvalidRange');
  expect((await s3.send(new GetObjectCommand({ Bucket, Key: 'k', Range: 'lines=1-2' }))).$metadata.httpStatusCode).toBe(200);
});

test('If-None-Match *: of many that put at once exactly one wins, and its object stays', async () => {
  const names = await Promise.all(Array.from({ length: 20 }, (_, i) => nameOf(put('chain/1', `writer ${i}`, { IfNoneMatch: '*' }))));
  expect(names.filter((name) => name === 'no error')).toHaveLength(1);
  expect(names.filter((name) => name === 'PreconditionFailed')).toHaveLength(19);
  expect(await textOf('chain/1')).toBe(`writer ${names.indexOf('no error')}`);
});

test('If-Match: the ETag must be the current one', async () => {
  const { ETag } = await put('k', 'one');
  await put('k', 'two', { IfMatch: ETag });
  expect(await nameOf(put('k', 'three', { IfMatch: ETag }))).toBe('PreconditionFailed');
  expect(await nameOf(put('absent', 'x', { IfMatch: ETag }))).toBe('NoSuchKey');
  const { ETag: current } = await s3.send(new HeadObjectCommand({ Bucket, Key: 'k' }));
  expect(await nameOf(s3.send(new GetObjectCommand({ Bucket, Key: 'k', IfMatch: ETag })))).toBe('PreconditionFailed');
  const unchanged = await s3.send(new GetObjectCommand({ Bucket, Key: 'k', IfNoneMatch: current })).catch((error: unknown) => error);
  expect(unchanged).toMatchObject({ $metadata: { httpStatusCode: 304 } });
});

test('what is not there has a name', async () => {
  expect(await nameOf(textOf('absent'))).toBe('NoSuchKey');
  expect(await nameOf(s3.send(new HeadObjectCommand({ Bucket, Key: 'absent' })))).toBe('NotFound');
  expect((await s3.send(new DeleteObjectCommand({ Bucket, Key: 'absent' }))).$metadata.httpStatusCode).toBe(204);
});

test('without versions a put replaces and a delete removes', async () => {
  expect((await put('k', 'one')).VersionId).toBeUndefined();
  await put('k', 'two');
  expect(await textOf('k')).toBe('two');
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
  expect(await nameOf(textOf('k'))).toBe('NoSuchKey');
  expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBeUndefined();
});

const setVersioning = (Status: 'Enabled' | 'Suspended') => s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));

test('versions: each put makes one, a delete hides, each can be read and removed', async () => {
  await put('k', 'before versions');
  await setVersioning('Enabled');
  expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe('Enabled');
  const { VersionId: first } = await put('k', 'one');
  const { VersionId: second } = await put('k', 'two');
  expect(await Promise.all([textOf('k'), textOf('k', first), textOf('k', second), textOf('k', 'null')])).toEqual(['two', 'one', 'two', 'before versions']);
  const marker = await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
  expect(marker.DeleteMarker).toBe(true);
  expect(await nameOf(textOf('k'))).toBe('NoSuchKey');
  expect(await nameOf(textOf('k', marker.VersionId))).toBe('MethodNotAllowed');
  // A hidden object is none: a conditional put may take its place.
  await put('k', 'three', { IfNoneMatch: '*' });
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId: second }));
  expect(await nameOf(textOf('k', second))).toBe('NoSuchVersion');
  expect(await textOf('k', first)).toBe('one');
});

test('suspended, a put replaces the null version only', async () => {
  await setVersioning('Enabled');
  const { VersionId } = await put('k', 'kept');
  await setVersioning('Suspended');
  expect((await put('k', 'null one')).VersionId).toBe('null');
  await put('k', 'null two');
  expect(await Promise.all([textOf('k'), textOf('k', 'null'), textOf('k', VersionId)])).toEqual(['null two', 'null two', 'kept']);
});

test('rights are those of IAM: no listing, no bucket for whoever may only write', async () => {
  const theirs = new S3Client(client(embedded.url, writer));
  await theirs.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'theirs' }));
  expect(await nameOf(theirs.send(new HeadObjectCommand({ Bucket, Key: 'k' })))).toBe('no error');
  expect(await nameOf(theirs.send(new ListBucketsCommand({})))).toBe('AccessDenied');
  expect(await nameOf(theirs.send(new CreateBucketCommand({ Bucket: 'theirs' })))).toBe('AccessDenied');
  expect(await nameOf(theirs.send(new DeleteObjectCommand({ Bucket, Key: 'k' })))).toBe('AccessDenied');
  expect(await nameOf(theirs.send(new GetObjectCommand({ Bucket, Key: 'k', VersionId: 'null' })))).toBe('AccessDenied');
});

async function raw(method: string, path: string, query: Record<string, string> = {}, headers: Record<string, string> = {}, body = ''): Promise<string> {
  const signed = await sign(embedded.url, { service: 's3', method, path, query, headers, body });
  const search = new URLSearchParams(query).toString();
  const answer = await fetch(`${embedded.url}${path}${search === '' ? '' : `?${search}`}`, { method, headers: signed.headers, ...(body === '' ? {} : { body }) });
  return `${answer.status} ${/<Code>(\w+)<\/Code>/.exec(await answer.text())?.[1] ?? ''}`;
}

test.each([
  ['POST', '/dossiers/k', { uploads: '' }],
  ['POST', '/dossiers', { delete: '' }],
  ['DELETE', '/dossiers', {}],
  ['GET', '/dossiers', {}],
  ['GET', '/dossiers', { acl: '' }],
  ['GET', '/dossiers', { 'list-type': '1' }],
  ['GET', '/dossiers/k', { tagging: '' }],
  ['GET', '/dossiers/k', { partNumber: '1' }],
  ['PUT', '/dossiers', { acl: '' }],
  ['PUT', '/dossiers/k', { retention: '' }],
] as const)('%s %s %j is refused as not implemented', async (method, path, query) => {
  expect(await raw(method, path, { ...query })).toBe('501 NotImplemented');
});

test.each(['x-amz-copy-source', 'x-amz-acl', 'x-amz-server-side-encryption', 'x-amz-storage-class', 'x-amz-tagging', 'x-amz-object-lock-legal-hold', 'if-modified-since'])('the header %s is refused, not passed over', async (header) => {
  expect(await raw('PUT', '/dossiers/k', {}, { [header]: 'value' }, 'x')).toBe('501 NotImplemented');
});

test.each(['<', '<VersioningConfiguration><Status>Enabled', '<Other/>', '<VersioningConfiguration><Status>On</Status></VersioningConfiguration>'])('the XML %s is malformed', async (body) => {
  expect(await raw('PUT', '/dossiers', { versioning: '' }, {}, body)).toBe('400 MalformedXML');
});

test('chunks that do not add up are refused', async () => {
  const headers = { 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'content-encoding': 'aws-chunked', 'x-amz-decoded-content-length': '3', 'x-amz-trailer': 'x-amz-checksum-crc32' };
  const good = '3\r\nabc\r\n0\r\nx-amz-checksum-crc32:NSRBwg==\r\n\r\n';
  expect(await raw('PUT', '/dossiers/k', {}, headers, good)).toBe('200 ');
  expect(await textOf('k')).toBe('abc');
  for (const [bad, code] of [
    [good.replace('NSRBwg==', 'NSRBwA=='), 'BadDigest'],
    [good.replace('3\r\nabc', '4\r\nabc'), 'IncompleteBody'],
    [good.replace('3\r\nabc', '2\r\nabc'), 'IncompleteBody'],
    [good.replace('3\r\nabc\r\n', ''), 'IncompleteBody'],
    [good.slice(0, 8), 'IncompleteBody'],
    ['3\r\nabc\r\n0\r\n\r\n', 'MalformedTrailerError'],
  ] as const)
    expect(await raw('PUT', '/dossiers/k', {}, headers, bad)).toBe(`400 ${code}`);
  expect(await raw('PUT', '/dossiers/k', {}, { ...headers, 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' }, good)).toBe('501 NotImplemented');
});

test('a presigned link works for whoever has it, until it expires', async () => {
  await put('a key', 'by link');
  const { hostname, port, host } = new URL(embedded.url);
  const signer = new SignatureV4({ service: 's3', region, credentials: admin, sha256: Sha256, uriEscapePath: false });
  const link = async (method: string, signingDate: Date): Promise<string> => {
    const request = { method, protocol: 'http:', hostname, port: Number(port), path: '/dossiers/a%20key', query: {}, headers: { host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } };
    const { query = {} } = await signer.presign(request, { expiresIn: 60, signingDate });
    return `${embedded.url}/dossiers/a%20key?${new URLSearchParams(query as Record<string, string>).toString()}`;
  };
  const now = new Date();
  expect(await (await fetch(await link('GET', now))).text()).toBe('by link');
  expect((await fetch(await link('PUT', now), { method: 'PUT', body: 'put by link' })).status).toBe(200);
  expect(await textOf('a key')).toBe('put by link');
  const late = await fetch(await link('GET', new Date(now.getTime() - 120_000)));
  expect([late.status, await late.text()]).toEqual([403, expect.stringContaining('Request has expired')]);
  expect((await fetch((await link('GET', now)).replace('a%20key', 'b%20key'))).status).toBe(403);
});

test('all is there again after a restart', async () => {
  const folder = await newFolder();
  const first = await startEmbeddedAws(options(folder));
  s3 = new S3Client(client(first.url));
  await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
  const configuration = { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 7 } } } as const;
  await s3.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration: configuration }));
  const { VersionId } = await put('k', 'one', { Metadata: { a: 'b' } });
  await put('k', 'two');
  const before = await s3.send(new HeadObjectCommand({ Bucket, Key: 'k', ...(VersionId === undefined ? {} : { VersionId }) }));
  await first.close();
  const second = await startEmbeddedAws(options(folder));
  onTestFinished(() => second.close());
  s3 = new S3Client(client(second.url));
  const after = await s3.send(new HeadObjectCommand({ Bucket, Key: 'k', ...(VersionId === undefined ? {} : { VersionId }) }));
  expect({ ...after, $metadata: undefined }).toEqual({ ...before, $metadata: undefined });
  expect([await textOf('k'), await textOf('k', VersionId)]).toEqual(['two', 'one']);
  expect((await s3.send(new GetObjectLockConfigurationCommand({ Bucket }))).ObjectLockConfiguration).toEqual(configuration);
  expect(await nameOf(s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId })))).toBe('AccessDenied');
});
