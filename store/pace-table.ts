import type { Table } from './table.ts';


/** What one asks for: a turn at `perSecond`, no later than `latestMs`. Epoch milliseconds. */
export interface Turn {
  /** Whose rate it is: place and operation. */
  readonly pace: string;
  readonly perSecond: number;
  readonly nowMs: number;
  readonly latestMs: number;
}

/** A timer may be this late without the rate suffering; but nobody catches up by more than AWS lets through at once, which is a second's worth. */
const burstMsOf = (perSecond: number): number => Math.min(500, Math.max(0, 1000 - 1000 / perSecond));

/**
 * Rates that many processes share: one item each, with the time from which the next turn is free. A turn is taken by one conditional write, without
 * reading: while there is a queue, two at once only add to the same number.
 */
export class PaceTable {
  readonly #table: Table;
  /** Paces at which nobody queued when somebody last looked. */
  readonly #wasIdle = new Set<string>();

  constructor(table: Table) {
    this.#table = table;
  }

  /** Takes the next turn. Answers when it is, perhaps past; undefined when it would be too late, and then nothing is taken. */
  async take({ pace, perSecond, nowMs, latestMs }: Turn): Promise<number | undefined> {
    const intervalMs = 1000 / perSecond;
    const floorMs = nowMs - burstMsOf(perSecond);
    const queue = async (): Promise<number | undefined> => {
      const freeAtMs = await this.#add(pace, 'SET freeAtMs = freeAtMs + :interval', 'freeAtMs BETWEEN :floor AND :latest', { ':interval': intervalMs, ':floor': floorMs, ':latest': latestMs });
      return freeAtMs === undefined ? undefined : freeAtMs - intervalMs;
    };
    const begin = async (): Promise<number | undefined> =>
      (await this.#add(pace, 'SET freeAtMs = :next', 'attribute_not_exists(freeAtMs) OR freeAtMs < :floor', { ':next': floorMs + intervalMs, ':floor': floorMs })) === undefined ? undefined : floorMs;
    for (;;) {
      // What held last time holds now, mostly; either order is right.
      for (const isQueue of this.#wasIdle.has(pace) ? [false, true] : [true, false]) {
        const turnMs = await (isQueue ? queue() : begin());
        if (turnMs === undefined) continue;
        if (isQueue) this.#wasIdle.delete(pace);
        else this.#wasIdle.add(pace);
        return turnMs;
      }
      // Neither: too late, or somebody else was first in this moment.
      if ((await this.#freeAt(pace)) > latestMs) return undefined;
    }
  }

  /** Nobody goes before `untilMs`: AWS has refused somebody for the rate, so others use the quota too. */
  async hold(pace: string, untilMs: number): Promise<void> {
    await this.#add(pace, 'SET freeAtMs = :until', 'freeAtMs < :until', { ':until': untilMs });
  }

  async #freeAt(pace: string): Promise<number> {
    return ((await this.#table.get({ pace }))?.freeAtMs as number | undefined) ?? -Infinity;
  }

  /** Answers the new time, or undefined when the condition did not hold. */
  async #add(pace: string, change: string, only: string, values: Record<string, number>): Promise<number | undefined> {
    return (await this.#table.updated({ pace }, { change, only, values }))?.freeAtMs as number | undefined;
  }
}
