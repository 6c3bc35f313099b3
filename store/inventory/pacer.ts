import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** Monotonic time in milliseconds, as an argument so that a test can make it up. */
export interface Ticks {
  now(): number;
  sleep(ms: number): Promise<unknown>;
}

export const realTicks: Ticks = { now: () => performance.now(), sleep };

/** A timer may be this late without the rate suffering. At half of a quota no second then has more than three quarters of it. */
const burstSeconds = 0.5;
/** Requests leave in small bunches: a timer for each would cost more than the requests. */
const shortestSleepMs = 4;
/** What is in the air when the first of them is refused must not count as ten refusals. */
const cutEveryMs = 100;
const cutTo = 0.85;
const growPerSecond = 0.01;
const leastShare = 0.02;

/**
 * A token bucket for one API: `ready` resolves when the next request may leave, in the order of asking. Somebody else may be using the
 * same quota, which nothing but a refusal tells: each refusal cuts the rate, and it grows again, slowly, up to what it was told.
 */
export class Pacer {
  readonly #most: number;
  readonly #ticks: Ticks;
  readonly #waiting: (() => void)[] = [];
  #rate: number;
  #tokens = 1;
  #filledAt: number;
  #cutAt = -Infinity;
  #releasing = false;

  /** @param perSecond - the rate that is never exceeded */
  constructor(perSecond: number, ticks: Ticks = realTicks) {
    this.#most = perSecond;
    this.#rate = perSecond;
    this.#ticks = ticks;
    this.#filledAt = ticks.now();
  }

  /** The rate at this moment. */
  get perSecond(): number {
    return this.#rate;
  }

  ready(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (!this.#releasing) void this.#release();
    });
  }

  /** AWS refused a request for its rate. */
  refused(): void {
    this.#fill();
    this.#tokens = 0;
    if (this.#ticks.now() - this.#cutAt < cutEveryMs) return;
    this.#cutAt = this.#ticks.now();
    this.#rate = Math.max(this.#most * leastShare, this.#rate * cutTo);
  }

  async #release(): Promise<void> {
    this.#releasing = true;
    for (;;) {
      this.#fill();
      for (; this.#tokens >= 1 && this.#waiting.length > 0; this.#tokens -= 1) this.#waiting.shift()?.();
      if (this.#waiting.length === 0) break;
      await this.#ticks.sleep(Math.max(shortestSleepMs, ((1 - this.#tokens) / this.#rate) * 1000));
    }
    this.#releasing = false;
  }

  #fill(): void {
    const now = this.#ticks.now();
    const seconds = (now - this.#filledAt) / 1000;
    this.#filledAt = now;
    this.#rate = Math.min(this.#most, this.#rate + this.#most * growPerSecond * seconds);
    this.#tokens = Math.min(Math.max(1, this.#rate * burstSeconds), this.#tokens + this.#rate * seconds);
  }
}
