import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { WireRequest } from '../../../local/wire/canonical-request.ts';
import { readClaim, SignatureError, verifySignature } from '../../../local/wire/sigv4.ts';

/** The signer of the AWS SDK signs, ours verifies: two implementations that check each other. */
const secret = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: secret };
const signedMs = Date.UTC(2026, 10, 24, 12, 0, 0);
const host = '127.0.0.1:4599';

interface Plain {
  readonly method?: string;
  /** As on the wire, encoded. */
  readonly path?: string;
  readonly query?: Record<string, string | string[]>;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly service?: string;
}

const encode = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

const wireQuery = (query: Record<string, string | string[]>): string =>
  Object.entries(query)
    .flatMap(([name, value]) => [value].flat().map((one) => `${encode(name)}=${encode(one)}`))
    .join('&');

const signer = (service: string): SignatureV4 =>
  new SignatureV4({ service, region: 'eu-central-1', credentials, sha256: Sha256, uriEscapePath: service !== 's3' });

const unsigned = ({ method = 'POST', path = '/', query = {}, headers = {}, body = '' }: Plain) => ({
  method,
  protocol: 'http:',
  hostname: '127.0.0.1',
  path,
  query,
  headers: { host, ...headers },
  body,
});

async function signed(plain: Plain): Promise<WireRequest> {
  const { method = 'POST', path = '/', query = {}, body = '', service = 'kms' } = plain;
  const { headers } = await signer(service).sign(unsigned(plain), { signingDate: new Date(signedMs) });
  return { method, path, query: wireQuery(query), headers: new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])), body: Buffer.from(body) };
}

async function presigned(plain: Plain, expiresIn: number): Promise<WireRequest> {
  const { method = 'GET', path = '/', service = 's3' } = plain;
  const request = await signer(service).presign(unsigned({ ...plain, method, headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } }), { signingDate: new Date(signedMs), expiresIn });
  return { method, path, query: wireQuery(request.query as Record<string, string>), headers: new Map([['host', host]]), body: Buffer.from(plain.body ?? '') };
}

/** What is wrong with a request, or `accepted`. */
function verdict(request: WireRequest, { key = secret, nowMs = signedMs }: { key?: string; nowMs?: number } = {}): string {
  try {
    const claim = readClaim(request);
    if (claim === undefined) return 'unsigned';
    verifySignature(request, claim, key, nowMs);
    return 'accepted';
  } catch (error) {
    if (error instanceof SignatureError) return error.fault;
    throw error;
  }
}

const with_ = (request: WireRequest, name: string, value: string): WireRequest => ({ ...request, headers: new Map([...request.headers, [name, value]]) });

const call: Plain = { body: '{"KeyId":"alias/payments"}', headers: { 'x-amz-target': 'TrentService.DescribeKey', 'content-type': 'application/x-amz-json-1.1' }, query: { a: '1', b: '2' }, path: '/some/path' };

test('accepts what was signed', async () => {
  expect(verdict(await signed(call))).toBe('accepted');
});

test('leaves alone what carries no signature, or another kind of authorisation', () => {
  const plain: WireRequest = { method: 'GET', path: '/', query: 'a=%zz', headers: new Map(), body: Buffer.alloc(0) };
  expect(verdict(plain)).toBe('unsigned');
  expect(verdict(with_(plain, 'authorization', 'Bearer token'))).toBe('unsigned');
});

