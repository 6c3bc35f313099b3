import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isoSeconds } from '../../core/clock.ts';
import { SoftPasskey, type Asked } from '../soft-authenticator.ts';
import { challengeIn, consoleClient, origin, rpId, type ConsoleClient } from './console-client.ts';
import { startApi, type Answer, type Api } from './harness.ts';

let api: Api;
let client: ConsoleClient;

beforeAll(async () => {
  api = await startApi();
  client = consoleClient(api);
});
afterAll(() => api.close());

const { post, link, enrol, logIn, enter } = {
  post: (...args: Parameters<ConsoleClient['post']>) => client.post(...args),
  link: (id: string) => client.link(id),
  enrol: (...args: Parameters<ConsoleClient['enrol']>) => client.enrol(...args),
  logIn: (...args: Parameters<ConsoleClient['logIn']>) => client.logIn(...args),
  enter: (key: SoftPasskey) => client.enter(key),
};
const error = async (answer: Promise<Answer>): Promise<unknown> => (await answer).json.error;

/** A question that two of security must answer: a waiver, behind which no machine waits. */
async function question(): Promise<{ approvalId: string; planDigest: string }> {
  const rotationId = await api.rotation();
  await api.publish(rotationId);
  const { json } = await api.post('carol', `/api/rotations/${rotationId}/waivers`, { consumer: 'partner', reason: 'their change freeze' });
  return { approvalId: String(json.approvalId), planDigest: String(json.planDigest) };
}

