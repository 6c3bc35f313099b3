import { queryPairs, type WireRequest } from '../wire/canonical-request.ts';
import { AwsError } from '../wire/errors.ts';

/** A request of S3, taken apart. */
export interface S3Request {
  readonly operation: string;
  readonly actions: readonly string[];
  readonly bucket: string;
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

interface Route {
  readonly operation: string;
  /** The IAM action, without its `s3:`. */
  readonly action: string;
  readonly level: 'service' | 'bucket' | 'object';
  readonly method: string;
  /** The query parameter that tells the operation from others of the same method. */
  readonly by?: string;
  readonly query?: readonly string[];
  readonly headers?: readonly string[];
}

const listing = ['prefix', 'delimiter', 'max-keys', 'encoding-type'];
const conditional = ['if-match', 'if-none-match'];
const lock = ['x-amz-object-lock-mode', 'x-amz-object-lock-retain-until-date'];

/** What the embedded S3 does, each with the parameters and headers that it heeds. All else is refused by name. */
const routes: readonly Route[] = [
  { operation: 'ListBuckets', action: 'ListAllMyBuckets', level: 'service', method: 'GET' },
  { operation: 'CreateBucket', action: 'CreateBucket', level: 'bucket', method: 'PUT', headers: ['x-amz-bucket-object-lock-enabled'] },
  { operation: 'HeadBucket', action: 'ListBucket', level: 'bucket', method: 'HEAD' },
  { operation: 'GetBucketLocation', action: 'GetBucketLocation', level: 'bucket', method: 'GET', by: 'location' },
  { operation: 'GetBucketVersioning', action: 'GetBucketVersioning', level: 'bucket', method: 'GET', by: 'versioning' },
  { operation: 'PutBucketVersioning', action: 'PutBucketVersioning', level: 'bucket', method: 'PUT', by: 'versioning' },
  { operation: 'GetObjectLockConfiguration', action: 'GetBucketObjectLockConfiguration', level: 'bucket', method: 'GET', by: 'object-lock' },
  { operation: 'PutObjectLockConfiguration', action: 'PutBucketObjectLockConfiguration', level: 'bucket', method: 'PUT', by: 'object-lock' },
  { operation: 'GetBucketPolicy', action: 'GetBucketPolicy', level: 'bucket', method: 'GET', by: 'policy' },
  { operation: 'PutBucketPolicy', action: 'PutBucketPolicy', level: 'bucket', method: 'PUT', by: 'policy' },
  { operation: 'DeleteBucketPolicy', action: 'DeleteBucketPolicy', level: 'bucket', method: 'DELETE', by: 'policy' },
  { operation: 'GetPublicAccessBlock', action: 'GetBucketPublicAccessBlock', level: 'bucket', method: 'GET', by: 'publicAccessBlock' },
  { operation: 'PutPublicAccessBlock', action: 'PutBucketPublicAccessBlock', level: 'bucket', method: 'PUT', by: 'publicAccessBlock' },
  { operation: 'DeletePublicAccessBlock', action: 'PutBucketPublicAccessBlock', level: 'bucket', method: 'DELETE', by: 'publicAccessBlock' },
  { operation: 'ListObjectVersions', action: 'ListBucketVersions', level: 'bucket', method: 'GET', by: 'versions', query: ['prefix', 'max-keys', 'encoding-type', 'key-marker', 'version-id-marker'] },
  { operation: 'ListObjectsV2', action: 'ListBucket', level: 'bucket', method: 'GET', by: 'list-type', query: [...listing, 'continuation-token', 'start-after'] },
  { operation: 'PutObject', action: 'PutObject', level: 'object', method: 'PUT', headers: [...conditional, ...lock, 'x-amz-trailer', 'x-amz-decoded-content-length'] },
  { operation: 'GetObject', action: 'GetObject', level: 'object', method: 'GET', query: ['versionId'], headers: [...conditional, 'x-amz-checksum-mode'] },
  { operation: 'HeadObject', action: 'GetObject', level: 'object', method: 'HEAD', query: ['versionId'], headers: [...conditional, 'x-amz-checksum-mode'] },
  { operation: 'DeleteObject', action: 'DeleteObject', level: 'object', method: 'DELETE', query: ['versionId'], headers: ['x-amz-bypass-governance-retention'] },
];

/** Headers that change nothing here, or are handled for every operation. */
const general: ReadonlySet<string> = new Set([
  ...['x-amz-date', 'x-amz-content-sha256', 'x-amz-security-token', 'x-amz-user-agent', 'x-amz-sdk-checksum-algorithm', 'x-amz-expected-bucket-owner'],
]);

/** Reads path, method and query into an operation. Throws NotImplemented for all that is not on the list above. */
export function readS3Request(request: WireRequest): S3Request {
  const { bucket, key } = readPath(request);
  const query = new Map(queryPairs(request.query));
  const level = bucket === '' ? 'service' : key === '' ? 'bucket' : 'object';
  const candidates = routes.filter((route) => route.level === level && route.method === request.method);
  const route = candidates.find(({ by }) => by !== undefined && query.has(by)) ?? candidates.find(({ by }) => by === undefined);
  if (route === undefined) throw notImplemented(`${request.method} of a ${level} with ${request.query || 'no query'}`);
  for (const name of query.keys()) if (!isKnownParameter(route, name)) throw notImplemented(`the query parameter ${name} of ${route.operation}`);
  for (const name of request.headers.keys()) if (!isKnownHeader(route, name)) throw notImplemented(`the header ${name} of ${route.operation}`);
  if (query.has('list-type') && query.get('list-type') !== '2') throw notImplemented('ListObjects: use ListObjectsV2; it');
  return { operation: route.operation, actions: actionsOf(route, query, request.headers), bucket, key, query, headers: request.headers, body: request.body };
}

/** The bucket stands in the path, or before `.localhost` in the Host header. Throws InvalidURI on a malformed escape. */
function readPath({ path, headers }: WireRequest): { bucket: string; key: string } {
  const ofHost = bucketOfHost(headers);
  const [first = '', ...rest] = path.slice(1).split('/').map(decoded);
  return ofHost === undefined ? { bucket: first, key: rest.join('/') } : { bucket: ofHost, key: [first, ...rest].join('/') };
}

const bucketOfHost = (headers: ReadonlyMap<string, string>): string | undefined => /^(.+)\.localhost(?::\d+)?$/.exec(headers.get('host') ?? '')?.[1];

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new AwsError('InvalidURI', "Couldn't parse the specified URI.");
  }
}

