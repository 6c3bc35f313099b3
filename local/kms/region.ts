import type { Key } from './key.ts';
import { Listing } from './listing.ts';
import { awsAliasNames } from './aws-managed.ts';
import type { Alias, Grant } from './records.ts';

const none: ReadonlySet<string> = new Set();

/** What one account has in one Region. */
export class Region {
  readonly accountId: string;
  readonly name: string;
  readonly keys = new Listing<Key>();
  readonly aliases = new Listing<Alias>();
  readonly #aliasNames = new Map<string, Set<string>>();
  readonly #grants = new Map<string, Listing<Grant>>();

  constructor(accountId: string, name: string) {
    this.accountId = accountId;
    this.name = name;
    for (const alias of awsAliasNames) this.aliases.set(alias, { name: alias, accountId, region: name, createdMs: 0, updatedMs: 0 });
  }

  aliasNamesOf(keyId: string): ReadonlySet<string> {
    return this.#aliasNames.get(keyId) ?? none;
  }

  grantsOf(keyId: string): Listing<Grant> {
    let grants = this.#grants.get(keyId);
    if (grants === undefined) this.#grants.set(keyId, (grants = new Listing()));
    return grants;
  }

  setAlias(alias: Alias): void {
    this.#unlink(alias.name);
    this.aliases.set(alias.name, alias);
    if (alias.targetKeyId === undefined) return;
    const names = this.#aliasNames.get(alias.targetKeyId);
    if (names === undefined) this.#aliasNames.set(alias.targetKeyId, new Set([alias.name]));
    else names.add(alias.name);
  }

  deleteAlias(name: string): void {
    this.#unlink(name);
    this.aliases.delete(name);
  }

  /** A key takes its aliases and grants with it (aws-facts 1.8). */
  deleteKey(id: string): void {
    for (const name of this.aliasNamesOf(id)) this.aliases.delete(name);
    this.#aliasNames.delete(id);
    this.#grants.delete(id);
    this.keys.delete(id);
  }

  *grants(): Iterable<Grant> {
    for (const grants of this.#grants.values()) yield* grants.values();
  }

  #unlink(name: string): void {
    const target = this.aliases.get(name)?.targetKeyId;
    if (target !== undefined) this.#aliasNames.get(target)?.delete(name);
  }
}