const changes: readonly (readonly [what: string, change: (r: WireRequest) => WireRequest, fault: string])[] = [
  ['a byte of the body', (r) => ({ ...r, body: Buffer.from(r.body.toString().replace('payments', 'paymentz')) }), 'body-hash'],
  ['a signed header', (r) => with_(r, 'x-amz-target', 'TrentService.DescribeKez'), 'mismatch'],
  ['the path', (r) => ({ ...r, path: '/some/pati' }), 'mismatch'],
  ['a query value', (r) => ({ ...r, query: r.query.replace('a=1', 'a=3') }), 'mismatch'],
  ['one more query parameter', (r) => ({ ...r, query: `${r.query}&c=` }), 'mismatch'],
  ['the method', (r) => ({ ...r, method: 'PUT' }), 'mismatch'],
  ['the host', (r) => with_(r, 'host', '127.0.0.1:4598'), 'mismatch'],
  ['the last digit of the signature', (r) => with_(r, 'authorization', (r.headers.get('authorization') ?? '').replace(/.$/, (c) => (c === '0' ? '1' : '0'))), 'mismatch'],
  ['a short signature', (r) => with_(r, 'authorization', (r.headers.get('authorization') ?? '').replace(/.$/, '')), 'mismatch'],
  ['the Region of the scope', (r) => with_(r, 'authorization', (r.headers.get('authorization') ?? '').replace('eu-central-1', 'eu-central-2')), 'mismatch'],
  ['the service of the scope', (r) => with_(r, 'authorization', (r.headers.get('authorization') ?? '').replace('/kms/', '/sqs/')), 'mismatch'],
  ['the date of the scope', (r) => with_(r, 'authorization', (r.headers.get('authorization') ?? '').replace('/20261124/', '/20261123/')), 'mismatch'],
  ['the end of the scope', (r) => with_(r, 'authorization', (r.headers.get('authorization') ?? '').replace('aws4_request', 'aws5_request')), 'mismatch'],
  ['an x-amz header that is not signed', (r) => with_(r, 'x-amz-security-token', 'token'), 'unsigned-header'],
  ['a content hash that is another one', (r) => with_(r, 'x-amz-content-sha256', '00'.repeat(32)), 'body-hash'],
  ['no date', (r) => ({ ...r, headers: new Map([...r.headers].filter(([name]) => name !== 'x-amz-date')) }), 'incomplete'],
  ['a date that is none', (r) => with_(r, 'x-amz-date', '20261124'), 'incomplete'],
  ['a month that is none', (r) => with_(with_(r, 'x-amz-date', '20261324T120000Z'), 'authorization', (r.headers.get('authorization') ?? '').replace('20261124', '20261324')), 'incomplete'],
  ['no signature in the header', (r) => with_(r, 'authorization', (r.headers.get('authorization') ?? '').replace(/, Signature=.*/, '')), 'incomplete'],
  ['another algorithm', (r) => with_(r, 'authorization', (r.headers.get('authorization') ?? '').replace('SHA256', 'SHA1')), 'incomplete'],
  ['a scope of four parts', (r) => with_(r, 'authorization', (r.headers.get('authorization') ?? '').replace('/kms/', '/')), 'incomplete'],
  ['two signatures', (r) => ({ ...r, query: `${r.query}&X-Amz-Algorithm=AWS4-HMAC-SHA256` }), 'incomplete'],
  ['a malformed escape in the query', (r) => ({ ...r, query: `${r.query}&d=%E0%A4` }), 'incomplete'],
];

test.each(changes)('refuses after a change of %s', async (_what, change, fault) => {
  expect(verdict(change(await signed(call)))).toBe(fault);
});

test('counts the body also where no header repeats its hash', async () => {
  const { method, path, query, headers, body } = unsigned(call);
  const bare = new SignatureV4({ service: 'kms', region: 'eu-central-1', credentials, sha256: Sha256, applyChecksum: false });
  const request = await bare.sign({ method, protocol: 'http:', hostname: '127.0.0.1', path, query, headers, body }, { signingDate: new Date(signedMs) });
  const wire: WireRequest = { method, path, query: wireQuery(query), headers: new Map(Object.entries(request.headers)), body: Buffer.from(body) };
  expect(wire.headers.has('x-amz-content-sha256')).toBe(false);
  expect(verdict(wire)).toBe('accepted');
  expect(verdict({ ...wire, body: Buffer.from(body.replace('payments', 'paymentz')) })).toBe('mismatch');
});

test('refuses the wrong secret', async () => {
  expect(verdict(await signed(call), { key: `${secret}x` })).toBe('mismatch');
});

test.each([
  [-5 * 60_000, 'accepted'],
  [5 * 60_000, 'accepted'],
  [-5 * 60_000 - 1000, 'skewed'],
  [5 * 60_000 + 1000, 'skewed'],
])('at %d ms from the signature: %s', async (fromMs, expected) => {
  expect(verdict(await signed(call), { nowMs: signedMs + fromMs })).toBe(expected);
});

