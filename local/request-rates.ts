import { performance } from 'node:perf_hooks';

/** A request rate: a bucket that holds one second's worth, and a whole request at least, and fills evenly. */
export class RequestRate {
  readonly #perSecond: number;
  readonly #most: number;
  #left: number;
  #filledAtMs: number;

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#most = Math.max(1, perSecond);
    this.#left = this.#most;
    this.#filledAtMs = nowMs;
  }

  /** Whether one more request fits at `nowMs`; if so it counts. */
  admits(nowMs: number): boolean {
    this.#left = Math.min(this.#most, this.#left + ((nowMs - this.#filledAtMs) / 1000) * this.#perSecond);
    this.#filledAtMs = nowMs;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}

/** The request quotas of one embedded AWS, each per account and Region. They count real time: a moved clock sends nothing faster. */
export class RequestRates {
  readonly #scale: number;
  readonly #now: () => number;
  readonly #rates = new Map<string, RequestRate>();

  /**
   * @param scale - what every quota is multiplied by
   * @param now - monotonic milliseconds
   */
  constructor(scale: number, now: () => number = () => performance.now()) {
    this.#scale = scale;
    this.#now = now;
  }

  /** Whether one more request under the quota of this name fits; if so it counts. */
  admits({ accountId, region }: { accountId: string; region: string }, name: string, perSecond: number): boolean {
    const at = `${accountId}/${region}/${name}`;
    let rate = this.#rates.get(at);
    if (rate === undefined) this.#rates.set(at, (rate = new RequestRate(perSecond * this.#scale, this.#now())));
    return rate.admits(this.#now());
  }
}
