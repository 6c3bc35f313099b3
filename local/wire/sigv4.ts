import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { AwsError } from './errors.ts';
import type { WireRequest } from './answer.ts';

/** What the Authorization header of a request claims. AWS General Reference, "Signature Version 4". */
export interface Claim {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const algorithm = 'AWS4-HMAC-SHA256';
const skewMs = 5 * 60 * 1000;
const sha256 = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');
const hmac = (key: Buffer | string, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** Reads the claim; undefined for a request that carries no signature at all. Throws `IncompleteSignatureException`. */
export function readClaim({ headers }: WireRequest): Claim | undefined {
  const { authorization } = headers;
  if (authorization === undefined) return undefined;
  const fields = Object.fromEntries(
    authorization.slice(algorithm.length).split(',').map((part) => {
      const [name = '', ...value] = part.trim().split('=');
      return [name, value.join('=')];
    }),
  );
  const [accessKeyId, date, region, service, end] = (fields.Credential ?? '').split('/');
  const { SignedHeaders: signedHeaders, Signature: signature } = fields;
  if (!authorization.startsWith(`${algorithm} `) || end !== 'aws4_request' || !accessKeyId || !date || !region || !service || !signedHeaders || !signature)
    throw new AwsError('IncompleteSignatureException', 'Authorization header requires Credential, SignedHeaders and Signature.');
  return { accessKeyId, date, region, service, signedHeaders: signedHeaders.split(';'), signature };
}

/**
 * Checks that the request was signed with this secret, whole, and not long ago. Throws `InvalidSignatureException`. Time is real
 * time even where the embedded clock was moved: clients sign with theirs.
 */
export function checkSignature(request: WireRequest, claim: Claim, secretAccessKey: string, realNowMs: number): void {
  const wrong = (message: string) => new AwsError(claim.service === 's3' ? 'SignatureDoesNotMatch' : 'InvalidSignatureException', message, 403);
  const sentAt = request.headers['x-amz-date'] ?? '';
  const [, y, m, d, h, min, s] = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(sentAt) ?? [];
  const sentMs = Date.parse(`${y ?? ''}-${m ?? ''}-${d ?? ''}T${h ?? ''}:${min ?? ''}:${s ?? ''}Z`);
  if (Number.isNaN(sentMs) || !sentAt.startsWith(claim.date)) throw wrong('The X-Amz-Date header is missing or does not fit the credential scope.');
  if (Math.abs(realNowMs - sentMs) > skewMs) throw wrong(`Signature expired or not yet current: ${sentAt} is not within 5 minutes of now.`);
  for (const needed of ['host', 'x-amz-date', ...Object.keys(request.headers).filter((n) => n.startsWith('x-amz-') && n !== 'x-amz-user-agent')])
    if (!claim.signedHeaders.includes(needed)) throw wrong(`The header ${needed} must be signed.`);
  const scope = `${claim.date}/${claim.region}/${claim.service}/aws4_request`;
  const toSign = [algorithm, sentAt, scope, sha256(canonicalRequest(request, claim, payloadHash(request, claim)))].join('\n');
  const key = [claim.date, claim.region, claim.service, 'aws4_request'].reduce<Buffer | string>(hmac, `AWS4${secretAccessKey}`);
  const expected = hmac(key, toSign);
  const given = Buffer.from(claim.signature, 'hex');
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw wrong('The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.');
}

function payloadHash({ headers, body }: WireRequest, { service }: Claim): string {
  const stated = headers['x-amz-content-sha256'];
  if (stated === 'UNSIGNED-PAYLOAD' && service === 's3') return stated;
  if (stated?.startsWith('STREAMING-')) throw new AwsError('NotImplemented', 'The embedded S3 takes no chunked uploads: send the body whole.', 501);
  const actual = sha256(body);
  if (service === 's3' && stated !== undefined && stated !== actual) throw new AwsError('XAmzContentSHA256Mismatch', "The provided 'x-amz-content-sha256' header does not match what was computed.", 400);
  return actual;
}

function canonicalRequest({ method, path, query, headers }: WireRequest, { service, signedHeaders }: Claim, hash: string): string {
  const lines = signedHeaders.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}`);
  return [method, canonicalPath(path, service), canonicalQuery(query), ...lines, '', signedHeaders.join(';'), hash].join('\n');
}

/** RFC 3986 unreserved characters stay. */
const encode = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** S3 signs the path as it is sent; every other service encodes it once more and removes dot segments. */
function canonicalPath(path: string, service: string): string {
  if (service === 's3') return path;
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '.' && segment !== '') kept.push(encode(segment));
  }
  return `/${kept.join('/')}${path.endsWith('/') && kept.length > 0 ? '/' : ''}`;
}

function canonicalQuery(query: string): string {
  if (query === '') return '';
  const decode = (text: string) => decodeURIComponent(text.replace(/\+/g, ' '));
  return query
    .split('&')
    .map((pair) => {
      const cut = pair.indexOf('=');
      return cut < 0 ? `${encode(decode(pair))}=` : `${encode(decode(pair.slice(0, cut)))}=${encode(decode(pair.slice(cut + 1)))}`;
    })
    .sort()
    .join('&');
}
