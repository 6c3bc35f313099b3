import { GetCommand, paginateScan, PutCommand, UpdateCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { unlessConflict } from './conditional.ts';
import { everyItem } from './every-item.ts';

/** A passkey of a person: the public half of a credential. Times are ISO 8601 in UTC. */
export interface Passkey {
  /** base64url. */
  readonly credentialId: string;
  readonly person: string;
  /** The IAM identity that enrolled it: if the registry gives the person another one, the passkey is nobody's. */
  readonly arn: string;
  /** What the authenticator keeps with it in place of a name: random, base64url. */
  readonly userHandle: string;
  /** COSE_Key, base64url. */
  readonly publicKeyCose: string;
  /** The same key as SubjectPublicKeyInfo (DER), base64. */
  readonly publicKeySpki: string;
  /** Uses that the authenticator counted; one that does not count answers 0 always. */
  readonly counter: number;
  readonly transports: readonly string[];
  /** Whether it may be copied to other devices of its owner. */
  readonly synced: boolean;
  readonly enrolledAt: string;
  readonly lastUsedAt?: string;
  readonly removedAt?: string;
  readonly removedBy?: string;
}

/** A one-use link to enrol a passkey for a person; only the hash of its secret is kept. */
export interface EnrolmentLink {
  readonly secretSha256: string;
  readonly person: string;
  readonly arn: string;
  readonly expiresAt: string;
}

const passkeyKey = (credentialId: string) => ({ item: `passkey#${credentialId}` });
const linkKey = (secretSha256: string) => ({ item: `enrolment#${secretSha256}` });

/** Passkeys and the links that enrol them. A passkey that was removed stays as evidence of who could decide when. */
export class PasskeyTable {
  readonly #dynamo: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(dynamo: DynamoDBDocumentClient, table: string) {
    this.#dynamo = dynamo;
    this.#table = table;
  }

  async putLink(link: EnrolmentLink): Promise<void> {
    await this.#dynamo.send(new PutCommand({ TableName: this.#table, Item: { ...linkKey(link.secretSha256), link }, ConditionExpression: 'attribute_not_exists(#item)', ExpressionAttributeNames: { '#item': 'item' } }));
  }

  /** A link that nobody has used, whatever its time. */
  async link(secretSha256: string): Promise<EnrolmentLink | undefined> {
    const { Item } = await this.#dynamo.send(new GetCommand({ TableName: this.#table, Key: linkKey(secretSha256), ConsistentRead: true }));
    return Item === undefined || Item.usedAt !== undefined ? undefined : (Item.link as EnrolmentLink);
  }

  /** Uses a link up. Answers false when somebody has used it. */
  async useLink(secretSha256: string, at: string): Promise<boolean> {
    return unlessConflict(() =>
      this.#dynamo.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: linkKey(secretSha256),
          UpdateExpression: 'SET usedAt = :at',
          ConditionExpression: 'attribute_exists(link) AND attribute_not_exists(usedAt)',
          ExpressionAttributeValues: { ':at': at },
        }),
      ),
    );
  }

  /** Enrols a passkey. Answers false when the credential was enrolled before, by whomever. */
  async enrol(passkey: Passkey): Promise<boolean> {
    return unlessConflict(() =>
      this.#dynamo.send(new PutCommand({ TableName: this.#table, Item: { ...passkeyKey(passkey.credentialId), passkey }, ConditionExpression: 'attribute_not_exists(passkey)' })),
    );
  }

  /** A passkey, also one that was removed. */
  async get(credentialId: string): Promise<Passkey | undefined> {
    const { Item } = await this.#dynamo.send(new GetCommand({ TableName: this.#table, Key: passkeyKey(credentialId), ConsistentRead: true }));
    return Item?.passkey as Passkey | undefined;
  }

  /** Every passkey, removed ones too, in the order of their enrolment. */
  async all(): Promise<Passkey[]> {
    const asked = { TableName: this.#table, FilterExpression: 'attribute_exists(passkey)', ConsistentRead: true };
    const found = (await everyItem(paginateScan({ client: this.#dynamo }, asked))).map((item) => item.passkey as Passkey);
    return found.sort((a, b) => a.enrolledAt.localeCompare(b.enrolledAt));
  }

  /** Notes a use. Answers false when the counter has not grown since it was last written (unless it counts nothing). */
  async noteUse({ credentialId }: Passkey, counter: number, at: string): Promise<boolean> {
    return unlessConflict(() =>
      this.#dynamo.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: passkeyKey(credentialId),
          UpdateExpression: 'SET passkey.#counter = :n, passkey.lastUsedAt = :at',
          ConditionExpression: 'attribute_not_exists(passkey.removedAt) AND (passkey.#counter < :n OR (passkey.#counter = :zero AND :n = :zero))',
          ExpressionAttributeNames: { '#counter': 'counter' },
          ExpressionAttributeValues: { ':n': counter, ':zero': 0, ':at': at },
        }),
      ),
    );
  }

  /** Removes a passkey: it opens nothing more. Answers false when it is not there, or was removed before. */
  async remove(credentialId: string, by: string, at: string): Promise<boolean> {
    return unlessConflict(() =>
      this.#dynamo.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: passkeyKey(credentialId),
          UpdateExpression: 'SET passkey.removedAt = :at, passkey.removedBy = :by',
          ConditionExpression: 'attribute_exists(passkey) AND attribute_not_exists(passkey.removedAt)',
          ExpressionAttributeValues: { ':at': at, ':by': by },
        }),
      ),
    );
  }
}
