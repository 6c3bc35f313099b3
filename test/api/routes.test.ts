/** Every route, as everybody, against a table of who may do what. A route that is not in the table fails, and so does a row without a route. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { challengeIn, consoleClient, origin, rpId } from './console-client.ts';
import { startApi, type Answer, type Api } from './harness.ts';
import type { SoftPasskey } from '../soft-authenticator.ts';

/** The people of the test, one of each kind. `stranger` signs, but is not in the registry. */
const everybody = { nobody: undefined, stranger: 'stranger', auditor: 'audrey', custodian: 'otto', approver: 'alice', consumer: 'gina', platform: 'pat' } as const;
type Who = keyof typeof everybody;
const members: readonly Who[] = ['auditor', 'custodian', 'approver', 'consumer', 'platform'];

/** What each gets: the name of the refusal, or the status of an answer that is none. */
type Outcomes = Readonly<Record<Who, string>>;
const forAll = (members_: string, outside: Pick<Outcomes, 'nobody' | 'stranger'>): Outcomes => ({ ...(Object.fromEntries(members.map((who) => [who, members_])) as Outcomes), ...outside });

const signedOnly = { nobody: 'NotSigned', stranger: 'NotSignedIn' } as const;
/** People of the registry. */
const anyMember = (gets: string): Outcomes => forAll(gets, signedOnly);
/** One role; an auditor is told that they change nothing. */
const only = (role: Who, gets: string): Outcomes => ({ ...forAll('NotYourRole', signedOnly), auditor: 'AuditorChangesNothing', [role]: gets });
/** Whoever has a session. */
const page = forAll('200', { nobody: '302', stranger: '302' });
const whoever = (gets: string): Outcomes => forAll(gets, { nobody: gets, stranger: gets });

interface Row {
  readonly route: string;
  /** With `{rotation}` and `{approval}` filled in. */
  readonly path?: string;
  readonly body?: object;
  /** Sent as a form does, with the token of the session beside it. */
  readonly form?: Readonly<Record<string, string>>;
  readonly outcomes: Outcomes;
}

const decision = { decision: 'approve', reason: 'read and agreed', planDigest: 'e'.repeat(64) };
/** A decision on another digest: whoever may decide is told so, whoever may not is told that. */
const deciders: Outcomes = { ...anyMember('NotAnApprover'), auditor: 'AuditorChangesNothing', approver: 'DigestMismatch' };
const inSession = (outcomes: Outcomes): Outcomes => ({ ...outcomes, nobody: 'NotLoggedIn', stranger: 'NotLoggedIn' });

