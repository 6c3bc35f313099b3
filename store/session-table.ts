import type { Table } from './table.ts';


/** Somebody who is logged in. Times are epoch milliseconds. */
export interface Session {
  readonly person: string;
  readonly credentialId: string;
  readonly startedAtMs: number;
  readonly seenAtMs: number;
}

/** A question that was put to a passkey: its challenge may be answered once, in time, for what it was made for. */
export interface Ceremony {
  /** base64url. */
  readonly challenge: string;
  readonly expiresAt: string;
  readonly purpose:
    | { readonly kind: 'login' }
    | { readonly kind: 'enrolment'; readonly secretSha256: string; readonly userHandle: string }
    | {
        readonly kind: 'decision';
        readonly person: string;
        readonly approvalId: string;
        readonly stage: string;
        readonly planDigest: string;
        readonly decision: 'approve' | 'refuse';
        readonly reason: string;
        readonly nonce: string;
      };
}

const sessionKey = (idSha256: string) => ({ item: `session#${idSha256}` });
const ceremonyKey = (challenge: string) => ({ item: `ceremony#${challenge}` });

/** How long an item is kept after it has lost its meaning: a challenge that comes again is then known as used, not as unknown. */
const keptSeconds = 86_400;
const removeAt = (endMs: number): number => Math.ceil(endMs / 1000) + keptSeconds;

/** What the console remembers for a while: sessions, challenges, counts of tries. `removeAtSeconds` is DynamoDB's TTL; every reader compares times itself. */
export class SessionTable {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** Only the hash of a session's id is kept. `endsAtMs` is when it ends at the latest. */
  async start(idSha256: string, session: Session, endsAtMs: number): Promise<void> {
    await this.#table.put({ ...sessionKey(idSha256), session, removeAtSeconds: removeAt(endsAtMs) });
  }

  /** A session that was not ended by its owner, whatever its time. */
  async session(idSha256: string): Promise<Session | undefined> {
    const found = await this.#table.get(sessionKey(idSha256));
    return found === undefined || found.endedAtMs !== undefined ? undefined : (found.session as Session);
  }

  async seen(idSha256: string, atMs: number): Promise<void> {
    await this.#table.update(sessionKey(idSha256), { change: 'SET #session.seenAtMs = :at', only: '#session.seenAtMs < :at', names: { '#session': 'session' }, values: { ':at': atMs } });
  }

  async end(idSha256: string, atMs: number): Promise<void> {
    await this.#table.update(sessionKey(idSha256), { change: 'SET endedAtMs = :at', only: 'attribute_exists(#session)', names: { '#session': 'session' }, values: { ':at': atMs } });
  }

  async ask(ceremony: Ceremony): Promise<void> {
    await this.#table.put({ ...ceremonyKey(ceremony.challenge), ceremony, removeAtSeconds: removeAt(Date.parse(ceremony.expiresAt)) });
  }

  /** The question with this challenge, used or not. */
  async ceremony(challenge: string): Promise<Ceremony | undefined> {
    return (await this.#table.get(ceremonyKey(challenge)))?.ceremony as Ceremony | undefined;
  }

  /** Uses a challenge up. Answers false when it was never asked, or was answered before. */
  async answer({ challenge }: Ceremony, atMs: number): Promise<boolean> {
    return this.#table.update(ceremonyKey(challenge), { change: 'SET answeredAtMs = :at', only: 'attribute_exists(ceremony) AND attribute_not_exists(answeredAtMs)', values: { ':at': atMs } });
  }

  /** Counts a try in a window of time. Answers false when there were `most` already; the try then does not count. */
  async count(what: string, most: number, windowEndsMs: number): Promise<boolean> {
    return this.#table.update(
      { item: `tries#${what}#${windowEndsMs}` },
      { change: 'SET removeAtSeconds = :end ADD tries :one', only: 'attribute_not_exists(tries) OR tries < :most', values: { ':one': 1, ':most': most, ':end': removeAt(windowEndsMs) } },
    );
  }
}
