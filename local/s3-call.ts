/** S3 as an AWS SDK integration of Step Functions calls it: the parameters of the SDK to a REST request, and its answer back. */
import { XMLParser } from 'fast-xml-parser';
import type { WireRequest } from './wire/canonical-request.ts';
import { AwsError } from './wire/errors.ts';
import type { WireAnswer } from './wire/http.ts';

type Parameters = Readonly<Record<string, unknown>>;

/** Where each parameter goes. What an operation does not list is refused, never ignored. */
interface Shape {
  readonly method: 'PUT' | 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  /** Query that the operation always has. */
  readonly fixed?: Readonly<Record<string, string>>;
  readonly key?: true;
}

const content = { CacheControl: 'cache-control', ContentDisposition: 'content-disposition', ContentEncoding: 'content-encoding', ContentType: 'content-type' };

const shapes: Readonly<Record<string, Shape>> = {
  CreateBucket: { method: 'PUT', headers: { ObjectLockEnabledForBucket: 'x-amz-bucket-object-lock-enabled' } },
  HeadBucket: { method: 'HEAD' },
  ListObjectsV2: { method: 'GET', fixed: { 'list-type': '2' }, query: { Prefix: 'prefix', StartAfter: 'start-after', ContinuationToken: 'continuation-token', MaxKeys: 'max-keys' } },
  PutObject: { method: 'PUT', key: true, headers: { ...content, IfMatch: 'if-match', IfNoneMatch: 'if-none-match' } },
  GetObject: { method: 'GET', key: true, query: { VersionId: 'versionId' } },
  HeadObject: { method: 'HEAD', key: true, query: { VersionId: 'versionId' } },
};

/** The request for an operation. Throws `NotImplemented` for an operation or a parameter that the embedded S3 does not do. */
export function s3Request(operation: string, parameters: Parameters): WireRequest {
  const { Bucket, Key, Body, Metadata } = parameters;
  const shape = Object.hasOwn(shapes, operation) ? shapes[operation] : undefined;
  if (shape === undefined) throw new AwsError('NotImplemented', `State machines here call ${Object.keys(shapes).join(', ')} of S3, not ${operation}.`, 501);
  const { method, headers = {}, query = {}, fixed = {}, key } = shape;
  if (typeof Bucket !== 'string' || Bucket === '' || (key === true && (typeof Key !== 'string' || Key === ''))) throw new AwsError('ValidationException', `${operation} needs Bucket${key === true ? ' and Key' : ''}, as strings.`);
  const isPut = operation === 'PutObject';
  const known = [...Object.keys(headers), ...Object.keys(query), 'Bucket', ...(key === true ? ['Key'] : []), ...(isPut ? ['Body', 'Metadata'] : [])];
  const strange = Object.entries(parameters).find(([name, value]) => !known.includes(name) || (name !== 'Metadata' && typeof value === 'object'));
  if (strange !== undefined) throw new AwsError('NotImplemented', `The embedded S3 does not do the parameter ${strange[0]} of ${operation}.`, 501);
  const given = (names: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(Object.entries(names).flatMap(([name, wire]) => (name in parameters ? [[wire, String(parameters[name] as string | number | boolean)]] : [])));
  const meta = Object.fromEntries(Object.entries((Metadata ?? {}) as Record<string, string>).map(([name, value]) => [`x-amz-meta-${name.toLowerCase()}`, value]));
  return {
    method,
    path: `/${[Bucket, ...(key === true ? (Key as string).split('/') : [])].map(encodeURIComponent).join('/')}`,
    query: new URLSearchParams({ ...fixed, ...given(query) }).toString(),
    headers: new Map(Object.entries({ ...given(headers), ...meta })),
    body: Buffer.from(typeof Body === 'string' ? Body : ''),
  };
}

const parser = new XMLParser({ parseTagValue: false });

/** The answer as the SDK shows it (recorded on AWS: LocalStack snapshots test_s3_get_object, test_s3_put_object). */
export function s3Result(operation: string, { headers, body: written }: WireAnswer): Record<string, unknown> {
  const body = Buffer.from(written as string);
  if (operation === 'ListObjectsV2') return listed(body);
  const named = { ETag: headers['etag'], VersionId: headers['x-amz-version-id'], Location: headers['location'] };
  const present = Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
  if (operation !== 'GetObject' && operation !== 'HeadObject') return present;
  const meta = Object.entries(headers).filter(([name]) => name.startsWith('x-amz-meta-'));
  return {
    AcceptRanges: 'bytes',
    ContentLength: operation === 'GetObject' ? body.length : Number(headers['content-length']),
    ContentType: headers['content-type'] ?? 'binary/octet-stream',
    ...present,
    LastModified: new Date(headers['last-modified'] ?? 0).toISOString(),
    Metadata: Object.fromEntries(meta.map(([name, value]) => [name.slice('x-amz-meta-'.length), value])),
    ...(operation === 'GetObject' ? { Body: body.toString('utf8') } : {}),
  };
}

function listed(body: Buffer): Record<string, unknown> {
  const { ListBucketResult: found } = parser.parse(body.toString('utf8')) as { ListBucketResult: Record<string, string> & { Contents?: unknown } };
  const { Contents = [], NextContinuationToken, Name = '', Prefix = '', KeyCount, MaxKeys, IsTruncated } = found;
  const contents = (Array.isArray(Contents) ? Contents : [Contents]) as Record<string, string>[];
  return {
    Name,
    Prefix,
    KeyCount: Number(KeyCount),
    MaxKeys: Number(MaxKeys),
    IsTruncated: IsTruncated === 'true',
    ...(NextContinuationToken === undefined ? {} : { NextContinuationToken }),
    Contents: contents.map(({ Key, ETag, Size, LastModified, StorageClass }) => ({ Key, ETag, Size: Number(Size), LastModified, StorageClass })),
  };
}
