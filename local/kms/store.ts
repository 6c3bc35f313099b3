import { join } from 'node:path';
import { Journal } from '../journal.ts';
import { passTime } from './due.ts';
import { arnOf, dueMs, type Key } from './key.ts';
import type { Change, LastUse, WrappingPair } from './records.ts';
import { Region } from './region.ts';
import { Seal } from '../seal.ts';

/** A use within this span of the last written one stays in memory until `close`; AWS itself lags up to an hour. */
const usageGrainMs = 60_000;

/** All that the embedded KMS knows, in memory and in `kms.journal`. One journal line is one effect, whole or not at all. */
export class Store {
  readonly seal: Seal;
  readonly #regions = new Map<string, Region>();
  readonly #wrapping = new Map<string, WrappingPair>();
  readonly #lastUse = new Map<string, LastUse>();
  readonly #useWrittenMs = new Map<string, number>();
  readonly #useUnwritten = new Set<string>();
  #journal: Journal<readonly Change[]> | undefined;
  #written: Promise<void> = Promise.resolve();
  #nextDueMs = Infinity;

  private constructor(seal: Seal) {
    this.seal = seal;
  }

  /** Opens the folder (it must exist) and replays its journal. */
  static async open(folder: string): Promise<Store> {
    const path = join(folder, 'kms.journal');
    const store = new Store(await Seal.open(join(folder, 'kms.master-key'), path));
    let lines = 0;
    const journal = await Journal.open<readonly Change[]>(path, (changes) => {
      lines += 1;
      for (const change of changes) store.#apply(change);
    });
    store.#journal = journal;
    const live = [...store.#snapshot()];
    // Dead lines also hold sealed material that was deleted; rewriting drops it for good.
    if (lines > 2 * live.length + 1000) await journal.compact(live);
    return store;
  }

  region(accountId: string, name: string): Region {
    const at = `${accountId}/${name}`;
    let region = this.#regions.get(at);
    if (region === undefined) this.#regions.set(at, (region = new Region(accountId, name)));
    return region;
  }

  /** A key wherever it is; a question about an account that is not here leaves no trace. */
  key(accountId: string, region: string, id: string): Key | undefined {
    return this.#regions.get(`${accountId}/${region}`)?.keys.get(id);
  }

  /** The multi-Region key of this id in every Region of the account, the given one included. */
  family(key: Pick<Key, 'id' | 'accountId'>): Key[] {
    const regions = [...this.#regions.values()].filter((region) => region.accountId === key.accountId);
    return regions.flatMap((region) => region.keys.get(key.id) ?? []);
  }

  wrappingPair(find: (pair: WrappingPair) => boolean): WrappingPair | undefined {
    return [...this.#wrapping.values()].find(find);
  }

  lastUse(key: Key): LastUse | undefined {
    return this.#lastUse.get(arnOf(key));
  }

  /** Takes effect at once for every later call; an answer may leave after `durable` only. */
  commit(...changes: readonly Change[]): void {
    for (const change of changes) this.#apply(change);
    this.#write(changes);
  }

  /** Notes a use; it is written when the last written use of that key is old, else at `close`. */
  use(use: LastUse): void {
    this.#apply({ used: use });
    if (use.atMs - (this.#useWrittenMs.get(use.keyArn) ?? -Infinity) < usageGrainMs) {
      this.#useUnwritten.add(use.keyArn);
      return;
    }
    this.#useWrittenMs.set(use.keyArn, use.atMs);
    this.#useUnwritten.delete(use.keyArn);
    this.#write([{ used: use }]);
  }

  /** Resolves once every effect so far is on disk; rejects for good after a failed write. */
  durable(): Promise<void> {
    return this.#written;
  }

  /** Lets happen what the clock has brought since the last call: deletions, expiries, rotations. */
  settle(nowMs: number): void {
    while (nowMs >= this.#nextDueMs) {
      const due = [...this.#regions.values()].flatMap((region) => [...region.keys.values()].filter((key) => dueMs(key) <= nowMs));
      for (const { id, accountId, region } of due) {
        // One key's change may have changed or removed another of its family.
        const key = this.key(accountId, region, id);
        if (key !== undefined && dueMs(key) <= nowMs) this.commit(...passTime(key, nowMs, this.family(key), this.seal));
      }
      this.#nextDueMs = Infinity;
      for (const region of this.#regions.values()) {
        for (const key of region.keys.values()) this.#nextDueMs = Math.min(this.#nextDueMs, dueMs(key));
      }
    }
  }

  async close(): Promise<void> {
    const unwritten = [...this.#useUnwritten].flatMap((keyArn) => this.#lastUse.get(keyArn) ?? []);
    if (unwritten.length > 0) this.#write(unwritten.map((used) => ({ used })));
    await this.#written;
    await this.#journal?.close();
  }

  #write(changes: readonly Change[]): void {
    if (this.#journal === undefined) throw new Error('the journal is not open yet');
    const written = this.#journal.append(changes);
    this.#written = Promise.all([this.#written, written]).then(() => undefined);
    // Whoever answers next awaits `durable` and hears of a failure there; without this the process would end first.
    this.#written.catch(() => undefined);
  }

  #apply(change: Change): void {
    if ('key' in change) {
      this.region(change.key.accountId, change.key.region).keys.set(change.key.id, change.key);
      this.#nextDueMs = Math.min(this.#nextDueMs, dueMs(change.key));
    } else if ('keyGone' in change) {
      this.region(change.keyGone.accountId, change.keyGone.region).deleteKey(change.keyGone.id);
      this.#lastUse.delete(arnOf(change.keyGone));
      this.#useWrittenMs.delete(arnOf(change.keyGone));
      this.#useUnwritten.delete(arnOf(change.keyGone));
    } else if ('alias' in change) this.region(change.alias.accountId, change.alias.region).setAlias(change.alias);
    else if ('aliasGone' in change) this.region(change.aliasGone.accountId, change.aliasGone.region).deleteAlias(change.aliasGone.name);
    else if ('grant' in change) this.#grants(change.grant).set(change.grant.id, change.grant);
    else if ('grantGone' in change) this.#grants(change.grantGone).delete(change.grantGone.id);
    else if ('wrapping' in change) this.#wrapping.set(change.wrapping.id, change.wrapping);
    else this.#lastUse.set(change.used.keyArn, change.used);
  }

  #grants(grant: { accountId: string; region: string; keyId: string }) {
    return this.region(grant.accountId, grant.region).grantsOf(grant.keyId);
  }

  *#snapshot(): Iterable<readonly Change[]> {
    for (const wrapping of this.#wrapping.values()) yield [{ wrapping }];
    for (const region of this.#regions.values()) {
      for (const key of region.keys.values()) yield [{ key }];
      for (const alias of region.aliases.values()) if (alias.targetKeyId !== undefined) yield [{ alias }];
      for (const grant of region.grants()) yield [{ grant }];
    }
    for (const used of this.#lastUse.values()) yield [{ used }];
  }
}
