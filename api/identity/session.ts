/**
 * Sessions of the console. A session ends 15 minutes after the last page that its owner opened (PCI DSS v4.0.1, 8.2.8) and 8 hours after the
 * login at the latest; at once when its passkey is removed, or its owner leaves the registry or gets another IAM identity there.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { sha256Hex } from '../../core/canonical-json.ts';
import { RotaError } from '../../core/errors.ts';
import type { Person } from '../../core/registry/registry-schema.ts';
import type { ApiDeps } from '../deps.ts';
import { livePasskey } from './passkey-owner.ts';

const idleMs = 15 * 60_000;
const longestMs = 8 * 3_600_000;
/** A session's last use is written this often at most. */
const noteEveryMs = 60_000;

const cookieName = 'rota';
/** Of the site alone, over a secure connection alone, and out of the reach of scripts. RFC 6265bis, "The __Host- Prefix". */
const cookieOptions = { prefix: 'host', path: '/', secure: true, httpOnly: true, sameSite: 'Strict' } as const;

const hashOf = (id: string): string => sha256Hex(Buffer.from(id, 'utf8'));

/** Somebody who is logged in. */
export interface LoggedIn {
  readonly person: Person;
  readonly credentialId: string;
  /** What every form of this session carries; worth nothing without its cookie. */
  readonly csrfToken: string;
}

/** Starts a session of whoever answered with this passkey; the browser gets its id, the store only a hash of it. */
export async function startSession({ store, clock }: ApiDeps, c: Context, { person, credentialId }: Pick<LoggedIn, 'person' | 'credentialId'>): Promise<void> {
  const id = randomBytes(32).toString('base64url');
  const nowMs = clock.now();
  await store.sessions.start(hashOf(id), { person: person.id, credentialId, startedAtMs: nowMs, seenAtMs: nowMs }, nowMs + longestMs);
  setCookie(c, cookieName, id, cookieOptions);
}

/** Whoever this request's session belongs to. `isUse` is false for a page that looks again by itself. Throws `NotLoggedIn`. */
export async function loggedIn(deps: ApiDeps, c: Context, isUse: boolean): Promise<LoggedIn> {
  const { store, clock } = deps;
  const id = getCookie(c, cookieName, 'host');
  const session = id === undefined ? undefined : await store.sessions.session(hashOf(id));
  if (id === undefined || session === undefined) throw new RotaError('NotLoggedIn', { why: 'there is no session' });
  const nowMs = clock.now();
  if (nowMs >= session.seenAtMs + idleMs || nowMs >= session.startedAtMs + longestMs) throw new RotaError('NotLoggedIn', { why: 'your session has ended' });
  const owned = await livePasskey(deps, session.credentialId);
  if (owned === undefined || owned.person.id !== session.person) throw new RotaError('NotLoggedIn', { why: 'your passkey was removed, or you are no longer in the registry' });
  if (isUse && nowMs >= session.seenAtMs + noteEveryMs) await store.sessions.seen(hashOf(id), nowMs);
  return { person: owned.person, credentialId: session.credentialId, csrfToken: csrfTokenOf(id) };
}

export async function endSession({ store, clock }: ApiDeps, c: Context): Promise<void> {
  const id = getCookie(c, cookieName, 'host');
  if (id !== undefined) await store.sessions.end(hashOf(id), clock.now());
  deleteCookie(c, cookieName, cookieOptions);
}

const csrfTokenOf = (sessionId: string): string => createHmac('sha256', sessionId).update('rota form').digest('base64url');

/** Throws `CrossSite` unless this is the token of the session. */
export function checkCsrfToken({ csrfToken }: LoggedIn, given: unknown): void {
  const expected = Buffer.from(csrfToken);
  const actual = Buffer.from(typeof given === 'string' ? given : '');
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) throw new RotaError('CrossSite', {});
}