/** The bucket that an unsigned reading of an object names; undefined for any other request. Bucket names need no escapes. */
export const bucketOfReading = ({ method, path, headers }: WireRequest): string | undefined =>
  method === 'GET' || method === 'HEAD' ? (bucketOfHost(headers) ?? /^\/([^/]+)\/./.exec(path)?.[1]) : undefined;

/** The parameters of a presigned request, and `x-id`, by which the SDKs repeat the operation's name. */
const signing: ReadonlySet<string> = new Set([
  ...['x-id', 'x-amz-algorithm', 'x-amz-credential', 'x-amz-date', 'x-amz-expires', 'x-amz-signedheaders', 'x-amz-signature', 'x-amz-security-token', 'x-amz-content-sha256'],
]);

const isKnownParameter = ({ by, query = [] }: Route, name: string): boolean => name === by || query.includes(name) || signing.has(name.toLowerCase());

const isKnownHeader = ({ headers = [], operation }: Route, name: string): boolean =>
  headers.includes(name) ||
  general.has(name) ||
  !/^(x-amz-|if-)/.test(name) ||
  (name.startsWith('x-amz-checksum-') && name !== 'x-amz-checksum-mode') ||
  (operation === 'PutObject' && name.startsWith('x-amz-meta-'));

function actionsOf({ operation, action }: Route, query: ReadonlyMap<string, string>, headers: ReadonlyMap<string, string>): string[] {
  const actions = [query.has('versionId') ? action.replace(/Object$/, 'ObjectVersion') : action];
  if (lock.some((name) => headers.has(name))) actions.push('PutObjectRetention');
  if (operation === 'DeleteObject' && headers.get('x-amz-bypass-governance-retention') === 'true') actions.push('BypassGovernanceRetention');
  return actions.map((name) => `s3:${name}`);
}

const notImplemented = (what: string): AwsError =>
  new AwsError('NotImplemented', `A header or query you provided implies functionality that is not implemented: the embedded S3 does not do ${what}.`, 501);
