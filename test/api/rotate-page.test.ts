import { CreateAliasCommand, CreateKeyCommand } from '@aws-sdk/client-kms';
import { CreateStateMachineCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tokensKey } from '../../demo/cast.ts';
import { accountId } from '../embedded-options.ts';
import { consoleClient } from './console-client.ts';
import { startApi, type Api } from './harness.ts';

let api: Api;
let client: ReturnType<typeof consoleClient>;
let otto: { cookie: string; csrf: string };

beforeAll(async () => {
  api = await startApi();
  client = consoleClient(api);
  const { clients, store } = api.deps;
  const { KeyMetadata } = await clients.kms.send(new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }));
  await clients.kms.send(new CreateAliasCommand({ AliasName: 'alias/tokens', TargetKeyId: KeyMetadata?.KeyId }));
  const tokens = tokensKey([{ name: 'parameter', kind: 'ssm', parameter: '/rota/published/tokens' }], accountId, { consumers: [], acknowledgement: [] });
  await store.registry.apply({ version: 1, people: await store.registry.people(), keys: [tokens] }, 'test', '2026-11-27T12:00:00Z');
  const definition = JSON.stringify({ QueryLanguage: 'JSONata', StartAt: 'End', States: { End: { Type: 'Succeed' } } });
  await clients.states.send(new CreateStateMachineCommand({ name: 'asymmetric-rotation', definition, roleArn: `arn:aws:iam::${accountId}:role/states`, type: 'STANDARD' }));
  otto = await client.enter((await client.enrol('otto')).key);
});
afterAll(() => api.close());

const page = async (query: string): Promise<string> => (await api.open(`/rotate?alias=alias/tokens${query}`, { headers: { cookie: otto.cookie } })).text;

test('an emergency is a page of its own, and starts as one, in the name of whoever is logged in', async () => {
  expect(await page('')).toContain('/rotate?alias=alias%2Ftokens&amp;emergency=yes');
  const asked = await page('&emergency=yes');
  for (const part of ['Emergency rotation of alias/tokens', 'Start the emergency rotation', '<input type="hidden" name="emergency" value="yes"/>']) expect(asked).toContain(part);

  const answer = await client.form('/rotate', { csrf: otto.csrf, alias: 'alias/tokens', reason: 'the signing host was broken into', emergency: 'yes' }, { cookie: otto.cookie });
  const rotationId = answer.headers.get('location')?.replace('/rotations/', '') ?? '';
  expect(answer.status).toBe(303);
  expect(await api.deps.store.ledger.head(rotationId)).toMatchObject({ alias: 'alias/tokens', emergency: true, requestedBy: 'otto', reason: 'the signing host was broken into' });
});

test.each([
  ['from another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, undefined, 'CrossSite'],
  ['without the token of the session', {}, 'none', 'CrossSite'],
  ['without a session', { cookie: '__Host-rota=none' }, undefined, 'NotLoggedIn'],
])('a form that comes %s starts nothing', async (_, headers, csrf, error) => {
  const before = (await api.deps.store.ledger.list()).length;
  const answer = await client.form('/rotate', { csrf: csrf ?? otto.csrf, alias: 'alias/tokens', reason: 'yearly rotation' }, { cookie: otto.cookie, ...headers });
  expect(answer.json.error).toBe(error);
  expect(await api.deps.store.ledger.list()).toHaveLength(before);
});

test('what is wrong with a form is said in a sentence, and nothing is started', async () => {
  const before = (await api.deps.store.ledger.list()).length;
  for (const [fields, said] of [
    [{ alias: 'alias/tokens', reason: 'x' }, 'must say why, in a few words'],
    [{ alias: 'tokens', reason: 'yearly rotation' }, 'must be an alias'],
    [{ alias: 'alias/nobody', reason: 'yearly rotation' }, 'alias/nobody'],
  ] as const) {
    const answer = await client.form('/rotate', { csrf: otto.csrf, ...fields }, { cookie: otto.cookie });
    expect([answer.status >= 400, answer.text]).toEqual([true, expect.stringContaining(said)]);
  }
  expect(await api.deps.store.ledger.list()).toHaveLength(before);
});
