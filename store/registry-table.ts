import { atOnce } from '../core/at-once.ts';
import { RotaError } from '../core/errors.ts';
import { registryDigest } from '../core/registry/registry-digest.ts';
import { Freeze } from '../core/registry/freeze-schema.ts';
import { Person, RegisteredKey, Registry } from '../core/registry/registry-schema.ts';
import { z } from 'zod';
import { binCount, binOf, packed, unpacked, type PackedKey } from './packed-keys.ts';
import type { Item, Table } from './table.ts';

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

/** More at once than this, and DynamoDB refuses: it takes 1,000 writes of 1 KB a second for one partition key. Amazon DynamoDB Developer Guide, "Best practices for designing and using partition keys". */
const writesAtOnce = 10;

/** What the pointer says: the revision that holds, and over how many bins its keys are spread. */
interface Holding {
  readonly revision: string;
  readonly bins: number;
}

/**
 * The registry in DynamoDB: each applied file is a revision, its keys packed together in bins by their aliases (packed-keys.ts); a pointer item says which
 * revision holds, so that a reader sees the old file or the new one whole, never a mixture.
 */
export class RegistryTable {
  readonly #table: Table;
  #latest: { readonly revision: string; readonly known: Map<string, unknown> } = { revision: '', known: new Map() };

  constructor(table: Table) {
    this.#table = table;
  }

  async head(): Promise<RegistryHead | undefined> {
    return (await this.#table.get(pointer))?.head as RegistryHead | undefined;
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
    await this.#table.put({ revision, item: 'people', people: registry.people });
    const { exceptions, automaticRotation, sweep } = registry;
    await this.#table.put({ revision, item: 'estate', estate: { exceptions, automaticRotation, sweep } });
    await this.#table.put({ revision, item: 'freezes', freezes: registry.freezes ?? [] });
    const bins = binCount(registry.keys);
    const items = [...packed(registry.keys, bins)].map(([bin, keys]) => ({ revision, item: binItem(bin), keys }));
    await atOnce(writesAtOnce, items, (item) => this.#table.put(item));
    const isFirst = await this.#table.update(pointer, {
      change: 'SET head = :head, holding = :holding, bins = :bins, serial = :serial',
      only: before === undefined ? 'attribute_not_exists(serial)' : 'serial = :before',
      values: { ':head': head, ':holding': revision, ':bins': bins, ':serial': head.revision, ...(before === undefined ? {} : { ':before': before.revision }) },
    });
    if (!isFirst) throw new RotaError('RegistryMoved', { planned: holds, holds: (await this.head())?.revision ?? 0 });
    return head;
  }

  /** Throws `RegistryEmpty` before the first apply. */
  async people(): Promise<Person[]> {
    return this.#people((await this.#holding()).revision);
  }

  /** When nothing shall change. Throws `RegistryEmpty` before the first apply. */
  async freezes(): Promise<Freeze[]> {
    return this.#freezes((await this.#holding()).revision);
  }

  /** Throws `AliasUnregistered`. */
  async key(alias: string): Promise<RegisteredKey> {
    const [found] = await this.keysOf([alias]);
    if (found === undefined) throw new RotaError('AliasUnregistered', { alias });
    return found;
  }

  /** Those of these aliases that are registered, in their order. Throws `RegistryEmpty` before the first apply. */
  async keysOf(aliases: readonly string[]): Promise<RegisteredKey[]> {
    const { revision, bins } = await this.#holding();
    const found: RegisteredKey[] = [];
    for (const alias of aliases) {
      const bin = await this.#known(revision, binItem(binOf(alias, bins)), (item) => (item === undefined ? [] : keysIn(item)));
      found.push(...bin.filter((key) => key.alias === alias).map((key) => RegisteredKey.parse(key)));
    }
    return found;
  }

  /** Whether the registry that holds asks for sweeps; not before the first one is applied. */
  async isSwept(): Promise<boolean> {
    return (await this.#swept()) !== undefined;
  }

  /** The whole registry where it asks for sweeps. */
  async wholeIfSwept(): Promise<Registry | undefined> {
    const revision = await this.#swept();
    return revision === undefined ? undefined : this.#whole(revision);
  }

  /** The whole registry as it was applied, keys sorted by alias. */
  async whole(): Promise<Registry> {
    return this.#whole((await this.#holding()).revision);
  }

  #whole(revision: string): Promise<Registry> {
    return this.#once(revision, 'whole', async () => {
      const freezes = await this.#freezes(revision);
      return Registry.parse({ version: 1, people: await this.#people(revision), keys: await this.#keys(revision), ...(freezes.length === 0 ? {} : { freezes }), ...(await this.#estate(revision)) });
    });
  }

  async #keys(revision: string): Promise<PackedKey[]> {
    const items = await this.#table.query({ where: 'revision = :r AND begins_with(#item, :keys)', names: { '#item': 'item' }, values: { ':r': revision, ':keys': binPrefix } });
    return items.flatMap(keysIn).sort((a, b) => (a.alias < b.alias ? -1 : 1));
  }

  #people(revision: string): Promise<Person[]> {
    return this.#known(revision, 'people', (item) => People.parse(item?.people));
  }

  #freezes(revision: string): Promise<Freeze[]> {
    // A revision that an earlier release applied has none.
    return this.#known(revision, 'freezes', (item) => Freezes.parse(item?.freezes ?? []));
  }

  #estate(revision: string): Promise<Partial<Pick<Registry, 'exceptions' | 'automaticRotation' | 'sweep'>> | undefined> {
    return this.#known(revision, 'estate', (item) => item?.estate as Partial<Registry> | undefined);
  }

  /** The revision that holds, where it asks for sweeps. */
  async #swept(): Promise<string | undefined> {
    const revision = (await this.#pointed())?.revision;
    return revision === undefined || (await this.#estate(revision))?.sweep === undefined ? undefined : revision;
  }

  async #holding(): Promise<Holding> {
    const holding = await this.#pointed();
    if (holding === undefined) throw new RotaError('RegistryEmpty', {});
    return holding;
  }

  /** Nothing where an earlier development version applied it, which packed no keys: applied again it is there. */
  async #pointed(): Promise<Holding | undefined> {
    const { holding, bins } = (await this.#table.get(pointer)) ?? {};
    return typeof holding === 'string' && typeof bins === 'number' ? { revision: holding, bins } : undefined;
  }

  /** An item of a revision, as `read` makes it. */
  #known<T>(revision: string, item: string, read: (item: Item | undefined) => T): Promise<T> {
    return this.#once(revision, item, async () => read(await this.#table.get({ revision, item })));
  }

  /**
   * Something of a revision, read and checked once. A revision never changes, so what is known of it stays true; which one holds is asked each
   * time. Frozen, since many get it.
   */
  async #once<T>(revision: string, what: string, read: () => Promise<T>): Promise<T> {
    if (this.#latest.revision !== revision) this.#latest = { revision, known: new Map() };
    const { known } = this.#latest;
    if (!known.has(what)) known.set(what, frozen(await read()));
    return known.get(what) as T;
  }
}

const binPrefix = 'keys#';
const binItem = (bin: number): string => `${binPrefix}${bin}`;
const keysIn = (item: Item): PackedKey[] => unpacked(item.keys as Uint8Array);

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}
