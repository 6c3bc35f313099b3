import { GetCommand, PutCommand, QueryCommand, UpdateCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { RotaError } from '../core/errors.ts';
import { registryDigest } from '../core/registry/registry-digest.ts';
import { Freeze } from '../core/registry/freeze-schema.ts';
import { Person, RegisteredKey, Registry } from '../core/registry/registry-schema.ts';
import { z } from 'zod';

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
  #latest: { readonly revision: string; readonly known: Map<string, unknown> } = { revision: '', known: new Map() };

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
    return this.#peopleOf(await this.#holding());
  }

  /** When nothing shall change. Throws `RegistryEmpty` before the first apply. */
  async freezes(): Promise<Freeze[]> {
    return this.#freezesOf(await this.#holding());
  }

  /** Throws `AliasUnregistered`. */
  async key(alias: string): Promise<RegisteredKey> {
    const found = await this.#item(await this.#holding(), `key#${alias}`, (item) => (item === undefined ? undefined : RegisteredKey.parse(item.key)));
    if (found === undefined) throw new RotaError('AliasUnregistered', { alias });
    return found;
  }

  /** Whether the registry that holds asks for sweeps; not before the first one is applied. */
  async isSwept(): Promise<boolean> {
    const revision = await this.#pointed();
    return revision !== undefined && (await this.#estateOf(revision))?.sweep !== undefined;
  }

  /** The whole registry as it was applied, keys sorted by alias. */
  async whole(): Promise<Registry> {
    const revision = await this.#holding();
    return this.#known(revision, 'whole', async () => {
      const freezes = await this.#freezesOf(revision);
      return Registry.parse({ version: 1, people: await this.#peopleOf(revision), keys: await this.#keysOf(revision), ...(freezes.length === 0 ? {} : { freezes }), ...(await this.#estateOf(revision)) });
    });
  }

  #peopleOf(revision: string): Promise<Person[]> {
    return this.#item(revision, 'people', (item) => People.parse(item?.people));
  }

  #freezesOf(revision: string): Promise<Freeze[]> {
    // A revision that an earlier release applied has none.
    return this.#item(revision, 'freezes', (item) => Freezes.parse(item?.freezes ?? []));
  }

  #estateOf(revision: string): Promise<{ readonly sweep?: unknown } | undefined> {
    return this.#item(revision, 'estate', (item) => item?.estate as { readonly sweep?: unknown } | undefined);
  }

  async #keysOf(revision: string): Promise<RegisteredKey[]> {
    const keys: RegisteredKey[] = [];
    let from: Record<string, unknown> | undefined;
    do {
      const page = await this.#dynamo.send(
        new QueryCommand({
          TableName: this.#table,
          KeyConditionExpression: 'revision = :r AND begins_with(#item, :key)',
          ExpressionAttributeNames: { '#item': 'item' },
          ExpressionAttributeValues: { ':r': revision, ':key': 'key#' },
          ExclusiveStartKey: from,
          ConsistentRead: true,
        }),
      );
      keys.push(...(page.Items ?? []).map((item) => RegisteredKey.parse(item.key)));
      from = page.LastEvaluatedKey;
    } while (from !== undefined);
    return keys;
  }

  /** An item of a revision, as `read` makes it. */
  #item<T>(revision: string, item: string, read: (item: Record<string, unknown> | undefined) => T): Promise<T> {
    return this.#known(revision, item, async () => read((await this.#dynamo.send(new GetCommand({ TableName: this.#table, Key: { revision, item }, ConsistentRead: true }))).Item));
  }

  /**
   * Something of a revision, read and checked once. A revision never changes, so what is known of it stays true; which one holds is asked each
   * time. Frozen, since many get it.
   */
  async #known<T>(revision: string, what: string, read: () => Promise<T>): Promise<T> {
    if (this.#latest.revision !== revision) this.#latest = { revision, known: new Map() };
    const { known } = this.#latest;
    if (!known.has(what)) known.set(what, frozen(await read()));
    return known.get(what) as T;
  }

  async #holding(): Promise<string> {
    const revision = await this.#pointed();
    if (revision === undefined) throw new RotaError('RegistryEmpty', {});
    return revision;
  }

  async #pointed(): Promise<string | undefined> {
    const { Item } = await this.#dynamo.send(new GetCommand({ TableName: this.#table, Key: pointer, ConsistentRead: true }));
    return Item?.holding as string | undefined;
  }

  async #put(item: Record<string, unknown>): Promise<void> {
    await this.#dynamo.send(new PutCommand({ TableName: this.#table, Item: item }));
  }
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}
