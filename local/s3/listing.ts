import { encode } from '../wire/canonical-request.ts';
import { AwsError } from '../wire/errors.ts';
import type { Xml } from '../wire/xml.ts';
import type { Bucket, Version } from './buckets.ts';

const largestPage = 1000;

/** S3 lists keys in the order of their UTF-8 bytes. */
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

type Query = ReadonlyMap<string, string>;

function pageSize(query: Query): number {
  const size = Number(query.get('max-keys') ?? largestPage);
  if (!Number.isInteger(size) || size < 0) throw new AwsError('InvalidArgument', 'Provided max-keys not an integer or within integer range');
  return Math.min(size, largestPage);
}

function encoder(query: Query): (name: string) => string {
  const type = query.get('encoding-type');
  if (type !== undefined && type !== 'url') throw new AwsError('InvalidArgument', 'Invalid Encoding Method specified in Request');
  return type === undefined ? (name) => name : (name) => encode(name).replaceAll('%2F', '/');
}

/** A line of a listing: a key, or the common prefix of several. */
interface Line {
  readonly kind: 'key' | 'prefix';
  readonly name: string;
}

/** ListObjectsV2: the current objects, delete markers left out. */
export function listObjects({ name, objects }: Bucket, query: Query): Xml {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const size = pageSize(query);
  const encoded = encoder(query);
  const token = query.get('continuation-token');
  const after = token === undefined ? { kind: 'key' as const, name: query.get('start-after') ?? '' } : readToken(token);
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && objects.get(key)?.at(-1)?.content !== undefined && isAfter(key, after)).sort(byBytes);
  const lines = linesOf(keys, prefix, delimiter);
  const shown = lines.slice(0, size);
  const last = shown.at(-1);
  const truncated = last !== undefined && lines.length > shown.length;
  return {
    Name: name,
    Prefix: encoded(prefix),
    Delimiter: delimiter === '' ? undefined : encoded(delimiter),
    StartAfter: query.has('start-after') ? encoded(query.get('start-after') ?? '') : undefined,
    EncodingType: query.get('encoding-type'),
    ContinuationToken: token,
    NextContinuationToken: truncated ? writeToken(last) : undefined,
    KeyCount: shown.length,
    MaxKeys: size,
    IsTruncated: truncated,
    Contents: shown.filter(({ kind }) => kind === 'key').map((line) => ({ Key: encoded(line.name), ...contentOf(objects.get(line.name)?.at(-1)) })),
    CommonPrefixes: shown.filter(({ kind }) => kind === 'prefix').map((line) => ({ Prefix: encoded(line.name) })),
  };
}

const isAfter = (key: string, after: Line): boolean => byBytes(key, after.name) > 0 && !(after.kind === 'prefix' && key.startsWith(after.name));

function linesOf(keys: readonly string[], prefix: string, delimiter: string): Line[] {
  const lines: Line[] = [];
  for (const key of keys) {
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const line: Line = end < 0 ? { kind: 'key', name: key } : { kind: 'prefix', name: key.slice(0, end + delimiter.length) };
    if (line.kind === 'key' || lines.at(-1)?.name !== line.name) lines.push(line);
  }
  return lines;
}

const contentOf = (version: Version | undefined): { readonly [name: string]: Xml } => ({
  LastModified: new Date(version?.modifiedMs ?? 0).toISOString(),
  ETag: version?.content?.etag,
  Size: version?.content?.bytes,
  StorageClass: version?.content === undefined ? undefined : 'STANDARD',
});

const writeToken = ({ kind, name }: Line): string => Buffer.from(JSON.stringify([kind, name])).toString('base64url');

function readToken(token: string): Line {
  try {
    const [kind, name] = JSON.parse(Buffer.from(token, 'base64url').toString()) as [unknown, unknown];
    if ((kind === 'key' || kind === 'prefix') && typeof name === 'string') return { kind, name };
  } catch {
    // Falls through to the refusal: whatever it is, this service did not make it.
  }
  throw new AwsError('InvalidArgument', 'The continuation token provided is incorrect');
}

/** ListObjectVersions: every version and delete marker, the newest of a key first. */
export function listVersions({ name, objects }: Bucket, query: Query): Xml {
  const prefix = query.get('prefix') ?? '';
  const size = pageSize(query);
  const encoded = encoder(query);
  const keyMarker = query.get('key-marker');
  const versionMarker = query.get('version-id-marker');
  const all = [...objects]
    .filter(([key]) => key.startsWith(prefix))
    .sort(([a], [b]) => byBytes(a, b))
    .flatMap(([key, versions]) => versions.toReversed().map((version, i) => ({ key, version, latest: i === 0 })));
  const from = keyMarker === undefined ? 0 : firstAfter(all, keyMarker, versionMarker);
  const shown = all.slice(from, from + size);
  const last = shown.at(-1);
  const truncated = last !== undefined && from + size < all.length;
  const line = ({ key, version, latest }: (typeof all)[number]): { readonly [name: string]: Xml } => ({
    Key: encoded(key),
    VersionId: version.versionId,
    IsLatest: latest,
    ...contentOf(version),
  });
  return {
    Name: name,
    Prefix: encoded(prefix),
    KeyMarker: encoded(keyMarker ?? ''),
    VersionIdMarker: versionMarker ?? '',
    NextKeyMarker: truncated ? encoded(last.key) : undefined,
    NextVersionIdMarker: truncated ? last.version.versionId : undefined,
    EncodingType: query.get('encoding-type'),
    MaxKeys: size,
    IsTruncated: truncated,
    Version: shown.filter(({ version }) => version.content !== undefined).map(line),
    DeleteMarker: shown.filter(({ version }) => version.content === undefined).map(line),
  };
}

/** With a version marker the listing goes on inside that key, else behind it. */
function firstAfter(all: readonly { readonly key: string; readonly version: Version }[], keyMarker: string, versionMarker: string | undefined): number {
  const marked = versionMarker === undefined ? -1 : all.findIndex(({ key, version }) => key === keyMarker && version.versionId === versionMarker);
  if (marked >= 0) return marked + 1;
  const next = all.findIndex(({ key }) => byBytes(key, keyMarker) > 0);
  return next < 0 ? all.length : next;
}
