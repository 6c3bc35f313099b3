import { createHash, randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { XMLParser } from 'fast-xml-parser';
import type { Clock } from './clock.ts';
import { Journal } from './journal.ts';
import type { Answer, WireRequest } from './wire/answer.ts';
import { AwsError } from './wire/errors.ts';

interface StoredObject {
  readonly versionId: string;
  readonly body: string;
  readonly etag: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly modifiedAt: number;
  readonly retainUntil?: number;
}

interface Bucket {
  readonly objectLock: boolean;
  retention?: { readonly mode: string; readonly days: number };
  readonly objects: Map<string, StoredObject[]>;
}

type Entry =
  | { readonly kind: 'bucket'; readonly bucket: string; readonly objectLock: boolean }
  | { readonly kind: 'retention'; readonly bucket: string; readonly mode: string; readonly days: number }
  | { readonly kind: 'object'; readonly bucket: string; readonly key: string; readonly object: StoredObject };

const dayMs = 86_400_000;
/** Query names that are looked at, and `x-id`, by which the SDK says what it calls. Any other would be ignored, so it is refused. */
const known = new Set(['object-lock', 'list-type', 'prefix', 'delimiter', 'continuation-token', 'start-after', 'max-keys', 'versionId', 'x-id']);
const kept = ['content-type', 'cache-control', 'content-disposition', 'content-encoding'];
const parser = new XMLParser();

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** An element with its children; a list is the same element several times. */
function element(name: string, content: unknown, attributes = ''): string {
  if (Array.isArray(content)) return content.map((one) => element(name, one, attributes)).join('');
  const inner =
    typeof content === 'object' && content !== null
      ? Object.entries(content).map(([child, value]) => element(child, value)).join('')
      : String(content).replace(/[&<>"]/g, (c) => escapes[c] ?? c);
  return `<${name}${attributes}>${inner}</${name}>`;
}

const xml = (root: string, content: object, status = 200, attributes = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'): Answer => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${element(root, content, attributes)}`),
});

const empty = (headers: Record<string, string> = {}, status = 200): Answer => ({ status, headers, body: Buffer.alloc(0) });

/** The XML form of an S3 error. */
export const s3Error = ({ code, message, httpStatus }: AwsError): Answer => xml('Error', { Code: code, Message: message }, httpStatus, '');

/** The part of S3 that keeps dossiers: versions, Object Lock with default retention, conditional puts. Objects live in one journal. */
export class S3 {
  readonly #buckets = new Map<string, Bucket>();
  readonly #clock: Clock;
  #journal: Journal<Entry> | undefined;

  private constructor(clock: Clock) {
    this.#clock = clock;
  }

  static async open(folder: string, clock: Clock): Promise<S3> {
    await mkdir(folder, { recursive: true });
    const s3 = new S3(clock);
    s3.#journal = await Journal.open<Entry>(join(folder, 's3.journal'), (entry) => s3.#apply(entry));
    return s3;
  }

  async close(): Promise<void> {
    await this.#journal?.close();
  }

  #apply(entry: Entry): void {
    if (entry.kind === 'bucket') this.#buckets.set(entry.bucket, { objectLock: entry.objectLock, objects: new Map() });
    else if (entry.kind === 'retention') this.#bucket(entry.bucket).retention = { mode: entry.mode, days: entry.days };
    else {
      const { objects } = this.#bucket(entry.bucket);
      objects.set(entry.key, [...(objects.get(entry.key) ?? []), entry.object]);
    }
  }

  /** Applied at once, answered when durable: a second conditional put sees the first before either is on disk. */
  async #commit(entry: Entry): Promise<void> {
    this.#apply(entry);
    await this.#journal?.append(entry);
  }

  #bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404);
    return bucket;
  }

  /** The name by which IAM and faults know a request. */
  static operationOf({ method, path, query }: WireRequest): string {
    const hasKey = path.split('/').filter((p) => p !== '').length > 1;
    const flag = new URLSearchParams(query);
    if (flag.has('object-lock')) return method === 'PUT' ? 'PutBucketObjectLockConfiguration' : 'GetBucketObjectLockConfiguration';
    if (!hasKey) return { PUT: 'CreateBucket', GET: path === '/' ? 'ListAllMyBuckets' : 'ListBucket', HEAD: 'ListBucket' }[method] ?? method;
    return { PUT: 'PutObject', GET: 'GetObject', HEAD: 'GetObject', DELETE: 'DeleteObject' }[method] ?? method;
  }

  async handle(request: WireRequest): Promise<Answer> {
    const [, bucket = '', ...rest] = request.path.split('/').map(decodeURIComponent);
    const key = rest.join('/');
    const query = new URLSearchParams(request.query);
    const operation = S3.operationOf(request);
    const strange = [...query.keys()].find((name) => !known.has(name));
    if (strange !== undefined) throw new AwsError('NotImplemented', `The embedded S3 does not know ?${strange}.`, 501);
    switch (operation) {
      case 'CreateBucket':
        return this.#createBucket(bucket, request);
      case 'PutBucketObjectLockConfiguration':
        return this.#putRetention(bucket, request);
      case 'GetBucketObjectLockConfiguration':
        return this.#getRetention(bucket);
      case 'ListAllMyBuckets':
        return xml('ListAllMyBucketsResult', { Buckets: { Bucket: [...this.#buckets.keys()].map((Name) => ({ Name })) } });
      case 'ListBucket':
        if (request.method === 'HEAD') return (this.#bucket(bucket), empty());
        if (query.get('list-type') !== '2') break;
        return this.#list(bucket, query);
      case 'PutObject':
        return this.#putObject(bucket, key, request);
      case 'GetObject':
        return this.#getObject(bucket, key, query, request.method === 'HEAD');
      case 'DeleteObject':
        return this.#deleteObject(bucket, key, query);
    }
    throw new AwsError('NotImplemented', `The embedded S3 does not do ${request.method} ${request.path}?${request.query}.`, 501);
  }

  async #createBucket(bucket: string, { headers }: WireRequest): Promise<Answer> {
    if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) throw new AwsError('InvalidBucketName', 'The specified bucket is not valid.');
    if (this.#buckets.has(bucket)) throw new AwsError('BucketAlreadyOwnedByYou', 'Your previous request to create the named bucket succeeded and you already own it.', 409);
    await this.#commit({ kind: 'bucket', bucket, objectLock: headers['x-amz-bucket-object-lock-enabled'] === 'true' });
    return empty({ location: `/${bucket}` });
  }

  async #putRetention(bucket: string, { body }: WireRequest): Promise<Answer> {
    if (!this.#bucket(bucket).objectLock) throw new AwsError('InvalidBucketState', 'Object Lock configuration cannot be enabled on existing buckets', 409);
    const { ObjectLockConfiguration: configuration } = parser.parse(body.toString('utf8')) as { ObjectLockConfiguration?: { Rule?: { DefaultRetention?: { Mode?: string; Days?: number; Years?: number } } } };
    const { Mode: mode = '', Days, Years } = configuration?.Rule?.DefaultRetention ?? {};
    const days = Days ?? (Years ?? 0) * 365;
    if (!['GOVERNANCE', 'COMPLIANCE'].includes(mode) || days < 1) throw new AwsError('MalformedXML', 'The XML you provided was not well-formed or did not validate against our published schema');
    await this.#commit({ kind: 'retention', bucket, mode, days });
    return empty();
  }

  #getRetention(bucket: string): Answer {
    const { objectLock, retention } = this.#bucket(bucket);
    if (!objectLock) throw new AwsError('ObjectLockConfigurationNotFoundError', 'Object Lock configuration does not exist for this bucket', 404);
    const rule = retention === undefined ? {} : { Rule: { DefaultRetention: { Mode: retention.mode, Days: retention.days } } };
    return xml('ObjectLockConfiguration', { ObjectLockEnabled: 'Enabled', ...rule });
  }

  async #putObject(bucket: string, key: string, { headers, body }: WireRequest): Promise<Answer> {
    const { objects, retention } = this.#bucket(bucket);
    if (Object.keys(headers).some((name) => name.startsWith('x-amz-object-lock-'))) throw new AwsError('NotImplemented', 'The embedded S3 locks by the default retention of the bucket only.', 501);
    if (headers['x-amz-copy-source'] !== undefined) throw new AwsError('NotImplemented', 'The embedded S3 copies no objects.', 501);
    const current = objects.get(key)?.at(-1);
    if (headers['if-none-match'] === '*' && current !== undefined) throw new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412);
    if (headers['if-match'] !== undefined && headers['if-match'] !== current?.etag) throw new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412);
    const now = this.#clock.now();
    const object: StoredObject = {
      versionId: randomUUID(),
      body: body.toString('base64'),
      etag: `"${createHash('md5').update(body).digest('hex')}"`,
      headers: Object.fromEntries(Object.entries(headers).filter(([name]) => kept.includes(name) || name.startsWith('x-amz-meta-'))),
      modifiedAt: now,
      ...(retention === undefined ? {} : { retainUntil: now + retention.days * dayMs }),
    };
    await this.#commit({ kind: 'object', bucket, key, object });
    return empty({ etag: object.etag, 'x-amz-version-id': object.versionId });
  }

  #getObject(bucket: string, key: string, query: URLSearchParams, headOnly: boolean): Answer {
    const versions = this.#bucket(bucket).objects.get(key) ?? [];
    const wanted = query.get('versionId');
    const object = wanted === null ? versions.at(-1) : versions.find((v) => v.versionId === wanted);
    if (object === undefined) throw new AwsError(headOnly ? 'NotFound' : 'NoSuchKey', 'The specified key does not exist.', 404);
    const body = Buffer.from(object.body, 'base64');
    const headers = { ...object.headers, etag: object.etag, 'x-amz-version-id': object.versionId, 'last-modified': new Date(object.modifiedAt).toUTCString() };
    return headOnly ? { ...empty({ ...headers, 'content-length': String(body.length) }) } : { status: 200, headers, body };
  }

  /** Every version here is under retention or kept for good: the embedded S3 deletes nothing. */
  #deleteObject(bucket: string, key: string, query: URLSearchParams): Answer {
    const versions = this.#bucket(bucket).objects.get(key) ?? [];
    const version = versions.find((v) => v.versionId === query.get('versionId'));
    if (version?.retainUntil !== undefined && version.retainUntil > this.#clock.now()) throw new AwsError('AccessDenied', 'Access Denied because object protected by object lock.', 403);
    throw new AwsError('NotImplemented', 'The embedded S3 deletes no objects.', 501);
  }

  #list(bucket: string, query: URLSearchParams): Answer {
    const prefix = query.get('prefix') ?? '';
    if (query.has('delimiter')) throw new AwsError('NotImplemented', 'The embedded S3 lists without delimiter.', 501);
    const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
    const size = Math.min(Number(query.get('max-keys') ?? 1000), 1000);
    const all = [...this.#bucket(bucket).objects].filter(([key]) => key.startsWith(prefix) && key > after).sort(([a], [b]) => (a < b ? -1 : 1));
    const shown = all.slice(0, size);
    const last = shown.at(-1)?.[0];
    return xml('ListBucketResult', {
      Name: bucket,
      Prefix: prefix,
      KeyCount: shown.length,
      MaxKeys: size,
      IsTruncated: all.length > shown.length,
      ...(all.length > shown.length ? { NextContinuationToken: last } : {}),
      Contents: shown.map(([Key, versions]) => ({
        Key,
        ETag: versions.at(-1)?.etag,
        Size: Buffer.from(versions.at(-1)?.body ?? '', 'base64').length,
        LastModified: new Date(versions.at(-1)?.modifiedAt ?? 0).toISOString(),
        StorageClass: 'STANDARD',
      })),
    });
  }
}
