import { createHmac, timingSafeEqual } from 'node:crypto';
import { canonicalRequest, queryPairs, sha256Hex, type WireRequest } from './canonical-request.ts';

/** Why a signature was not accepted. */
export type SignatureFault = 'missing' | 'incomplete' | 'unknown-key' | 'mismatch' | 'skewed' | 'expired' | 'unsigned-header' | 'body-hash' | 'wrong-token' | 'expired-token';

export class SignatureError extends Error {
  readonly fault: SignatureFault;

  constructor(fault: SignatureFault, message: string) {
    super(message);
    this.name = 'SignatureError';
    this.fault = fault;
  }
}

/** What a request says about its own signature. */
export interface Claim {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** `YYYYMMDDTHHMMSSZ` */
  readonly signedAt: string;
  /** Seconds that a presigned request holds; undefined when the signature is in the Authorization header. */
  readonly expiresSeconds: number | undefined;
}

const algorithm = 'AWS4-HMAC-SHA256';
const allowedSkewMs = 5 * 60 * 1000;
const longestPresignSeconds = 7 * 24 * 3600;

/** Reads the claim, in the Authorization header or the query; undefined when the request has none. Throws SignatureError. */
export function readClaim(request: WireRequest): Claim | undefined {
  const header = request.headers.get('authorization');
  const presigned = /(?:^|&)X-Amz-Algorithm=/.test(request.query);
  if (header?.startsWith('AWS4-') !== true) return presigned ? claimOfQuery(new Map(pairsOf(request))) : undefined;
  if (presigned) throw new SignatureError('incomplete', 'Found both a signature in the query and an Authorization header.');
  return claimOfHeader(header, request.headers.get('x-amz-date'));
}

/** The token of temporary credentials that a request came with: in its header, or presigned in its query. */
export const securityTokenOf = (request: WireRequest): string | undefined => request.headers.get('x-amz-security-token') ?? new Map(pairsOf(request)).get('X-Amz-Security-Token');

function pairsOf({ query }: WireRequest): [string, string][] {
  try {
    return queryPairs(query);
  } catch {
    throw new SignatureError('incomplete', 'The query has a malformed percent escape.');
  }
}

function claimOfHeader(header: string, signedAt: string | undefined): Claim {
  const [name, ...rest] = header.split(' ');
  if (name !== algorithm) throw new SignatureError('incomplete', `Unsupported AWS 'algorithm': '${name ?? ''}' (only ${algorithm} for now).`);
  const fields = new Map<string, string>();
  for (const part of rest.join(' ').split(',')) {
    const [key = '', ...value] = part.trim().split('=');
    fields.set(key, value.join('='));
  }
  const missing = ['Credential', 'SignedHeaders', 'Signature'].filter((field) => !fields.get(field));
  if (missing.length > 0) throw new SignatureError('incomplete', `Authorization header requires ${missing.map((f) => `'${f}'`).join(', ')}.`);
  if (signedAt === undefined) throw new SignatureError('incomplete', "Authorization header requires existence of a 'X-Amz-Date' header.");
  return claim(fields.get('Credential') ?? '', fields.get('SignedHeaders') ?? '', fields.get('Signature') ?? '', signedAt, undefined);
}

function claimOfQuery(query: ReadonlyMap<string, string>): Claim {
  const field = (name: string): string => {
    const value = query.get(name);
    if (!value) throw new SignatureError('incomplete', `AWS query-string parameters must include '${name}'.`);
    return value;
  };
  if (field('X-Amz-Algorithm') !== algorithm) throw new SignatureError('incomplete', `X-Amz-Algorithm only supports "${algorithm}".`);
  const expires = Number(field('X-Amz-Expires'));
  if (!Number.isInteger(expires) || expires < 1 || expires > longestPresignSeconds)
    throw new SignatureError('incomplete', `X-Amz-Expires must be between 1 and ${longestPresignSeconds} seconds.`);
  return claim(field('X-Amz-Credential'), field('X-Amz-SignedHeaders'), field('X-Amz-Signature'), field('X-Amz-Date'), expires);
}

function claim(credential: string, signedHeaders: string, signature: string, signedAt: string, expiresSeconds: number | undefined): Claim {
  const parts = credential.split('/');
  const [accessKeyId, date, region, service, terminator] = parts;
  if (parts.length !== 5 || !accessKeyId || !date || !region || !service)
    throw new SignatureError('incomplete', `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${credential}'`);
  if (terminator !== 'aws4_request')
    throw new SignatureError('mismatch', `Credential should be scoped with a valid terminator: 'aws4_request', not '${terminator ?? ''}'.`);
  if (!/^\d{8}T\d{6}Z$/.test(signedAt)) throw new SignatureError('incomplete', `Date must be in ISO-8601 'basic format'. Got '${signedAt}'.`);
  if (!signedAt.startsWith(date))
    throw new SignatureError('mismatch', `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date}' != '${signedAt.slice(0, 8)}'.`);
  return { accessKeyId, date, region, service, signedHeaders: signedHeaders.split(';'), signature, signedAt, expiresSeconds };
}

