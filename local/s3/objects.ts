import { createHash, randomUUID } from 'node:crypto';
import { decodeAwsChunked } from '../wire/aws-chunked.ts';
import { AwsError } from '../wire/errors.ts';
import type { WireAnswer } from '../wire/http.ts';
import type { Bucket, Buckets, Content, Version } from './buckets.ts';
import { checkChecksums } from './checksums.ts';
import { checkDeletable, retentionHeaders, retentionOf } from './object-lock.ts';
import type { S3Request } from './requests.ts';

/** What the operations on objects work with. */
export interface Place {
  readonly buckets: Buckets;
  readonly bucket: Bucket;
  readonly nowMs: number;
}

const longestKeyBytes = 1024;
const keptHeaders = ['content-type', 'cache-control', 'content-disposition', 'content-language', 'expires'];

const empty = (status: number, headers: Readonly<Record<string, string>>): WireAnswer => ({ status, headers, body: '' });

const currentOf = ({ objects }: Bucket, key: string): Version | undefined => objects.get(key)?.at(-1);

const versionHeader = ({ settings }: Bucket, { versionId }: Version): Record<string, string> =>
  settings.versioning === undefined ? {} : { 'x-amz-version-id': versionId };

/** Stores an object. Nothing waits between its conditions and the commit, so that of two conditional puts one wins. */
export function putObject({ buckets, bucket, nowMs }: Place, request: S3Request): WireAnswer {
  const { key, headers } = request;
  if (Buffer.byteLength(key) > longestKeyBytes) throw new AwsError('KeyTooLongError', 'Your key is too long');
  const { data, fields } = readBody(request);
  const checksums = checkChecksums(data, fields);
  const retention = retentionOf(headers, bucket.settings, nowMs);
  if (headers.has('x-amz-object-lock-mode') && Object.keys(checksums).length === 0 && !headers.has('content-md5'))
    throw new AwsError('InvalidRequest', 'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters');
  checkPutCondition(headers, currentOf(bucket, key));
  const content: Content = { body: data.toString('base64'), bytes: data.length, etag: `"${createHash('md5').update(data).digest('hex')}"`, headers: headersToKeep(headers), checksums };
  const version: Version = { versionId: newVersionId(bucket), modifiedMs: nowMs, content, ...(retention && { retention }) };
  buckets.commit({ put: bucket.name, key, version });
  return empty(200, { etag: content.etag, ...versionHeader(bucket, version), ...checksumHeaders(content) });
}

function readBody({ headers, body }: S3Request): { data: Buffer; fields: ReadonlyMap<string, string> } {
  const kind = headers.get('x-amz-content-sha256') ?? '';
  if (!kind.startsWith('STREAMING-')) return { data: body, fields: headers };
  if (kind !== 'STREAMING-UNSIGNED-PAYLOAD-TRAILER') throw new AwsError('NotImplemented', `The embedded S3 takes STREAMING-UNSIGNED-PAYLOAD-TRAILER, not ${kind}.`, 501);
  const { data, trailers } = decodeAwsChunked(body);
  if (Number(headers.get('x-amz-decoded-content-length')) !== data.length)
    throw new AwsError('IncompleteBody', 'You did not provide the number of bytes specified by the x-amz-decoded-content-length HTTP header');
  const promised = headers.get('x-amz-trailer');
  if (promised !== undefined && !trailers.has(promised.toLowerCase())) throw new AwsError('MalformedTrailerError', `The request contained trailing data that was not well-formed: ${promised} is missing.`);
  return { data, fields: new Map([...headers, ...trailers]) };
}

function headersToKeep(headers: ReadonlyMap<string, string>): Record<string, string> {
  const encoding = (headers.get('content-encoding') ?? '').split(',').map((e) => e.trim()).filter((e) => e !== '' && e !== 'aws-chunked');
  return {
    'content-type': 'binary/octet-stream',
    ...Object.fromEntries([...headers].filter(([name]) => keptHeaders.includes(name) || name.startsWith('x-amz-meta-'))),
    ...(encoding.length > 0 ? { 'content-encoding': encoding.join(',') } : {}),
  };
}

const newVersionId = ({ settings }: Bucket): string => (settings.versioning === 'Enabled' ? randomUUID().replaceAll('-', '') : 'null');

const failed = (): AwsError => new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412);

