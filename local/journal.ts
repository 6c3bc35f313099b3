import { open, readFile, rename, truncate, type FileHandle } from 'node:fs/promises';

/**
 * An append-only file of JSON lines. `append` resolves after fsync; appends that arrive together share one.
 * A torn last line (the process was killed in mid-write) is cut off on opening: its effect was never answered.
 */
export class Journal<Entry> {
  #file: FileHandle;
  readonly #path: string;
  #pending: string[] = [];
  #flushing: Promise<void> | undefined;
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /** Replays what the file holds, in order, then opens it for appending. Throws on a damaged line, naming it. */
  static async open<E>(path: string, replay: (entry: E) => void): Promise<Journal<E>> {
    const bytes = await readFile(path).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    });
    const whole = bytes.lastIndexOf(0x0a) + 1;
    if (whole < bytes.length) await truncate(path, whole);
    let line = 0;
    for (let start = 0; start < whole; ) {
      const end = bytes.indexOf(0x0a, start);
      line += 1;
      let entry: E;
      try {
        entry = JSON.parse(bytes.toString('utf8', start, end)) as E;
      } catch (cause) {
        throw new Error(`${path}:${line} is damaged; restore the folder from a copy, or delete it to start afresh`, { cause });
      }
      replay(entry);
      start = end + 1;
    }
    return new Journal<E>(path, await open(path, 'a', 0o600));
  }

  /** The entry is written as it is at the time of the call, whatever becomes of the object later. */
  append(entry: Entry): Promise<void> {
    this.#pending.push(`${JSON.stringify(entry)}\n`);
    this.#flushing ??= this.#flush();
    return this.#flushing;
  }

  /** Replaces the file by these entries in one rename; call it only while nothing is being appended. */
  async compact(entries: Iterable<Entry>): Promise<void> {
    const fresh = `${this.#path}.new`;
    const file = await open(fresh, 'w', 0o600);
    for (const entry of entries) await file.write(`${JSON.stringify(entry)}\n`);
    await file.sync();
    await file.close();
    await this.#file.close();
    await rename(fresh, this.#path);
    this.#file = await open(this.#path, 'a', 0o600);
  }

  async close(): Promise<void> {
    await this.#flushing;
    await this.#writing;
    await this.#file.close();
  }

  async #flush(): Promise<void> {
    // One turn of the event loop gathers what was appended together; entries that arrive later join the next batch.
    await Promise.resolve();
    const batch = this.#pending;
    this.#pending = [];
    this.#flushing = undefined;
    const previous = this.#writing;
    this.#writing = (async () => {
      await previous;
      await this.#file.appendFile(batch.join(''));
      await this.#file.datasync();
    })();
    await this.#writing;
  }
}
