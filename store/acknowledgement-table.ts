import { GetCommand, paginateQuery, PutCommand, UpdateCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Acknowledgement } from '../core/rollover/acknowledgement.ts';
import { unlessConflict } from './conditional.ts';
import { everyItem } from './every-item.ts';

/** A one-use link for a consumer without an identity of its own; only the hash of its secret is kept. */
export interface AcknowledgementLink {
  readonly secretSha256: string;
  readonly consumer: string;
  readonly expiresAt: string;
  readonly madeBy: string;
}

/** What consumers said, one item a rotation and consumer; the first word stands. */
export class AcknowledgementTable {
  readonly #dynamo: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(dynamo: DynamoDBDocumentClient, table: string) {
    this.#dynamo = dynamo;
    this.#table = table;
  }

  /** Records a word. Answers false when there is one already, which stands. */
  async record(rotationId: string, acknowledgement: Acknowledgement): Promise<boolean> {
    return this.#putNew({ rotationId, item: `consumer#${acknowledgement.consumer}`, acknowledgement });
  }

  /** What was said for a rotation, sorted by consumer. */
  async ofRotation(rotationId: string): Promise<Acknowledgement[]> {
    const items = await everyItem(
      paginateQuery(
        { client: this.#dynamo },
        {
          TableName: this.#table,
          KeyConditionExpression: 'rotationId = :r AND begins_with(#item, :c)',
          ExpressionAttributeNames: { '#item': 'item' },
          ExpressionAttributeValues: { ':r': rotationId, ':c': 'consumer#' },
          ConsistentRead: true,
        },
      ),
    );
    return items.map((item) => item.acknowledgement as Acknowledgement);
  }

  async putLink(rotationId: string, link: AcknowledgementLink): Promise<void> {
    await this.#putNew({ rotationId, item: `link#${link.secretSha256}`, link });
  }

  /** A link that nobody has used, whatever its time. */
  async link(rotationId: string, secretSha256: string): Promise<AcknowledgementLink | undefined> {
    const { Item } = await this.#dynamo.send(
      new GetCommand({ TableName: this.#table, Key: { rotationId, item: `link#${secretSha256}` }, ConsistentRead: true }),
    );
    return Item === undefined || Item.usedAt !== undefined ? undefined : (Item.link as AcknowledgementLink);
  }

  /** Uses a link up. Answers false when somebody has used it. */
  async useLink(rotationId: string, secretSha256: string, at: string): Promise<boolean> {
    return unlessConflict(() =>
      this.#dynamo.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: { rotationId, item: `link#${secretSha256}` },
          UpdateExpression: 'SET usedAt = :at',
          ConditionExpression: 'attribute_exists(rotationId) AND attribute_not_exists(usedAt)',
          ExpressionAttributeValues: { ':at': at },
        }),
      ),
    );
  }

  /** Counts a wrong thumbprint against a link, and answers how many there were. */
  async countWrong(rotationId: string, secretSha256: string): Promise<number> {
    const { Attributes } = await this.#dynamo.send(
      new UpdateCommand({
        TableName: this.#table,
        Key: { rotationId, item: `link#${secretSha256}` },
        UpdateExpression: 'ADD wrong :one',
        ExpressionAttributeValues: { ':one': 1 },
        ReturnValues: 'ALL_NEW',
      }),
    );
    return Number(Attributes?.wrong);
  }

  async #putNew(item: Record<string, unknown>): Promise<boolean> {
    return unlessConflict(() => this.#dynamo.send(new PutCommand({ TableName: this.#table, Item: item, ConditionExpression: 'attribute_not_exists(rotationId)' })));
  }
}
