import { paginateQuery, PutCommand, QueryCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { unlessConflict } from './conditional.ts';
import { everyItem } from './every-item.ts';

/** A key of a published set, as its consumers see it. `spki` is base64 DER; empty for HMAC. */
export interface PublishedKeyRecord {
  readonly kid: string;
  readonly keyArn: string;
  readonly spec: string;
  readonly usage: string;
  readonly spki: string;
  readonly algorithm?: string;
}

/** One file of a publication; `body` is base64. `immutable` ones never change under their path. */
export interface PublishedDocument {
  readonly path: string;
  readonly mediaType: string;
  readonly body: string;
  readonly immutable: boolean;
}

/** One version of the key set of an alias: whole, so that a repeated publication sends the same bytes. */
export interface PublishedSet {
  readonly alias: string;
  readonly sequence: number;
  readonly rotationId: string;
  /** What the publication was for: `introduce`, `switch`, `remove`, `restore`. */
  readonly stage: string;
  readonly keySetSha256: string;
  readonly keys: readonly PublishedKeyRecord[];
  readonly documents: readonly PublishedDocument[];
  readonly madeAt: string;
}

const sortable = (sequence: number): string => String(sequence).padStart(10, '0');

/** Every version of every alias's key set, for good: a number is taken once. */
export class PublicationTable {
  readonly #dynamo: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(dynamo: DynamoDBDocumentClient, table: string) {
    this.#dynamo = dynamo;
    this.#table = table;
  }

  /** Takes the next number. Answers false when somebody else has it: read again. */
  async put(set: PublishedSet): Promise<boolean> {
    return unlessConflict(() =>
      this.#dynamo.send(new PutCommand({ TableName: this.#table, Item: { ...set, version: sortable(set.sequence) }, ConditionExpression: 'attribute_not_exists(alias)' })),
    );
  }

  async latest(alias: string): Promise<PublishedSet | undefined> {
    const { Items = [] } = await this.#dynamo.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: 'alias = :a',
        ExpressionAttributeValues: { ':a': alias },
        ScanIndexForward: false,
        Limit: 1,
        ConsistentRead: true,
      }),
    );
    return Items[0] as PublishedSet | undefined;
  }

  /** What a rotation published, oldest first. */
  async ofRotation(alias: string, rotationId: string): Promise<PublishedSet[]> {
    const found = await everyItem(
      paginateQuery(
        { client: this.#dynamo },
        {
          TableName: this.#table,
          KeyConditionExpression: 'alias = :a',
          FilterExpression: 'rotationId = :r',
          ExpressionAttributeValues: { ':a': alias, ':r': rotationId },
          ConsistentRead: true,
        },
      ),
    );
    return found as unknown as PublishedSet[];
  }
}
