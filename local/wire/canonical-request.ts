import { createHash } from 'node:crypto';

/** A request as it came over the wire: path and query still encoded, header names lower case, repeats joined by a comma. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

export const sha256Hex = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** Percent-encodes all but the unreserved characters of RFC 3986. */
export const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/**
 * The name-value pairs of a query, decoded; a name without `=` has the value ''. `+` stays a plus sign.
 * Throws URIError on a malformed escape.
 */
export function queryPairs(query: string): [name: string, value: string][] {
  return query
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const [name = '', ...value] = part.split('=');
      return [decodeURIComponent(name), decodeURIComponent(value.join('='))];
    });
}

/**
 * The canonical request of Signature Version 4 (IAM User Guide, "Create a signed AWS API request", step 1).
 * S3 encodes the path once and keeps it as it is; the others normalise it and encode what was on the wire again.
 */
export function canonicalRequest(request: WireRequest, signedHeaders: readonly string[], payloadHash: string, service: string): string {
  return [
    request.method,
    service === 's3' ? pathOnce(request.path) : pathTwice(request.path),
    canonicalQuery(request.query),
    ...signedHeaders.map((name) => `${name}:${(request.headers.get(name) ?? '').trim().replace(/[ \t]+/g, ' ')}`),
    '',
    signedHeaders.join(';'),
    payloadHash,
  ].join('\n');
}

const pathOnce = (path: string): string =>
  path
    .split('/')
    .map((segment) => encode(decodeURIComponent(segment)))
    .join('/');

function pathTwice(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(encode(segment));
  }
  return `/${kept.join('/')}${kept.length > 0 && path.endsWith('/') ? '/' : ''}`;
}

function canonicalQuery(query: string): string {
  return queryPairs(query)
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