describe('enrolment', () => {
  test.each(['ES256', 'EdDSA', 'RS256'] as const)('takes a passkey of %s, which logs in', async (algorithm) => {
    const { key, answer } = await enrol('alice', new SoftPasskey(algorithm));
    expect([answer.status, answer.json]).toEqual([201, { credentialId: key.credentialId }]);
    expect((await logIn(key)).json).toEqual({ next: '/' });
  });

  test.each<[string, Partial<Asked>, string]>([
    ['for another site', { origin: 'http://evil.example' }, 'AssertionInvalid'],
    ['of another domain', { rpId: 'evil.example' }, 'AssertionInvalid'],
    ['without the person', { flags: 0x41 }, 'AssertionInvalid'],
    ['to a challenge that nobody asked', { challenge: 'A'.repeat(43) }, 'AssertionReplayed'],
    ['to no challenge', { challenge: 'short' }, 'AssertionInvalid'],
  ])('refuses one %s', async (_, change, name) => {
    expect((await enrol('bob', new SoftPasskey(), change)).answer.json.error).toBe(name);
    await api.clock.advance(3_600_000);
  });

  test('refuses a challenge of another link, an old link, and the same passkey again', async () => {
    const [one, other] = [await link('carol'), await link('carol')];
    const challenge = challengeIn(await post(`${one}/challenges`, {}));
    expect(await error(post(other, { made: new SoftPasskey().register({ challenge, origin, rpId }) }))).toBe('AssertionInvalid');
    const { key } = await enrol('carol');
    expect((await enrol('carol', key)).answer.json.error).toBe('PasskeyEnrolled');
    await api.clock.advance(601_000);
    expect(await error(post(`${one}/challenges`, {}))).toBe('EnrolmentLinkInvalid');
    expect((await api.open(one, { headers: { accept: 'text/html' } })).status).toBe(410);
  });

  test('makes five links an hour for a person, and no more', async () => {
    for (let i = 0; i < 5; i++) await link('dora');
    const sixth = await api.post('dora', '/api/passkeys/enrolment-links', {});
    expect([sixth.status, sixth.json.error]).toEqual([429, 'TooManyTries']);
    await api.clock.advance(3_600_000);
    expect(await link('dora')).toMatch(/^\/enrol\//);
  });
});

describe('login', () => {
  test.each<[string, Partial<Asked>, string]>([
    ['for another site', { origin: 'http://evil.example' }, 'AssertionInvalid'],
    ['of another domain', { rpId: 'evil.example' }, 'AssertionInvalid'],
    ['without the person', { flags: 0x01 }, 'AssertionInvalid'],
    ['that is an enrolment', { client: { type: 'webauthn.create' } }, 'AssertionInvalid'],
    ['to a challenge that nobody asked', { challenge: 'A'.repeat(43) }, 'AssertionReplayed'],
  ])('refuses an answer %s', async (_, change, name) => {
    const { key } = await enrol('alice');
    const answer = await logIn(key, change);
    expect([answer.json.error, answer.headers.getSetCookie()]).toEqual([name, []]);
    await api.clock.advance(3_600_000);
  });

  test('refuses a passkey that is not enrolled, or of another owner than it says', async () => {
    expect((await logIn(new SoftPasskey())).json.error).toBe('PasskeyUnknown');
    const { key } = await enrol('alice');
    key.userHandle = 'AAAA';
    expect((await logIn(key)).json.error).toBe('AssertionInvalid');
  });

  test('refuses a counter that went back or stood still', async () => {
    const { key } = await enrol('alice');
    expect((await logIn(key, { counter: 7 })).status).toBe(200);
    for (const counter of [7, 6, 0]) expect((await logIn(key, { counter })).json.error).toBe('PasskeyCounterWentBack');
    expect((await logIn(key, { counter: 8 })).status).toBe(200);
  });

  test('leads to a page of this console only', async () => {
    const { key } = await enrol('alice');
    for (const [next, to] of [['/people?x=1', '/people?x=1'], ['//evil.example/', '/'], ['https://evil.example/', '/'], ['/\\evil.example', '/'], ['javascript:alert(1)', '/']]) {
      const challenge = challengeIn(await post('/login/challenges', {}));
      expect((await post('/login', { next, answer: key.answer({ challenge, origin, rpId }) })).json).toEqual({ next: to });
    }
    await api.clock.advance(3_600_000);
  });

  test('is tried forty times in five minutes, and no more', async () => {
    for (let i = 0; i < 40; i++) expect((await post('/login/challenges', {})).status).toBe(200);
    expect(await error(post('/login/challenges', {}))).toBe('TooManyTries');
    await api.clock.advance(300_000);
    expect((await post('/login/challenges', {})).status).toBe(200);
  });
});

describe('a session', () => {
  test('ends fifteen minutes after its last page, and eight hours after its login', async () => {
    const { key } = await enrol('alice');
    const { cookie } = await enter(key);
    const isIn = async (headers: Record<string, string> = {}) => (await api.open('/keys', { headers: { cookie, ...headers } })).status === 200;
    // Page 34 is opened after 476 minutes, the next would be after 490.
    for (let page = 0; page < 35; page++) {
      expect(await isIn()).toBe(true);
      await api.clock.advance(14 * 60_000);
    }
    expect(await isIn()).toBe(false);

    const { cookie: other } = await enter(key);
    const look = async () => (await api.open('/keys', { headers: { cookie: other, 'x-rota-look': 'again' } })).status;
    await api.clock.advance(14 * 60_000);
    // A page that looks again by itself keeps nobody in.
    expect(await look()).toBe(200);
    await api.clock.advance(60_000);
    expect(await look()).toBe(302);
  });

  test('ends when its owner leaves the registry, or gets another IAM identity there', async () => {
    const { key } = await enrol('bob');
    const { cookie } = await enter(key);
    const { registry } = api.deps.store;
    const whole = await registry.whole();
    const status = async () => (await api.open('/', { headers: { cookie } })).status;
    const people = async (change: (p: (typeof whole.people)[number]) => typeof whole.people) => {
      await registry.apply({ ...whole, people: whole.people.flatMap(change) }, 'test', isoSeconds(api.clock.now()));
      return status();
    };
    expect(await status()).toBe(200);
    expect(await people((p) => (p.id === 'bob' ? [] : [p]))).toBe(302);
    expect(await people((p) => [p.id === 'bob' ? { ...p, arn: `${p.arn}2` } : p])).toBe(302);
    expect((await logIn(key)).json.error).toBe('PasskeyUnknown');
    expect(await people((p) => [p])).toBe(200);
  });

  test('is no session elsewhere: its id is not in the store, and nobody guesses one', async () => {
    const { key } = await enrol('bob');
    const { cookie } = await enter(key);
    const id = cookie.split('=')[1] ?? '';
    expect(id).toMatch(/^[\w-]{43}$/);
    expect(await api.deps.store.sessions.session(id)).toBeUndefined();
    expect((await api.open('/', { headers: { cookie: `__Host-rota=${'A'.repeat(43)}` } })).status).toBe(302);
    await api.clock.advance(3_600_000);
  });
});

describe('a decision', () => {
  const enterAs = async (id: string) => {
    const { key } = await enrol(id);
    return { key, ...(await enter(key)) };
  };

  test('by passkey is recorded with the assertion; refused by one it is refused', async () => {
    const { approvalId, planDigest: digest } = await question();
    const { key, cookie, csrf } = await enterAs('alice');
    const path = `/approvals/${approvalId}`;
    const asked = await post(`${path}/challenges`, { csrf, decision: 'refuse', reason: 'not in the freeze', planDigest: digest }, { cookie });
    expect((asked.json.allowCredentials as { id: string }[]).map((k) => k.id)).toContain(key.credentialId);
    const done = await post(`${path}/decisions`, { csrf, answer: key.answer({ challenge: challengeIn(asked), origin, rpId }) }, { cookie });
    expect(done.json).toEqual({ outcome: 'refused' });
    const { decisions } = await api.deps.store.approvals.get(approvalId);
    expect(decisions).toMatchObject([{ person: 'alice', decision: 'refuse', reason: 'not in the freeze', passkey: { credentialId: key.credentialId, origin, rpId } }]);
    await api.clock.advance(3_600_000);
  });

  test("counts only of the person's own passkey, in their own session", async () => {
    const { approvalId, planDigest: digest } = await question();
    const alice = await enterAs('alice');
    const bob = await enterAs('bob');
    const path = `/approvals/${approvalId}`;
    const challenge = async () => challengeIn(await post(`${path}/challenges`, { csrf: alice.csrf, decision: 'approve', reason: 'read it', planDigest: digest }, { cookie: alice.cookie }));
    const send = async (who: typeof alice, key: SoftPasskey) => error(post(`${path}/decisions`, { csrf: who.csrf, answer: key.answer({ challenge: await challenge(), origin, rpId }) }, { cookie: who.cookie }));
    expect(await send(alice, bob.key)).toBe('AssertionOfAnotherPerson');
    expect(await send(bob, alice.key)).toBe('AssertionOfAnotherPerson');
    expect(await send(bob, bob.key)).toBe('AssertionOfAnotherPerson');
    const forged = bob.key.answer({ challenge: await challenge(), origin, rpId });
    expect(await error(post(`${path}/decisions`, { csrf: alice.csrf, answer: { ...forged, id: alice.key.credentialId, rawId: alice.key.credentialId } }, { cookie: alice.cookie }))).toBe('AssertionInvalid');
    expect((await api.deps.store.approvals.get(approvalId)).decisions).toEqual([]);
    await api.clock.advance(3_600_000);
  });

  test('is tried forty times in ten minutes by a person, and no more; who signs by IAM may have a whole wave to decide on', async () => {
    const { approvalId } = await question();
    const body = { decision: 'approve', reason: 'read it', planDigest: 'e'.repeat(64) };
    const { cookie, csrf } = await enterAs('dora');
    const tried = (): Promise<unknown> => error(post(`/approvals/${approvalId}/challenges`, { csrf, ...body }, { cookie }));
    for (let i = 0; i < 40; i++) expect(await tried()).toBe('NotAnApprover');
    expect(await tried()).toBe('TooManyTries');
    expect((await api.post('dora', `/api/approvals/${approvalId}/decisions`, body)).json.error).toBe('NotAnApprover');
    await api.clock.advance(3_600_000);
  });
});

describe('a change that this console did not ask for is refused', () => {
  test.each<[string, Record<string, string>]>([
    ['of another site', { origin: 'http://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['of the same host at another port', { origin: 'http://rota.example:8080', 'sec-fetch-site': 'same-site' }],
    ['without an origin', { origin: '' }],
    ['of a sandbox', { origin: 'null' }],
    ['that its browser knows to be cross-site', { 'sec-fetch-site': 'cross-site' }],
  ])('%s', async (_, from) => {
    for (const path of ['/login/challenges', '/login', '/logout', '/enrol/x', '/enrol/x/challenges', '/approvals/x/challenges', '/approvals/x/decisions']) {
      const answer = await post(path, {}, from);
      expect([path, answer.status, answer.json.error]).toEqual([path, 403, 'CrossSite']);
    }
  });
});

test('whoever comes by another host name is sent to the one that passkeys know', async () => {
  const answer = await api.app().request('http://127.0.0.1:4599/approvals/x?y=1', { redirect: 'manual' });
  expect([answer.status, answer.headers.get('location')]).toEqual([302, 'http://rota.example/approvals/x?y=1']);
});

test('a passkey is removed by its owner or a platform engineer, and stays as evidence', async () => {
  const { key } = await enrol('alice');
  const path = `/api/passkeys/${key.credentialId}/removal`;
  expect((await api.post('bob', path, {})).json.error).toBe('NotYourRole');
  expect((await api.post('pat', path, {})).json).toEqual({ credentialId: key.credentialId, removed: true });
  expect((await api.post('alice', path, {})).json.error).toBe('NotFound');
  expect((await logIn(key)).json.error).toBe('PasskeyUnknown');
  const all = JSON.parse((await api.get('audrey', '/api/passkeys?all=true')).text) as { credentialId: string; removedBy?: string }[];
  expect(all.find((p) => p.credentialId === key.credentialId)).toMatchObject({ removedBy: 'pat' });
  expect((await api.get('alice', '/api/passkeys')).text).not.toContain(key.credentialId);
});
