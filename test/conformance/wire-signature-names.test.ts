import { expect, test } from 'vitest';
import { principal, sign, start, type Sent } from '../embedded-aws.ts';

/**
 * How AWS names a signature that it does not accept. Sources: "Common Errors" of the KMS, Step Functions and DynamoDB API
 * references; "Error responses" of the S3 API reference; "Troubleshoot Signature Version 4" of the IAM User Guide.
 */
const stranger = principal('stranger', ['*']);
const impostor = { ...principal('admin', ['*']), secretAccessKey: 'a guess' };
// Real time is right here: signatures are checked against it.
const minutesAgo = (minutes: number): Date => new Date(Date.now() - minutes * 60_000);

const json: Sent = { service: 'kms', headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'TrentService.ListKeys' }, body: '{}' };
const s3: Sent = { service: 's3', method: 'GET', path: '/' };
const api: Sent = { service: 'execute-api', method: 'GET', path: '/rotations' };

type Headers = Record<string, string>;
const without = (headers: Headers, name: string): Headers => Object.fromEntries(Object.entries(headers).filter(([n]) => n !== name));
const authorization = (headers: Headers, change: (text: string) => string): Headers => ({ ...headers, authorization: change(headers.authorization ?? '') });

interface Case {
  readonly what: string;
  readonly sent: Partial<Sent>;
  readonly change?: (headers: Headers) => Headers;
  readonly json: string;
  readonly s3: string;
}

const cases: readonly Case[] = [
  { what: 'an unknown access key', sent: { who: stranger }, json: '403 UnrecognizedClientException', s3: '403 InvalidAccessKeyId' },
  { what: 'a wrong secret', sent: { who: impostor }, json: '403 InvalidSignatureException', s3: '403 SignatureDoesNotMatch' },
  { what: 'a signature of six minutes ago', sent: { at: minutesAgo(6) }, json: '403 InvalidSignatureException', s3: '403 RequestTimeTooSkewed' },
  { what: 'a signature of in six minutes', sent: { at: minutesAgo(-6) }, json: '403 InvalidSignatureException', s3: '403 RequestTimeTooSkewed' },
  { what: 'an Authorization header without a signature', sent: {}, change: (h) => authorization(h, (a) => a.replace(/, Signature=.*/, '')), json: '400 IncompleteSignatureException', s3: '400 AuthorizationHeaderMalformed' },
  { what: 'an algorithm that is none', sent: {}, change: (h) => authorization(h, (a) => a.replace('HMAC-SHA256', 'HMAC-MD5')), json: '400 IncompleteSignatureException', s3: '400 AuthorizationHeaderMalformed' },
  { what: 'no date', sent: {}, change: (h) => without(h, 'x-amz-date'), json: '400 IncompleteSignatureException', s3: '400 AuthorizationHeaderMalformed' },
  { what: 'an x-amz header beside the signature', sent: {}, change: (h) => ({ ...h, 'x-amz-extra': '1' }), json: '403 InvalidSignatureException', s3: '403 AccessDenied' },
];

async function answerTo(url: string, base: Sent, { sent, change = (h) => h }: Case): Promise<string> {
  const { method = 'POST', path = '/', body } = base;
  const { headers } = await sign(url, { ...base, ...sent });
  const answer = await fetch(new URL(path, url), { method, headers: change(headers), ...(body === undefined ? {} : { body }) });
  const text = await answer.text();
  const code = base.service === 's3' ? /<Code>(\w+)<\/Code>/.exec(text)?.[1] : (JSON.parse(text) as { __type: string }).__type;
  return `${answer.status} ${code ?? text}`;
}

test.each(cases)('$what', async (one) => {
  const { url } = await start();
  expect(await answerTo(url, json, one)).toBe(one.json);
  expect(await answerTo(url, s3, one)).toBe(one.s3);
  expect(await answerTo(url, api, one)).toBe(one.json);
});

test('a JSON call without any signature is told that it has none', async () => {
  const { url } = await start();
  const answer = await fetch(url, { method: 'POST', headers: { 'x-amz-target': 'TrentService.ListKeys' }, body: '{}' });
  expect(answer.status).toBe(403);
  expect(await answer.json()).toMatchObject({ __type: 'MissingAuthenticationTokenException' });
  expect(answer.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
});

test('nor does another kind of authorisation count, or a signature that leaves the target out', async () => {
  const { url } = await start();
  const basic = await fetch(url, { method: 'POST', headers: { 'x-amz-target': 'TrentService.ListKeys', authorization: 'Basic QUtJRDpzZWNyZXQ=' }, body: '{}' });
  expect(await basic.json()).toMatchObject({ __type: 'IncompleteSignatureException' });
  const { headers } = await sign(url, { service: 'kms', body: '{}' });
  const beside = await fetch(url, { method: 'POST', headers: { ...headers, 'x-amz-target': 'TrentService.ListKeys' }, body: '{}' });
  expect(await beside.json()).toMatchObject({ __type: 'InvalidSignatureException' });
});

test('a token beside credentials that are not temporary is not valid', async () => {
  const { url } = await start();
  const { headers } = await sign(url, { ...json, headers: { ...json.headers, 'x-amz-security-token': 'token' } });
  const answer = await fetch(url, { method: 'POST', headers, body: '{}' });
  expect(answer.status).toBe(403);
  expect(await answer.json()).toMatchObject({ __type: 'UnrecognizedClientException', message: 'The security token included in the request is invalid.' });
});

test('real time counts, also while the clock of the embedded AWS is moved', async () => {
  const embedded = await start();
  await embedded.clock.advance(400 * 86_400_000);
  expect(await answerTo(embedded.url, json, { what: '', sent: {}, json: '', s3: '' })).toMatch(/^200 /);
});