/** Checks a request against its claim and the secret of the access key, at real time `nowMs`. Throws SignatureError. */
export function verifySignature(request: WireRequest, claimed: Claim, secretAccessKey: string, nowMs: number): void {
  checkTime(claimed, nowMs);
  checkHeadersCovered(request, claimed);
  const payloadHash = payloadHashOf(request, claimed);
  const scope = [claimed.date, claimed.region, claimed.service, 'aws4_request'].join('/');
  const stringToSign = [algorithm, claimed.signedAt, scope, sha256Hex(canonical(request, claimed, payloadHash))].join('\n');
  const expected = hmac(signingKeyOf(secretAccessKey, scope), stringToSign);
  const given = /^[0-9a-f]{64}$/.test(claimed.signature) ? Buffer.from(claimed.signature, 'hex') : Buffer.alloc(expected.length);
  if (!timingSafeEqual(expected, given))
    throw new SignatureError(
      'mismatch',
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    );
}

/** Signing keys by secret and scope, as clients keep them too: of one day, so few. */
const signingKeys = new Map<string, Buffer>();
const mostSigningKeys = 1000;

function signingKeyOf(secretAccessKey: string, scope: string): Buffer {
  const at = `${secretAccessKey}/${scope}`;
  let key = signingKeys.get(at);
  if (key === undefined) {
    if (signingKeys.size >= mostSigningKeys) signingKeys.clear();
    signingKeys.set(at, (key = scope.split('/').reduce<Buffer>(hmac, Buffer.from(`AWS4${secretAccessKey}`))));
  }
  return key;
}

const hmac = (key: Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();

function canonical(request: WireRequest, claimed: Claim, payloadHash: string): string {
  try {
    return canonicalRequest(request, claimed.signedHeaders, payloadHash, claimed.service);
  } catch (error) {
    if (error instanceof URIError) throw new SignatureError('incomplete', 'The path or query has a malformed percent escape.');
    throw error;
  }
}

function checkTime({ signedAt, expiresSeconds }: Claim, nowMs: number): void {
  const signedMs = Date.parse(signedAt.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (Number.isNaN(signedMs)) throw new SignatureError('incomplete', `Date must be in ISO-8601 'basic format'. Got '${signedAt}'.`);
  const basic = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '');
  if (signedMs > nowMs + allowedSkewMs)
    throw new SignatureError('skewed', `Signature not yet current: ${signedAt} is still later than ${basic(nowMs + allowedSkewMs)} (${basic(nowMs)} + 5 min.)`);
  if (expiresSeconds !== undefined) {
    if (nowMs > signedMs + expiresSeconds * 1000) throw new SignatureError('expired', 'Request has expired');
  } else if (signedMs < nowMs - allowedSkewMs)
    throw new SignatureError('skewed', `Signature expired: ${signedAt} is now earlier than ${basic(nowMs - allowedSkewMs)} (${basic(nowMs)} - 5 min.)`);
}

/** What steers a request (host, every x-amz-*) must be under the signature, or whoever stands between could change it. */
function checkHeadersCovered({ headers }: WireRequest, { signedHeaders }: Claim): void {
  const needed = ['host', ...[...headers.keys()].filter((name) => name.startsWith('x-amz-'))];
  const unsigned = needed.filter((name) => !signedHeaders.includes(name));
  if (unsigned.length > 0) throw new SignatureError('unsigned-header', `There were headers present in the request which were not signed: ${unsigned.join(', ')}`);
}

/** The hash that stands for the body: the body's own, or for S3 one of the words of `x-amz-content-sha256`. */
function payloadHashOf(request: WireRequest, { service, expiresSeconds }: Claim): string {
  const declared = request.headers.get('x-amz-content-sha256');
  const actual = sha256Hex(request.body);
  if (service !== 's3') {
    if (declared !== undefined && declared !== actual) throw new SignatureError('body-hash', "The provided 'x-amz-content-sha256' header does not match what was computed.");
    return actual;
  }
  if (expiresSeconds !== undefined) return declared ?? 'UNSIGNED-PAYLOAD';
  if (declared === undefined) throw new SignatureError('incomplete', 'Missing required header for this request: x-amz-content-sha256');
  if (/^[0-9a-f]{64}$/.test(declared) && declared !== actual)
    throw new SignatureError('body-hash', "The provided 'x-amz-content-sha256' header does not match what was computed.");
  return declared;
}
