/** What is too long for one request or answer of API Gateway and Lambda: here, answers of more than a thousand bytes. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Io } from '../../cli/io.ts';
import { apiJson } from '../../cli/signed-request.ts';
import { registryDigest } from '../../core/registry/registry-digest.ts';
import type { Registry } from '../../core/registry/registry-schema.ts';
import { paymentsRegistry } from '../../demo/cast.ts';
import { makeRecoveryCertificate } from '../../demo/recovery-certificate.ts';
import { accountId, principal, region } from '../embedded-options.ts';
import { startApi, type Api } from './harness.ts';

let api: Api;
let registry: Registry;

const registryOf = (count: number): Registry => ({
  ...registry,
  keys: registry.keys.flatMap((key) => Array.from({ length: count }, (_, i) => ({ ...key, alias: `alias/key-${i}`, description: `Data of application ${i}` }))),
});

beforeAll(async () => {
  api = await startApi(undefined, { largestAnswerBytes: 1000 });
  const people = await api.deps.store.registry.people();
  registry = paymentsRegistry(people, makeRecoveryCertificate('Recovery officer').certificatePem, accountId);
  await api.deps.store.registry.apply(registryOf(50), 'test', '2026-11-27T12:00:00Z');
});

afterAll(() => api.close());

test('an answer that is too long is fetched in pieces by whoever asked for it, and by nobody else', async () => {
  const { headers, json } = await api.get('alice', '/api/registry');
  expect(headers.get('content-type')).toBe('application/vnd.rota.pieces+json');
  expect(headers.get('cache-control')).toBe('no-store');
  const { sha256, count } = json as { sha256: string; count: number };
  expect(count).toBeGreaterThan(1);
  expect(await api.get('alice', `/api/pieces/${sha256}/${count - 1}`)).toMatchObject({ status: 200, json: { base64: expect.any(String) as string } });
  expect(await api.get('bob', `/api/pieces/${sha256}/0`)).toMatchObject({ status: 404, json: { error: 'NotFound' } });
});

test('the command line puts the pieces of an answer together', async () => {
  const { out } = await api.rota('alice', 'registry', 'show', '--json');
  const { head, registry: shown } = JSON.parse(out) as { head: { digest: string }; registry: Registry };
  expect(shown.keys).toHaveLength(50);
  expect(registryDigest(shown)).toBe(head.digest);
});

test('an answer that is short goes as it is', async () => {
  expect(await api.get('alice', '/api/whoami')).toMatchObject({ json: { id: 'alice' } });
});

test('a registry of more than API Gateway takes at once is applied as a whole', async () => {
  const large = registryOf(2800);
  expect(JSON.stringify(large).length).toBeGreaterThan(4_000_000);
  const { accessKeyId, secretAccessKey } = principal('pat', []);
  const io: Io = { out: () => undefined, err: () => undefined, env: { ROTA_URL: api.url, AWS_REGION: region, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } };
  expect(await apiJson(io, { method: 'PUT', path: '/api/registry', body: large })).toMatchObject({ revision: 3, digest: registryDigest(large) });
  expect(await api.deps.store.registry.key('alias/key-2799')).toMatchObject({ description: 'Data of application 2799' });
  expect((await api.deps.store.registry.whole()).keys).toHaveLength(2800);
});

test.each([
  ['that nobody has sent', { sha256: 'a'.repeat(64), count: 1 }, 'NotFound'],
  ['without number', { sha256: 'a'.repeat(64) }, 'BadRequest'],
])('a body in pieces %s applies nothing', async (_, body, error) => {
  const before = await api.deps.store.registry.head();
  expect(await api.signed('pat', 'PUT', '/api/registry', body)).toMatchObject({ json: { error } });
  expect(await api.deps.store.registry.head()).toEqual(before);
});

test('pieces that do not make the body that is named apply nothing', async () => {
  const before = await api.deps.store.registry.head();
  const sha256 = 'b'.repeat(64);
  expect(await api.signed('pat', 'PUT', `/api/pieces/${sha256}/0`, { base64: 'AAAA' })).toMatchObject({ status: 200 });
  expect(await api.signed('pat', 'PUT', '/api/registry', { sha256, count: 1 })).toMatchObject({ status: 400, json: { error: 'BadRequest' } });
  expect(await api.deps.store.registry.head()).toEqual(before);
});
