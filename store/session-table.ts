import { GetCommand, PutCommand, UpdateCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { unlessConflict } from './conditional.ts';

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
  readonly #dynamo: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(dynamo: DynamoDBDocumentClient, table: string) {
    this.#dynamo = dynamo;
    this.#table = table;
  }

  /** Only the hash of a session's id is kept. `endsAtMs` is when it ends at the latest. */
  async start(idSha256: string, session: Session, endsAtMs: number): Promise<void> {
    await this.#dynamo.send(new PutCommand({ TableName: this.#table, Item: { ...sessionKey(idSha256), session, removeAtSeconds: removeAt(endsAtMs) } }));
  }

  /** A session that was not ended by its owner, whatever its time. */
  async session(idSha256: string): Promise<Session | undefined> {
    const { Item } = await this.#dynamo.send(new GetCommand({ TableName: this.#table, Key: sessionKey(idSha256), ConsistentRead: true }));
    return Item === undefined || Item.endedAtMs !== undefined ? undefined : (Item.session as Session);
  }

  async seen(idSha256: string, atMs: number): Promise<void> {
    await unlessConflict(() =>
      this.#dynamo.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: sessionKey(idSha256),
          UpdateExpression: 'SET #session.seenAtMs = :at',
          ConditionExpression: '#session.seenAtMs < :at',
          ExpressionAttributeNames: { '#session': 'session' },
          ExpressionAttributeValues: { ':at': atMs },
        }),
      ),
    );
  }

  async end(idSha256: string, atMs: number): Promise<void> {
    await unlessConflict(() =>
      this.#dynamo.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: sessionKey(idSha256),
          UpdateExpression: 'SET endedAtMs = :at',
          ConditionExpression: 'attribute_exists(#session)',
          ExpressionAttributeNames: { '#session': 'session' },
          ExpressionAttributeValues: { ':at': atMs },
        }),
      ),
    );
  }

  async ask(ceremony: Ceremony): Promise<void> {
    await this.#dynamo.send(
      new PutCommand({ TableName: this.#table, Item: { ...ceremonyKey(ceremony.challenge), ceremony, removeAtSeconds: removeAt(Date.parse(ceremony.expiresAt)) } }),
    );
  }

  /** The question with this challenge, used or not. */
  async ceremony(challenge: string): Promise<Ceremony | undefined> {
    const { Item } = await this.#dynamo.send(new GetCommand({ TableName: this.#table, Key: ceremonyKey(challenge), ConsistentRead: true }));
    return Item?.ceremony as Ceremony | undefined;
  }

  /** Uses a challenge up. Answers false when it was never asked, or was answered before. */
  async answer({ challenge }: Ceremony, atMs: number): Promise<boolean> {
    return unlessConflict(() =>
      this.#dynamo.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: ceremonyKey(challenge),
          UpdateExpression: 'SET answeredAtMs = :at',
          ConditionExpression: 'attribute_exists(ceremony) AND attribute_not_exists(answeredAtMs)',
          ExpressionAttributeValues: { ':at': atMs },
        }),
      ),
    );
  }

  /** Counts a try in a window of time. Answers false when there were `most` already; the try then does not count. */
  async count(what: string, most: number, windowEndsMs: number): Promise<boolean> {
    return unlessConflict(() =>
      this.#dynamo.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: { item: `tries#${what}#${windowEndsMs}` },
          UpdateExpression: 'SET removeAtSeconds = :end ADD tries :one',
          ConditionExpression: 'attribute_not_exists(tries) OR tries < :most',
          ExpressionAttributeValues: { ':one': 1, ':most': most, ':end': removeAt(windowEndsMs) },
        }),
      ),
    );
  }
}