const table: readonly Row[] = [
  { route: 'POST /api/plans', body: {}, outcomes: anyMember('BadRequest') },
  { route: 'POST /api/rotations', body: {}, outcomes: only('custodian', 'BadRequest') },
  { route: 'POST /api/rotations/:id/rollback', body: {}, outcomes: only('custodian', 'BadRequest') },
  { route: 'GET /api/rotations', outcomes: anyMember('200') },
  { route: 'GET /api/rotations/:id', outcomes: anyMember('200') },
  { route: 'GET /api/rotations/:id/history', outcomes: anyMember('200') },
  { route: 'GET /api/rotations/:id/adoption', outcomes: anyMember('NotCutOver') },
  { route: 'POST /api/rotations/:id/resume', body: {}, outcomes: only('custodian', 'BadRequest') },
  { route: 'POST /api/rotations/:id/reenable', body: {}, outcomes: only('custodian', 'BadRequest') },
  { route: 'POST /api/rotations/:id/acknowledgements', body: { consumer: 'gateway', thumbprint: 'wrong' }, outcomes: { ...anyMember('NotYourConsumer'), auditor: 'AuditorChangesNothing', consumer: 'AcknowledgementWrong' } },
  { route: 'POST /api/rotations/:id/acknowledgement-links', body: {}, outcomes: only('custodian', 'BadRequest') },
  { route: 'POST /api/rotations/:id/waivers', body: {}, outcomes: only('custodian', 'BadRequest') },
  { route: 'GET /api/rollovers', path: '/api/rollovers?alias=alias/tokens', outcomes: anyMember('200') },
  { route: 'POST /api/retirements', body: {}, outcomes: only('custodian', 'BadRequest') },
  { route: 'POST /api/retirements/plans', body: {}, outcomes: anyMember('BadRequest') },
  { route: 'GET /api/retirements/:id/document', outcomes: anyMember('NotFound') },
  { route: 'GET /api/approvals', outcomes: anyMember('200') },
  { route: 'GET /api/approvals/:id', outcomes: anyMember('200') },
  { route: 'POST /api/approvals/:id/decisions', body: decision, outcomes: deciders },
  { route: 'PUT /api/registry', body: {}, outcomes: only('platform', 'BadRequest') },
  { route: 'GET /api/registry', outcomes: anyMember('200') },
  { route: 'GET /api/pieces/:sha256/:place', path: `/api/pieces/${'a'.repeat(64)}/0`, outcomes: anyMember('NotFound') },
  { route: 'PUT /api/pieces/:sha256/:place', path: `/api/pieces/${'a'.repeat(64)}/0`, body: {}, outcomes: only('platform', 'BadRequest') },
  { route: 'GET /api/whoami', outcomes: anyMember('200') },
  { route: 'GET /api/dossiers', outcomes: anyMember('200') },
  { route: 'GET /api/dossiers/key', outcomes: anyMember('200') },
  { route: 'GET /api/dossiers/:sequence', outcomes: anyMember('NotFound') },
  { route: 'GET /api/outbox', outcomes: anyMember('NotFound') },
  { route: 'POST /api/sweeps', body: { now: true }, outcomes: only('platform', 'BadRequest') },
  { route: 'GET /api/sweeps/:id', outcomes: anyMember('NotFound') },
  { route: 'POST /api/waves', body: {}, outcomes: only('custodian', 'BadRequest') },
  { route: 'GET /api/waves', outcomes: anyMember('200') },
  { route: 'GET /api/waves/:id', outcomes: anyMember('NotFound') },
  { route: 'POST /api/waves/:id/stop', body: {}, outcomes: only('custodian', 'BadRequest') },
  { route: 'POST /api/waves/:id/go-on', body: {}, outcomes: only('custodian', 'NotFound') },
  { route: 'GET /api/findings', outcomes: anyMember('200') },
  { route: 'POST /api/findings/accept', body: {}, outcomes: only('platform', 'BadRequest') },
  { route: 'GET /api/kpi', outcomes: anyMember('200') },
  { route: 'POST /api/passkeys/enrolment-links', body: {}, outcomes: anyMember('201') },
  { route: 'GET /api/passkeys', outcomes: anyMember('200') },
  // Of a passkey of Alice's: she may, and a platform engineer for her; each of the others is shown the same passkey before.
  { route: 'POST /api/passkeys/:id/removal', body: {}, outcomes: { ...anyMember('NotYourRole'), approver: '200', platform: 'NotFound' } },

  { route: 'GET /acknowledge/:id/:secret', outcomes: whoever('410') },
  { route: 'POST /acknowledge/:id/:secret', body: {}, outcomes: whoever('410') },
  { route: 'GET /assets/:file', outcomes: whoever('NotFound') },
  { route: 'GET /login', outcomes: whoever('200') },
  { route: 'POST /login/challenges', body: {}, outcomes: whoever('200') },
  { route: 'POST /login', body: {}, outcomes: whoever('BadRequest') },
  { route: 'POST /logout', body: {}, outcomes: inSession(anyMember('CrossSite')) },
  { route: 'GET /enrol/:secret', outcomes: whoever('EnrolmentLinkInvalid') },
  { route: 'POST /enrol/:secret/challenges', body: {}, outcomes: whoever('EnrolmentLinkInvalid') },
  { route: 'POST /enrol/:secret', body: {}, outcomes: whoever('BadRequest') },
  { route: 'GET /', outcomes: page },
  { route: 'GET /rotations', outcomes: page },
  { route: 'GET /rotations/:id', outcomes: page },
  { route: 'GET /approvals/:id', outcomes: page },
  { route: 'GET /keys', outcomes: page },
  { route: 'GET /findings', outcomes: page },
  { route: 'GET /kpis', outcomes: page },
  { route: 'GET /outbox', outcomes: page },
  { route: 'GET /consumers', outcomes: page },
  { route: 'GET /dossiers', outcomes: page },
  { route: 'GET /dossiers/:sequence', outcomes: forAll('NotFound', { nobody: '302', stranger: '302' }) },
  { route: 'GET /dossiers/:sequence/file', outcomes: inSession(anyMember('NotFound')) },
  { route: 'GET /people', outcomes: page },
  { route: 'GET /rotate', path: '/rotate?alias=alias/tokens', outcomes: page },
  { route: 'POST /rotate', form: {}, outcomes: inSession(only('custodian', 'BadRequest')) },
  { route: 'GET /retire', path: '/retire?key=00000000-0000-4000-8000-000000000000', outcomes: page },
  { route: 'POST /retire', form: {}, outcomes: inSession(only('custodian', 'BadRequest')) },
  { route: 'GET /waves', outcomes: page },
  { route: 'GET /waves/:id', outcomes: forAll('NotFound', { nobody: '302', stranger: '302' }) },
  { route: 'POST /waves', form: {}, outcomes: inSession(only('custodian', 'BadRequest')) },
  { route: 'POST /waves/:id/stop', form: {}, outcomes: inSession(only('custodian', 'BadRequest')) },
  { route: 'POST /waves/:id/go-on', form: {}, outcomes: inSession(only('custodian', 'NotFound')) },
  { route: 'POST /rotations/:id/rollback', form: {}, outcomes: inSession(only('custodian', 'BadRequest')) },
  { route: 'POST /rotations/:id/waivers', form: {}, outcomes: inSession(only('custodian', 'BadRequest')) },
  { route: 'POST /rotations/:id/words', form: {}, outcomes: inSession(only('custodian', 'BadRequest')) },
  { route: 'POST /approvals/:id/challenges', body: decision, outcomes: inSession(deciders) },
  { route: 'POST /approvals/:id/decisions', body: {}, outcomes: inSession(anyMember('BadRequest')) },
];

