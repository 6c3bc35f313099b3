/** A pending call of `Clock.at`. */
export interface Timer {
  cancel(): void;
}

/** The time of the embedded AWS: real, or moved by hand. */
export interface Clock {
  /** Epoch milliseconds, moved time included. */
  now(): number;
  /** How far the clock stands ahead of real time; 0 while nobody moved it. */
  readonly offsetMs: number;
  /** Calls `fire` once `now()` has reached `epochMs`, at any distance; never synchronously. */
  at(epochMs: number, fire: () => void): Timer;
  /** Registers work in flight, so that `advance` lets it settle before the next timer. */
  busy<T>(work: Promise<T>): Promise<T>;
}

/** Real time in epoch milliseconds: for request signatures, which a moved clock must not age. */
// eslint-disable-next-line no-restricted-syntax -- the one place where real time comes in
export const realNow = (): number => Date.now();

/** Waits in real time. */
// eslint-disable-next-line no-restricted-syntax -- the one place that waits in real time
export const pause = (realMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, realMs));

/** Node holds a timer for 2^31-1 ms at most and fires at once beyond that. */
const longestTimeoutMs = 2 ** 31 - 1;

interface Entry {
  readonly due: number;
  readonly fire: () => void;
}

/** A clock that runs with real time plus an offset, and can be moved ahead. */
export class EmbeddedClock implements Clock {
  #offsetMs: number;
  #entries = new Set<Entry>();
  #wake: NodeJS.Timeout | undefined;
  #inFlight = new Set<Promise<unknown>>();
  #advancing: Promise<void> = Promise.resolve();
  readonly #chores: (() => Promise<void>)[] = [];
  readonly #keep: (offsetMs: number) => Promise<void>;

  /** `keep` writes an offset down before it takes effect, so that a restart never takes back a time in which things happened. */
  constructor(offsetMs = 0, keep: (offsetMs: number) => Promise<void> = () => Promise.resolve()) {
    this.#offsetMs = offsetMs;
    this.#keep = keep;
  }

  get offsetMs(): number {
    return this.#offsetMs;
  }

  now(): number {
    return realNow() + this.#offsetMs;
  }

  at(epochMs: number, fire: () => void): Timer {
    const entry = { due: epochMs, fire };
    this.#entries.add(entry);
    this.#arm();
    return {
      cancel: () => {
        this.#entries.delete(entry);
      },
    };
  }

  async busy<T>(work: Promise<T>): Promise<T> {
    this.#inFlight.add(work);
    try {
      return await work;
    } finally {
      this.#inFlight.delete(work);
    }
  }

  /** Does this before each `advance`: what a schedule in real time would have done long before so much time has passed. */
  beforeAdvance(chore: () => Promise<void>): void {
    this.#chores.push(chore);
  }

  /**
   * Moves time ahead by `ms`, stopping at every timer due on the way until the work it started has settled.
   * Calls queue up. Throws RangeError unless `ms` is a finite number of 0 or more.
   */
  advance(ms: number): Promise<void> {
    if (!Number.isFinite(ms) || ms < 0) throw new RangeError(`a clock moves ahead only, not by ${ms} ms`);
    const step = this.#advancing.then(async () => {
      for (const chore of this.#chores) await chore();
      await this.#step(this.#offsetMs + ms);
    });
    this.#advancing = step.catch(() => undefined);
    return step;
  }

  /** Resolves once nothing is in flight, and still nothing after the follow-up work had its turn. */
  get idle(): Promise<void> {
    return this.#settle();
  }

  /** Stops the wake-up timer, so that the process may end. */
  stop(): void {
    clearTimeout(this.#wake);
    this.#entries.clear();
  }

  async #step(targetOffsetMs: number): Promise<void> {
    await this.#settle();
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const offsetMs = this.#offsetMs + Math.max(0, next.due - this.now());
      if (offsetMs > targetOffsetMs) break;
      await this.#move(offsetMs);
      // While the offset was written, the entry may have been cancelled, or fired by real time.
      if (this.#entries.delete(next)) next.fire();
      await this.#settle();
    }
    await this.#move(targetOffsetMs);
    this.#arm();
  }

  async #move(offsetMs: number): Promise<void> {
    if (offsetMs <= this.#offsetMs) return;
    await this.#keep(offsetMs);
    this.#offsetMs = offsetMs;
  }

  async #settle(): Promise<void> {
    do {
      await Promise.allSettled(this.#inFlight);
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.#inFlight.size > 0);
  }

  #next(): Entry | undefined {
    let first: Entry | undefined;
    for (const entry of this.#entries) if (first === undefined || entry.due < first.due) first = entry;
    return first;
  }

  #arm(): void {
    clearTimeout(this.#wake);
    const next = this.#next();
    if (next === undefined) return;
    // eslint-disable-next-line no-restricted-syntax -- the one place that waits in real time
    this.#wake = setTimeout(() => this.#fireDue(), Math.min(Math.max(0, next.due - this.now()), longestTimeoutMs));
  }

  #fireDue(): void {
    for (let next = this.#next(); next !== undefined && next.due <= this.now(); next = this.#next()) {
      this.#entries.delete(next);
      next.fire();
    }
    this.#arm();
  }
}