/** S3 User Guide, "How to prevent object overwrites with conditional writes". */
function checkPutCondition(headers: ReadonlyMap<string, string>, current: Version | undefined): void {
  const noneMatch = headers.get('if-none-match');
  const match = headers.get('if-match');
  if (noneMatch !== undefined && noneMatch !== '*') throw new AwsError('NotImplemented', 'If-None-Match of PutObject can be * only.', 501);
  if (noneMatch !== undefined && current?.content !== undefined) throw failed();
  if (match === undefined) return;
  if (current?.content === undefined) throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
  if (!sameEtag(match, current.content.etag)) throw failed();
}

const sameEtag = (given: string, etag: string): boolean => given === '*' || given.replaceAll('"', '') === etag.replaceAll('"', '');

/** GetObject and HeadObject. */
export function getObject({ bucket }: Place, { operation, key, query, headers }: S3Request): WireAnswer {
  const version = findVersion(bucket, key, query.get('versionId'));
  const { content } = version;
  if (content === undefined)
    throw query.has('versionId') ? new AwsError('MethodNotAllowed', 'The specified method is not allowed against this resource.', 405) : noSuchKey(key);
  const match = headers.get('if-match');
  if (match !== undefined && !sameEtag(match, content.etag)) throw failed();
  const common = {
    ...content.headers,
    etag: content.etag,
    'last-modified': new Date(version.modifiedMs).toUTCString(),
    'accept-ranges': 'bytes',
    ...versionHeader(bucket, version),
    ...retentionHeaders(version.retention),
  };
  const noneMatch = headers.get('if-none-match');
  if (noneMatch !== undefined && sameEtag(noneMatch, content.etag)) return empty(304, common);
  const range = rangeOf(headers.get('range'), content.bytes);
  const checksums = range === undefined && headers.get('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED' ? checksumHeaders(content) : {};
  const [from, to] = range ?? [0, content.bytes - 1];
  const answered = {
    ...common,
    ...checksums,
    'content-length': String(to - from + 1),
    ...(range === undefined ? {} : { 'content-range': `bytes ${from}-${to}/${content.bytes}` }),
  };
  const body = operation === 'HeadObject' ? '' : Buffer.from(content.body, 'base64').subarray(from, to + 1);
  return { status: range === undefined ? 200 : 206, headers: answered, body };
}

const checksumHeaders = ({ checksums }: Content): Record<string, string> =>
  Object.keys(checksums).length === 0 ? {} : { ...checksums, 'x-amz-checksum-type': 'FULL_OBJECT' };

const noSuchKey = (key: string): AwsError => new AwsError('NoSuchKey', 'The specified key does not exist.', 404, { Key: key });

function findVersion({ objects }: Bucket, key: string, versionId: string | undefined): Version {
  const versions = objects.get(key) ?? [];
  const version = versionId === undefined ? versions.at(-1) : versions.find((v) => v.versionId === versionId);
  if (version === undefined) throw versionId === undefined ? noSuchKey(key) : new AwsError('NoSuchVersion', 'The specified version does not exist.', 404, { Key: key, VersionId: versionId });
  return version;
}

/** First and last byte of a single range (RFC 9110, section 14); any other form is ignored, as the RFC allows. Throws InvalidRange. */
function rangeOf(header: string | undefined, bytes: number): [from: number, to: number] | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const from = first === '' ? Math.max(0, bytes - Number(last)) : Number(first);
  const to = first === '' || last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1);
  if (from >= bytes || (first === '' && Number(last) === 0)) throw new AwsError('InvalidRange', 'The requested range is not satisfiable', 416);
  return to < from ? undefined : [from, to];
}

/** Removes a version for good, or hides the object under a delete marker (S3 User Guide, "Deleting object versions"). */
export function deleteObject({ buckets, bucket, nowMs }: Place, { key, query, headers }: S3Request): WireAnswer {
  const versioned = bucket.settings.versioning !== undefined;
  const versionId = query.get('versionId') ?? (versioned ? undefined : 'null');
  if (versionId === undefined) {
    const marker: Version = { versionId: newVersionId(bucket), modifiedMs: nowMs };
    buckets.commit({ put: bucket.name, key, version: marker });
    return empty(204, { 'x-amz-delete-marker': 'true', ...versionHeader(bucket, marker) });
  }
  const version = bucket.objects.get(key)?.find((v) => v.versionId === versionId);
  if (version !== undefined) {
    checkDeletable(version, headers.get('x-amz-bypass-governance-retention') === 'true', nowMs);
    buckets.commit({ remove: bucket.name, key, versionId });
  }
  const wasMarker = version !== undefined && version.content === undefined;
  return empty(204, { ...(versioned ? { 'x-amz-version-id': versionId } : {}), ...(wasMarker ? { 'x-amz-delete-marker': 'true' } : {}) });
}
