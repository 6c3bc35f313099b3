import { GetCommand, paginateQuery, PutCommand, UpdateCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { RotaError } from '../core/errors.ts';
import { registryDigest } from '../core/registry/registry-digest.ts';
import { Freeze } from '../core/registry/freeze-schema.ts';
import { Person, RegisteredKey, Registry } from '../core/registry/registry-schema.ts';
import { z } from 'zod';
import { everyItem } from './every-item.ts';

/** Which revision holds, who applied it and when. */
export interface RegistryHead {
  readonly revision: number;
  readonly digest: string;
  readonly appliedBy: string;
  readonly appliedAt: string;
}

const pointer = { revision: 'current', item: 'head' };
const People = z.array(Person);
const Freezes = z.array(Freeze);

/**
 * The registry in DynamoDB: each applied file is a revision of one item a key; a pointer item says which revision holds,
 * so that a reader sees the old file or the new one whole, never a mixture.
 */
export class RegistryTable {
  readonly #dynamo: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(dynamo: DynamoDBDocumentClient, table: string) {
    this.#dynamo = dynamo;
    this.#table = table;
  }

  async head(): Promise<RegistryHead | undefined> {
    const { Item } = await this.#dynamo.send(new GetCommand({ TableName: this.#table, Key: pointer, ConsistentRead: true }));
    return Item === undefined ? undefined : (Item.head as RegistryHead);
  }

  /**
   * Writes a new revision, then turns the pointer. Two appliers at once: the second is refused by the condition. Throws `RegistryMoved` where
   * another revision holds than `over`, the one that somebody has looked at (0 before the first); left out, any.
   */
  async apply(registry: Registry, appliedBy: string, appliedAt: string, over?: number): Promise<RegistryHead> {
    const before = await this.head();
    const holds = before?.revision ?? 0;
    if (over !== undefined && over !== holds) throw new RotaError('RegistryMoved', { planned: over, holds });
    const head: RegistryHead = { revision: holds + 1, digest: registryDigest(registry), appliedBy, appliedAt };
    const revision = `${head.revision}#${head.digest.slice(0, 16)}`;
    await this.#put({ revision, item: 'people', people: registry.people });
    const { exceptions, automaticRotation, sweep } = registry;
    await this.#put({ revision, item: 'estate', estate: { exceptions, automaticRotation, sweep } });
    await this.#put({ revision, item: 'freezes', freezes: registry.freezes ?? [] });
    for (const key of registry.keys) await this.#put({ revision, item: `key#${key.alias}`, key });
    await this.#dynamo.send(
      new UpdateCommand({
        TableName: this.#table,
        Key: pointer,
        UpdateExpression: 'SET head = :head, holding = :holding, serial = :serial',
        ConditionExpression: before === undefined ? 'attribute_not_exists(serial)' : 'serial = :before',
        ExpressionAttributeValues: {
          ':head': head,
          ':holding': revision,
          ':serial': head.revision,
          ...(before === undefined ? {} : { ':before': before.revision }),
        },
      }),
    );
    return head;
  }

  /** Throws `RegistryEmpty` before the first apply. */
  async people(): Promise<Person[]> {
    const { Item } = await this.#dynamo.send(
      new GetCommand({ TableName: this.#table, Key: { revision: await this.#holding(), item: 'people' }, ConsistentRead: true }),
    );
    return People.parse(Item?.people);
  }

  /** When nothing shall change. Throws `RegistryEmpty` before the first apply. */
  async freezes(): Promise<Freeze[]> {
    const { Item } = await this.#dynamo.send(
      new GetCommand({ TableName: this.#table, Key: { revision: await this.#holding(), item: 'freezes' }, ConsistentRead: true }),
    );
    // A revision that an earlier release applied has none.
    return Freezes.parse(Item?.freezes ?? []);
  }

  /** Throws `AliasUnregistered`. */
  async key(alias: string): Promise<RegisteredKey> {
    const { Item } = await this.#dynamo.send(
      new GetCommand({ TableName: this.#table, Key: { revision: await this.#holding(), item: `key#${alias}` }, ConsistentRead: true }),
    );
    if (Item === undefined) throw new RotaError('AliasUnregistered', { alias });
    return RegisteredKey.parse(Item.key);
  }

  /** Whether the registry that holds asks for sweeps; not before the first one is applied. */
  async isSwept(): Promise<boolean> {
    if ((await this.head()) === undefined) return false;
    const { Item } = await this.#dynamo.send(new GetCommand({ TableName: this.#table, Key: { revision: await this.#holding(), item: 'estate' }, ConsistentRead: true }));
    return (Item?.estate as { sweep?: unknown } | undefined)?.sweep !== undefined;
  }

  /** The whole registry as it was applied, keys sorted by alias. */
  async whole(): Promise<Registry> {
    const revision = await this.#holding();
    const items = await everyItem(
      paginateQuery(
        { client: this.#dynamo },
        {
          TableName: this.#table,
          KeyConditionExpression: 'revision = :r AND begins_with(#item, :key)',
          ExpressionAttributeNames: { '#item': 'item' },
          ExpressionAttributeValues: { ':r': revision, ':key': 'key#' },
          ConsistentRead: true,
        },
      ),
    );
    const keys = items.map((item) => RegisteredKey.parse(item.key));
    const freezes = await this.freezes();
    const { Item } = await this.#dynamo.send(new GetCommand({ TableName: this.#table, Key: { revision, item: 'estate' }, ConsistentRead: true }));
    return Registry.parse({ version: 1, people: await this.people(), keys, ...(freezes.length === 0 ? {} : { freezes }), ...(Item?.estate as object | undefined) });
  }

  async #holding(): Promise<string> {
    const { Item } = await this.#dynamo.send(new GetCommand({ TableName: this.#table, Key: pointer, ConsistentRead: true }));
    if (Item === undefined) throw new RotaError('RegistryEmpty', {});
    return Item.holding as string;
  }

  async #put(item: Record<string, unknown>): Promise<void> {
    await this.#dynamo.send(new PutCommand({ TableName: this.#table, Item: item }));
  }
}
