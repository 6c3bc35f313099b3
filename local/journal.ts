import { appendFileSync } from 'node:fs';
import { open, readFile, rename, truncate, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What an entry has outlived once `append` resolves: a crash of the machine, after fsync; or a kill of the process, since the kernel has it. */
type Outlives = 'crash' | 'kill';

/**
 * An append-only file of JSON lines. Appends that arrive together share one write, and one fsync.
 * A torn last line (the process was killed in mid-write) is cut off on opening: its effect was never answered.
 */
export class Journal<Entry> {
  #file: FileHandle;
  readonly #path: string;
  readonly #outlives: Outlives;
  #pending: string[] = [];
  /** The batch that gathers; it is written when the one before it is on disk. */
  #gathering: Promise<void> | undefined;
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, file: FileHandle, outlives: Outlives) {
    this.#path = path;
    this.#file = file;
    this.#outlives = outlives;
  }

  /** Replays what the file holds, in order, then opens it for appending. Throws on a damaged line, naming it. */
  static async open<E>(path: string, replay: (entry: E) => void, outlives: Outlives = 'crash'): Promise<Journal<E>> {
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
    const file = await open(path, 'a', 0o600);
    await syncFolder(dirname(path));
    return new Journal<E>(path, file, outlives);
  }

  /**
   * Resolves when the entry, as it is at the time of the call, outlives what it must. After a failed write every later append
   * rejects too: what stands at the end of the file is not known.
   */
  append(entry: Entry): Promise<void> {
    this.#pending.push(`${JSON.stringify(entry)}\n`);
    this.#gathering ??= this.#writing = this.#writing.then(() => this.#write());
    return this.#gathering;
  }

  /** All that was appended so far outlives what it must. Rejects when it could not be written. */
  get durable(): Promise<void> {
    return this.#writing;
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
    await syncFolder(dirname(this.#path));
    this.#file = await open(this.#path, 'a', 0o600);
  }

  async close(): Promise<void> {
    try {
      await this.#writing;
    } finally {
      await this.#file.close();
    }
  }

  async #write(): Promise<void> {
    const batch = this.#pending.join('');
    this.#pending = [];
    this.#gathering = undefined;
    // The kernel takes it in microseconds; a thread that hands it over takes longer.
    appendFileSync(this.#file.fd, batch);
    if (this.#outlives === 'crash') await this.#file.datasync();
  }
}

/** Puts a name that was made or renamed in `folder` on disk. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