test('a header in the signature keeps its place when its value has spaces to fold', async () => {
  const request = await signed({ ...call, headers: { 'x-amz-meta-a': 'two words' } });
  expect(verdict(with_(request, 'x-amz-meta-a', '  two   words '))).toBe('accepted');
  expect(verdict(with_(request, 'x-amz-meta-a', 'twowords'))).toBe('mismatch');
});

test('S3 says in a header how its body counts', async () => {
  const body = 'object';
  const put: Plain = { method: 'PUT', path: '/bucket/key', service: 's3', body };
  const hashed = await signed(put);
  expect(verdict(hashed)).toBe('accepted');
  expect(verdict({ ...hashed, body: Buffer.from('0bject') })).toBe('body-hash');
  const free = await signed({ ...put, headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } });
  expect(verdict({ ...free, body: Buffer.from('anything') })).toBe('accepted');
  // The other services always count the body: no word in a header can switch that off.
  expect(verdict(await signed({ ...call, headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } }))).toBe('body-hash');
});

test('a presigned request holds until it expires, unchanged', async () => {
  const request = await presigned({ path: '/bucket/a%20key' }, 900);
  expect(verdict(request)).toBe('accepted');
  expect(verdict(request, { nowMs: signedMs + 900_000 })).toBe('accepted');
  expect(verdict(request, { nowMs: signedMs + 901_000 })).toBe('expired');
  expect(verdict(request, { nowMs: signedMs - 301_000 })).toBe('skewed');
  expect(verdict({ ...request, path: '/bucket/b%20key' })).toBe('mismatch');
  expect(verdict({ ...request, query: request.query.replace('X-Amz-Expires=900', 'X-Amz-Expires=901') })).toBe('mismatch');
  expect(verdict({ ...request, query: request.query.replace('X-Amz-Expires=900', 'X-Amz-Expires=604801') })).toBe('incomplete');
  expect(verdict(with_(request, 'x-amz-acl', 'public-read'))).toBe('unsigned-header');
  expect(verdict({ ...request, query: request.query.replace(/&?X-Amz-Signature=\w+/, '') })).toBe('incomplete');
});

const segment = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).filter((s) => s !== '.' && s !== '..');
const names = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }).filter((s) => !/^x-amz-/i.test(s) && s !== '__proto__');
const values = fc.string({ unit: 'grapheme', maxLength: 8 });

test('canonicalises as the signer of the SDK does, whatever the characters of path and query', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('s3', 'kms', 'execute-api'),
      fc.array(segment, { maxLength: 4 }),
      fc.boolean(),
      fc.dictionary(names, fc.oneof(values, fc.array(values, { minLength: 1, maxLength: 3 }))),
      values,
      async (service, segments, slash, query, body) => {
        const path = `/${segments.map(encode).join('/')}${slash && segments.length > 0 ? '/' : ''}`;
        expect(verdict(await signed({ service, path, query, body }))).toBe('accepted');
      },
    ),
    { numRuns: 300 },
  );
});

test('dot segments and doubled slashes are folded for all but S3', async () => {
  expect(verdict(await signed({ path: '/a//b/./c/../d/' }))).toBe('accepted');
  expect(verdict({ ...(await signed({ path: '/a//b/./c/../d/' })), path: '/a/b/d/' })).toBe('accepted');
  expect(verdict(await signed({ service: 's3', path: '/bucket//a/../b' }))).toBe('accepted');
  expect(verdict({ ...(await signed({ service: 's3', path: '/bucket//a/../b' })), path: '/bucket/b' })).toBe('mismatch');
});

test('any changed character of a query is noticed', async () => {
  await fc.assert(
    fc.asyncProperty(names, values, values, async (name, value, other) => {
      fc.pre(value !== other);
      const request = await signed({ query: { [name]: value } });
      expect(verdict({ ...request, query: wireQuery({ [name]: other }) })).toBe('mismatch');
    }),
    { numRuns: 100 },
  );
});
