import {
  BatchGetItemCommand,
  type BatchGetItemCommandOutput,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  paginateQuery,
  paginateScan,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
  type KeysAndAttributes,
  type QueryCommandInput,
  type UpdateItemCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';

/** An item, or the attributes of its key, as plain values: a number, a `Uint8Array`, a `Set` of strings where DynamoDB has such. */
export type Item = Record<string, unknown>;

/** What the names (`#a`) and values (`:v`) of an expression stand for. */
interface Terms {
  readonly names?: Readonly<Record<string, string>>;
  readonly values?: Item;
}

/** A write takes place only where this holds of the item as it is. */
export interface Only extends Terms {
  readonly only?: string;
}

export interface Change extends Only {
  /** An update expression. */
  readonly change: string;
}

/** Which items: of a partition, by its key condition; `filter` leaves out others after they were read. */
export interface Which extends Terms {
  readonly where: string;
  readonly filter?: string;
}

/**
 * A table of DynamoDB in plain values. Every read is consistent. Only what one conditional write of one item can do: neither transactions nor
 * indexes (design, "Embedded").
 */
export class Table {
  readonly #dynamo: DynamoDBClient;
  readonly #name: string;

  constructor(dynamo: DynamoDBClient, name: string) {
    this.#dynamo = dynamo;
    this.#name = name;
  }

  async get(key: Item): Promise<Item | undefined> {
    const { Item: found } = await this.#dynamo.send(new GetItemCommand({ TableName: this.#name, Key: marshalled(key), ConsistentRead: true }));
    return found === undefined ? undefined : unmarshall(found);
  }

  /** The items of these keys that are there, in no order. `attributes` names those that are wanted, as a projection; left out, all. */
  async batchGet(keys: readonly Item[], attributes?: { readonly projection: string; readonly names: Readonly<Record<string, string>> }): Promise<Item[]> {
    const projection = attributes === undefined ? {} : { ProjectionExpression: attributes.projection, ExpressionAttributeNames: { ...attributes.names } };
    const found: Item[] = [];
    // DynamoDB API Reference, BatchGetItem: at most 100 items, and what it leaves is asked for again.
    for (let from = 0; from < keys.length; from += 100) {
      let left: KeysAndAttributes['Keys'] = keys.slice(from, from + 100).map(marshalled);
      while (left !== undefined && left.length > 0) {
        const { Responses, UnprocessedKeys }: BatchGetItemCommandOutput = await this.#dynamo.send(new BatchGetItemCommand({ RequestItems: { [this.#name]: { ...projection, Keys: left, ConsistentRead: true } } }));
        found.push(...(Responses?.[this.#name] ?? []).map((item) => unmarshall(item)));
        left = UnprocessedKeys?.[this.#name]?.Keys;
      }
    }
    return found;
  }

  /** Every item of a partition, in the order of its sort key. */
  async query(which: Which): Promise<Item[]> {
    return everyItem(paginateQuery({ client: this.#dynamo }, this.#asked(which)));
  }

  /** The last item of a partition, in the order of its sort key. */
  async last(which: Which): Promise<Item | undefined> {
    const { Items = [] } = await this.#dynamo.send(new QueryCommand({ ...this.#asked(which), ScanIndexForward: false, Limit: 1 }));
    return Items[0] === undefined ? undefined : unmarshall(Items[0]);
  }

  /** Every item of the table, or those that the filter lets through, in no order. */
  async scan({ filter, ...terms }: Terms & { readonly filter?: string } = {}): Promise<Item[]> {
    const filtered = filter === undefined ? {} : { FilterExpression: filter };
    return everyItem(paginateScan({ client: this.#dynamo }, { TableName: this.#name, ConsistentRead: true, ...filtered, ...termsOf(terms) }));
  }

  /** Writes a whole item. Answers false where the condition did not hold. */
  async put(item: Item, only: Only = {}): Promise<boolean> {
    return unlessConflict(this.#dynamo.send(new PutItemCommand({ TableName: this.#name, Item: marshalled(item), ...conditionOf(only) })));
  }

  /** Answers false where the condition did not hold. */
  async delete(key: Item, only: Only = {}): Promise<boolean> {
    return unlessConflict(this.#dynamo.send(new DeleteItemCommand({ TableName: this.#name, Key: marshalled(key), ...conditionOf(only) })));
  }

  /** Changes an item, or makes it. Answers false where the condition did not hold. */
  async update(key: Item, change: Change): Promise<boolean> {
    return unlessConflict(this.#update(key, change, 'NONE'));
  }

  /** Changes an item, or makes it, and answers it as it is then; nothing where the condition did not hold. */
  async updated(key: Item, change: Change): Promise<Item | undefined> {
    let after: Item | undefined;
    await unlessConflict(this.#update(key, change, 'ALL_NEW').then(({ Attributes = {} }) => (after = unmarshall(Attributes))));
    return after;
  }

  #update(key: Item, { change, ...only }: Change, answered: 'NONE' | 'ALL_NEW'): Promise<UpdateItemCommandOutput> {
    return this.#dynamo.send(new UpdateItemCommand({ TableName: this.#name, Key: marshalled(key), UpdateExpression: change, ...conditionOf(only), ReturnValues: answered }));
  }

  #asked({ where, filter, ...terms }: Which): QueryCommandInput {
    return { TableName: this.#name, KeyConditionExpression: where, ...(filter === undefined ? {} : { FilterExpression: filter }), ...termsOf(terms), ConsistentRead: true };
  }
}

const marshalled = (values: Item): Record<string, AttributeValue> => marshall(values, { removeUndefinedValues: true });

const termsOf = ({ names, values }: Terms) => ({
  ...(names === undefined ? {} : { ExpressionAttributeNames: { ...names } }),
  ...(values === undefined ? {} : { ExpressionAttributeValues: marshalled(values) }),
});

const conditionOf = ({ only, ...terms }: Only) => ({ ...(only === undefined ? {} : { ConditionExpression: only }), ...termsOf(terms) });

/** A page ends after 1 MB, whatever was asked for. */
async function everyItem(pages: AsyncIterable<{ readonly Items?: Record<string, AttributeValue>[] | undefined }>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const { Items = [] } of pages) for (const item of Items) found.push(unmarshall(item));
  return found;
}

async function unlessConflict(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
