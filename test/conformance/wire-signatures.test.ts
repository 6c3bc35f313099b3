import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startEmbeddedAws, type EmbeddedAws } from '../../local/server.ts';

// Requests signed by hand with the signer of the AWS SDK, then changed: what the embedded AWS must refuse.

const region = 'eu-central-1';
const accountId = '000000000000';
const arn = (name: string) => `arn:aws:iam::${accountId}:user/${name}`;

let folder = '';
let aws: EmbeddedAws;
/** What reached the app, newest last. */
const reached: { url: string; body: string; caller?: string }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rota-wire-'));
  aws = await startEmbeddedAws({
    folder,
    port: 0,
    region,
    accountId,
    principals: [
      { id: 'p', arn: arn('p'), accountId, accessKeyId: 'AKID', secretAccessKey: 'secret', allow: ['*'] },
      { id: 'q', arn: arn('q'), accountId, accessKeyId: 'AKID2', secretAccessKey: 'secret2', allow: ['kms:DescribeKey'] },
    ],
    lambdas: () => new Map(),
    http: () => async (request, { caller }) => {
      reached.push({ url: request.url, body: await request.text(), ...(caller === undefined ? {} : { caller: caller.arn }) });
      return new Response('app');
    },
  });
});
afterAll(async () => {
  await aws.close();
  await rm(folder, { recursive: true, force: true });
});

interface Message {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body: string;
}

interface Signing {
  readonly service?: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly date?: Date;
}

const kmsCall = (operation = 'ListKeys', body = '{"Limit":10}'): Message => ({
  method: 'POST',
  path: '/',
  query: {},
  headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `TrentService.${operation}` },
  body,
});

async function sign(message: Message, { service = 'kms', accessKeyId = 'AKID', secretAccessKey = 'secret', date = new Date() }: Signing = {}): Promise<Message> {
  const { hostname, port, host } = new URL(aws.url);
  const signer = new SignatureV4({ service, region, credentials: { accessKeyId, secretAccessKey }, sha256: Sha256, uriEscapePath: service !== 's3' });
  const signed = await signer.sign(
    { protocol: 'http:', hostname, port: Number(port), ...message, headers: { ...message.headers, host } },
    { signingDate: date },
  );
  return { ...message, headers: signed.headers };
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
  readonly type: string;
  readonly message: string;
}

function send({ method, path, query, headers, body }: Message): Promise<Answer> {
  const { hostname, port } = new URL(aws.url);
  const search = new URLSearchParams(query).toString().replace(/\+/g, '%20');
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, method, path: search === '' ? path : `${path}?${search}`, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        const json = text.startsWith('{') ? (JSON.parse(text) as { __type?: string; message?: string }) : {};
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, type: json.__type ?? '', message: json.message ?? '' });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

const appCall = (): Message => ({ method: 'POST', path: '/v1/keys/a b'.replace(' ', '%20'), query: { filter: 'x y', page: '2' }, headers: { 'x-amz-meta-note': 'one' }, body: 'hello' });