let api: Api;
let client: ReturnType<typeof consoleClient>;
let rotation: string;
let approval: string;
let alicesPasskey: string;
const sessions = new Map<Who, { cookie: string; csrf: string; key: SoftPasskey }>();

beforeAll(async () => {
  api = await startApi();
  client = consoleClient(api);
  rotation = await api.rotation();
  await api.publish(rotation);
  approval = String((await api.post('carol', `/api/rotations/${rotation}/waivers`, { consumer: 'partner', reason: 'their change freeze' })).json.approvalId);
  for (const who of members) {
    const { key } = await client.enrol(everybody[who] ?? '');
    sessions.set(who, { key, ...(await client.enter(key)) });
  }
  alicesPasskey = (await client.enrol('alice')).key.credentialId;
});
afterAll(() => api.close());

const withoutPattern = (path: string): string => path.replace(/\{[^}]*\}/g, '');

test('the table has every route, and no other', () => {
  const routes = api.app().routes.filter((r) => r.method !== 'ALL').map((r) => `${r.method} ${withoutPattern(r.path)}`);
  expect([...new Set(routes)].sort()).toEqual(table.map((row) => row.route).sort());
});

function pathOf({ route, path = route.split(' ')[1] ?? '' }: Row): string {
  const id = path.includes('approvals/') ? approval : path.includes('passkeys/') ? alicesPasskey : rotation;
  return path.replace(':id', encodeURIComponent(id)).replace(':sequence', '1').replace(':secret', 'no-such-secret').replace(':file', 'none.js');
}

async function outcomeOf(row: Row, who: Who): Promise<string> {
  const answer = await ask(row, who);
  return typeof answer.json.error === 'string' ? answer.json.error : String(answer.status);
}

function ask(row: Row, who: Who): Promise<Answer> {
  const [method = ''] = row.route.split(' ');
  const path = pathOf(row);
  const id = everybody[who];
  if (path.startsWith('/api/')) return id === undefined ? api.open(path, { method, ...(row.body === undefined ? {} : { body: JSON.stringify(row.body) }) }) : api.signed(id, method, path, row.body);
  const session = sessions.get(who);
  if (row.form !== undefined) return client.form(path, { csrf: session?.csrf ?? 'none', ...row.form }, session === undefined ? {} : { cookie: session.cookie });
  // Of a form that is known, but not of this session: POST /logout has its own test in a browser.
  if (row.body !== undefined) return client.post(path, path.startsWith('/approvals/') ? { csrf: session?.csrf ?? 'none', ...row.body } : row.body, session === undefined ? {} : { cookie: session.cookie });
  return api.open(path, { headers: session === undefined ? {} : { cookie: session.cookie } });
}

describe.each(table)('$route', (row) => {
  test('does for each what the table says', async () => {
    const got: Record<string, string> = {};
    for (const who of Object.keys(everybody) as Who[]) got[who] = await outcomeOf(row, who);
    expect(got).toEqual(row.outcomes);
  });
});

test('who is told no secret: no page and no answer holds a token, the id of a session or the handle of a passkey', async () => {
  const { store } = api.deps;
  const secrets = [...sessions.values()].flatMap(({ cookie, key }) => [cookie.split('=')[1] ?? 'x', key.userHandle]);
  const stored = await store.approvals.get(approval);
  for (const row of table.filter((r) => r.route.startsWith('GET ')))
    for (const who of members) {
      const { text } = await ask(row, who);
      for (const secret of secrets) expect(text).not.toContain(secret);
      expect(text).not.toContain('encryptedToken');
    }
  expect(stored.encryptedToken).toBeDefined();
});

test('no page has a script or a style of its own, may be framed, or is kept by a cache', async () => {
  const pages = table.filter((r) => r.route.startsWith('GET ') && !r.route.startsWith('GET /api/') && !r.route.includes('/assets/'));
  expect(pages.length).toBeGreaterThan(10);
  for (const row of pages) {
    const { text, headers } = await ask(row, 'approver');
    expect(text, row.route).not.toMatch(/<style| style=|<script(?! src="\/assets\/)| on[a-z]+="/);
    expect(headers.get('content-security-policy'), row.route).toBe("default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
    expect(headers.get('referrer-policy'), row.route).toBe(/^GET \/(enrol|acknowledge)\//.test(row.route) ? 'no-referrer' : 'same-origin');
    expect([headers.get('cache-control'), headers.get('x-content-type-options')], row.route).toEqual(['no-store', 'nosniff']);
  }
});

test('a decision by passkey of somebody whom the table lets decide is taken', async () => {
  const { key, cookie, csrf } = sessions.get('approver') ?? { key: undefined, cookie: '', csrf: '' };
  const { planDigest } = await api.deps.store.approvals.get(approval);
  const path = `/approvals/${approval}`;
  const challenge = challengeIn(await client.post(`${path}/challenges`, { csrf, ...decision, planDigest }, { cookie }));
  const answer = key?.answer({ challenge, origin, rpId });
  expect((await client.post(`${path}/decisions`, { csrf, answer }, { cookie })).json).toEqual({ outcome: 'open' });
});