describe('a request that was signed right', () => {
  test('is answered, by kms', async () => {
    const answer = await send(await sign(kmsCall()));
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toMatchObject({ Truncated: false });
    expect(answer.headers['x-amzn-requestid']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('for execute-api reaches the app with its caller, path and query', async () => {
    const answer = await send(await sign(appCall(), { service: 'execute-api' }));
    expect(answer).toMatchObject({ status: 200, text: 'app' });
    expect(reached.at(-1)).toEqual({ url: `${aws.url}/v1/keys/a%20b?filter=x%20y&page=2`, body: 'hello', caller: arn('p') });
  });

  test.each(["it's (a) *!", 'ä/ö=&?', 'a+b', '', '~-_.'])('may have any text in its query: %j', async (value) => {
    const answer = await send(await sign({ ...appCall(), query: { [`n${value}`]: value, a: value } }, { service: 'execute-api' }));
    expect(answer).toMatchObject({ status: 200, text: 'app' });
  });

  test('may be four minutes old or early', async () => {
    for (const minutes of [-4, 4]) expect((await send(await sign(kmsCall(), { date: new Date(Date.now() + minutes * 60_000) }))).status).toBe(200);
  });
});

describe('a byte that was changed after signing', () => {
  const appChanges: [string, (m: Message) => Message][] = [
    ['in the body', (m) => ({ ...m, body: 'hellp' })],
    ['in a header', (m) => ({ ...m, headers: { ...m.headers, 'x-amz-meta-note': 'onf' } })],
    ['in the path', (m) => ({ ...m, path: '/v1/keys/a%20c' })],
    ['in the value of a query parameter', (m) => ({ ...m, query: { ...m.query, page: '3' } })],
    ['in the name of a query parameter', (m) => ({ ...m, query: { filter: 'x y', pagf: '2' } })],
    ['in the method', (m) => ({ ...m, method: 'PUT' })],
    ['in the date', (m) => ({ ...m, headers: { ...m.headers, 'x-amz-date': (m.headers['x-amz-date'] ?? '').replace(/(\d)Z$/, (_, d: string) => `${(Number(d) + 1) % 10}Z`) } })],
    ['in the signature', (m) => ({ ...m, headers: { ...m.headers, authorization: (m.headers.authorization ?? '').replace(/.$/, (c) => (c === '0' ? '1' : '0')) } })],
    ['in the access key of somebody else', (m) => ({ ...m, headers: { ...m.headers, authorization: (m.headers.authorization ?? '').replace('AKID/', 'AKID2/') } })],
    ['in the region of the scope', (m) => ({ ...m, headers: { ...m.headers, authorization: (m.headers.authorization ?? '').replace(region, 'eu-central-2') } })],
  ];

  test.each(appChanges)('%s is refused, and the app is not called', async (_where, change) => {
    const { length } = reached;
    const signed = await sign(appCall(), { service: 'execute-api' });
    expect(await send(change(signed))).toMatchObject({ status: expect.toSatisfy((s: number) => s === 403 || s === 400) as number });
    expect(reached).toHaveLength(length);
  });

  test('in the body is refused with InvalidSignatureException where the hash of the body is no header', async () => {
    const signed = await sign(kmsCall());
    delete signed.headers['x-amz-content-sha256'];
    expect((await send({ ...signed, body: '{"Limit":11}' })).status).toBe(403);
  });

  test('in x-amz-target is refused by kms', async () => {
    const signed = await sign(kmsCall());
    const answer = await send({ ...signed, headers: { ...signed.headers, 'x-amz-target': 'TrentService.ListKeyz' } });
    expect(answer).toMatchObject({ status: 403, type: 'InvalidSignatureException' });
  });

  test('a query parameter that was added is refused', async () => {
    const signed = await sign(appCall(), { service: 'execute-api' });
    expect(await send({ ...signed, query: { ...signed.query, more: '1' } })).toMatchObject({ status: 403, type: 'InvalidSignatureException' });
  });

  test('an x-amz- header that was added and is not signed is refused', async () => {
    const signed = await sign(kmsCall());
    const answer = await send({ ...signed, headers: { ...signed.headers, 'x-amz-meta-more': '1' } });
    expect(answer).toMatchObject({ status: 403, type: 'InvalidSignatureException' });
    expect(answer.message).toContain('x-amz-meta-more');
  });

  test('a signature over a target that is left unsigned is refused', async () => {
    const { 'x-amz-target': target = '', ...headers } = kmsCall().headers;
    const signed = await sign({ ...kmsCall(), headers });
    expect(await send({ ...signed, headers: { ...signed.headers, 'x-amz-target': target } })).toMatchObject({ status: 403, type: 'InvalidSignatureException' });
  });
});

describe('credentials', () => {
  test('a wrong secret is refused', async () => {
    expect(await send(await sign(kmsCall(), { secretAccessKey: 'secreT' }))).toMatchObject({ status: 403, type: 'InvalidSignatureException' });
  });

  test('an access key that nobody has is refused', async () => {
    expect(await send(await sign(kmsCall(), { accessKeyId: 'AKNOBODY' }))).toMatchObject({ status: 403, type: 'UnrecognizedClientException' });
  });

  test.each([-10, 10])('a signature %d minutes from now is refused', async (minutes) => {
    const answer = await send(await sign(kmsCall(), { date: new Date(Date.now() + minutes * 60_000) }));
    expect(answer).toMatchObject({ status: 403, type: 'InvalidSignatureException' });
  });

  test('no signature at all is refused where an AWS service is meant', async () => {
    expect(await send(kmsCall())).toMatchObject({ status: 403, type: 'MissingAuthenticationTokenException' });
  });

  test.each(['Basic QUtJRDpzZWNyZXQ=', 'AWS4-HMAC-SHA256', 'AWS4-HMAC-SHA256 Credential=AKID/x, SignedHeaders=host, Signature=00', 'AWS4-HMAC-SHA256 Credential=AKID/20300101/eu-central-1/kms/aws4_request, SignedHeaders=host'])(
    'an Authorization header that is no whole signature is refused: %s',
    async (authorization) => {
      const message = kmsCall();
      expect(await send({ ...message, headers: { ...message.headers, authorization } })).toMatchObject({ status: 400, type: 'IncompleteSignatureException' });
    },
  );

  test('S3 says the same in its own words', async () => {
    const list: Message = { method: 'GET', path: '/', query: {}, headers: {}, body: '' };
    const wrongSecret = await send(await sign(list, { service: 's3', secretAccessKey: 'x' }));
    expect(wrongSecret.status).toBe(403);
    expect(wrongSecret.text).toContain('<Code>SignatureDoesNotMatch</Code>');
    const unknown = await send(await sign(list, { service: 's3', accessKeyId: 'AKNOBODY' }));
    expect(unknown.status).toBe(403);
    expect(unknown.text).toContain('<Code>InvalidAccessKeyId</Code>');
    const denied = await send(await sign(list, { service: 's3', accessKeyId: 'AKID2', secretAccessKey: 'secret2' }));
    expect(denied.status).toBe(403);
    expect(denied.text).toContain('<Code>AccessDenied</Code>');
  });
});

describe('permissions', () => {
  const asQ: Signing = { accessKeyId: 'AKID2', secretAccessKey: 'secret2' };

  test('an action that is not allowed is refused, naming user and action', async () => {
    const answer = await send(await sign(kmsCall('CreateKey', '{}'), asQ));
    expect(answer).toMatchObject({ status: 403, type: 'AccessDeniedException' });
    expect(answer.message).toContain(`User: ${arn('q')} is not authorized to perform: kms:CreateKey`);
  });

  test('an action that is allowed gets through to the service', async () => {
    expect(await send(await sign(kmsCall('DescribeKey', '{"KeyId":"00000000-0000-0000-0000-000000000000"}'), asQ))).toMatchObject({ type: 'NotFoundException' });
  });

  test('the app is an action of its own', async () => {
    const answer = await send(await sign(appCall(), { ...asQ, service: 'execute-api' }));
    expect(answer).toMatchObject({ status: 403, type: 'AccessDeniedException' });
    expect(answer.message).toContain('execute-api:Invoke');
  });

  test('so is the admin service', async () => {
    const message = kmsCall('', '{"seconds":60}');
    const answer = await send(await sign({ ...message, headers: { ...message.headers, 'x-amz-target': 'RotaLocal.AdvanceClock' } }, { ...asQ, service: 'rota-local' }));
    expect(answer).toMatchObject({ status: 403, type: 'AccessDeniedException' });
    expect(answer.message).toContain('rota-local:AdvanceClock');
    expect(aws.clock.offsetMs).toBe(0);
  });
});

describe('what is not for a service', () => {
  test('an unsigned request goes to the app, without a caller', async () => {
    const answer = await send({ method: 'GET', path: '/approvals', query: { a: '1' }, headers: {}, body: '' });
    expect(answer).toMatchObject({ status: 200, text: 'app' });
    expect(reached.at(-1)).toEqual({ url: `${aws.url}/approvals?a=1`, body: '' });
  });

  test.each(['evil.example', 'evil.example:80', '127.0.0.1.evil.example', 'localhost.evil.example', '10.0.0.1'])('a foreign Host header is refused: %s', async (host) => {
    const { length } = reached;
    const answer = await send({ method: 'GET', path: '/approvals', query: {}, headers: { host }, body: '' });
    expect(answer).toMatchObject({ status: 403, type: 'AccessDeniedException' });
    expect(reached).toHaveLength(length);
  });

  test.each(['localhost', 'localhost:8080', '127.0.0.1', '[::1]:8080', 'bucket.localhost:8080'])('a Host header of this machine is not: %s', async (host) => {
    expect(await send({ method: 'GET', path: '/approvals', query: {}, headers: { host }, body: '' })).toMatchObject({ status: 200, text: 'app' });
  });

  test.each([
    ['a service', 'Sqs_20121105.SendMessage', 'UnknownOperationException'],
    ['an operation', 'TrentService.MakeCoffee', 'UnknownOperationException'],
    ['an operation of the admin service', 'RotaLocal.MakeCoffee', 'UnknownOperationException'],
    ['an operation of EventBridge', 'AWSEvents.PutRule', 'UnknownOperationException'],
  ])('%s that is not there is refused by name', async (_what, target, type) => {
    const message = kmsCall('', '{}');
    const answer = await send(await sign({ ...message, headers: { ...message.headers, 'x-amz-target': target } }));
    expect(answer).toMatchObject({ status: 400, type });
  });

  test.each(['{', '[]', '1', 'null'])('a body that is no JSON object is refused: %s', async (body) => {
    expect(await send(await sign(kmsCall('ListKeys', body)))).toMatchObject({ status: 400, type: 'SerializationException' });
  });
});
