import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { EmbeddedClock } from '../../local/clock.ts';

const day = 86_400_000;

/** Real time stands still, so that every assertion about moved time is exact; setImmediate runs as ever. */
let clock: EmbeddedClock;
beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2030, 0, 1), toFake: ['Date', 'setTimeout', 'clearTimeout'] });
  clock = new EmbeddedClock();
});
afterEach(() => {
  clock.stop();
  vi.useRealTimers();
});

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('now', () => {
  test('is real time while nobody moved it, and real time plus the offset afterwards', async () => {
    expect(clock.now()).toBe(Date.now());
    expect(clock.offsetMs).toBe(0);
    await clock.advance(day);
    expect(clock.now()).toBe(Date.now() + day);
    expect(clock.offsetMs).toBe(day);
    vi.advanceTimersByTime(1000);
    expect(clock.now()).toBe(Date.now() + day);
  });

  test('starts where it is told to', () => {
    expect(new EmbeddedClock(5000).now()).toBe(Date.now() + 5000);
  });
});

describe('advance', () => {
  test('fires what is due in order of time, each at its own time', async () => {
    const start = clock.now();
    const fired: [string, number][] = [];
    for (const [name, after] of [['c', 3000], ['a', 1000], ['b', 2000], ['late', 5001]] as const) clock.at(start + after, () => fired.push([name, clock.now() - start]));
    await clock.advance(5000);
    expect(fired).toEqual([['a', 1000], ['b', 2000], ['c', 3000]]);
    await clock.advance(1);
    expect(fired.at(-1)).toEqual(['late', 5001]);
  });

  test('fires timers of one time in the order in which they were set', async () => {
    const fired: number[] = [];
    for (const n of [1, 2, 3]) clock.at(clock.now() + 1000, () => fired.push(n));
    await clock.advance(1000);
    expect(fired).toEqual([1, 2, 3]);
  });

  test('fires timers that a timer on the way sets', async () => {
    const start = clock.now();
    const fired: number[] = [];
    const every = () => {
      fired.push((clock.now() - start) / day);
      clock.at(clock.now() + day, every);
    };
    clock.at(start + day, every);
    await clock.advance(4 * day);
    expect(fired).toEqual([1, 2, 3, 4]);
  });

  test('does before each advance what it was given to do, and moves when that is done', async () => {
    const done: number[] = [];
    clock.beforeAdvance(async () => {
      await turn();
      done.push(clock.offsetMs / day);
    });
    await Promise.all([clock.advance(day), clock.advance(2 * day)]);
    expect(done).toEqual([0, 1]);
  });

  test('does not fire what was cancelled, before or on the way', async () => {
    const fired: string[] = [];
    clock.at(clock.now() + 1000, () => fired.push('cancelled before')).cancel();
    const second = clock.at(clock.now() + 3000, () => fired.push('cancelled on the way'));
    clock.at(clock.now() + 2000, () => {
      fired.push('first');
      second.cancel();
    });
    await clock.advance(5000);
    expect(fired).toEqual(['first']);
  });

  test('advances asked for together add up and run one after the other', async () => {
    const start = clock.now();
    const fired: number[] = [];
    for (const s of [1, 2, 3]) clock.at(start + s * 1000, () => fired.push(s));
    await Promise.all([clock.advance(1000), clock.advance(1000), clock.advance(1000)]);
    expect(fired).toEqual([1, 2, 3]);
    expect(clock.offsetMs).toBe(3000);
  });

  test('lets busy work settle before the next timer, and before it returns', async () => {
    const start = clock.now();
    const log: string[] = [];
    const work = (name: string) => async () => {
      log.push(`${name} starts`);
      for (let n = 0; n < 5; n += 1) await turn();
      log.push(`${name} ends at ${clock.now() - start}`);
    };
    clock.at(start + 1000, () => void clock.busy(work('first')()));
    clock.at(start + 2000, () => void clock.busy(work('second')()));
    await clock.advance(10_000);
    expect(log).toEqual(['first starts', 'first ends at 1000', 'second starts', 'second ends at 2000']);
  });

  test('busy work that follows on busy work settles too, and timers that it sets still fire', async () => {
    const start = clock.now();
    const log: string[] = [];
    clock.at(start + 1000, () => {
      void clock.busy(turn()).then(() =>
        clock.busy(
          turn().then(() => {
            log.push(`followed at ${clock.now() - start}`);
            clock.at(start + 1500, () => log.push('set on the way'));
          }),
        ),
      );
    });
    clock.at(start + 2000, () => log.push('next'));
    await clock.advance(3000);
    expect(log).toEqual(['followed at 1000', 'set on the way', 'next']);
  });

  test('busy work that fails does not stop it; its error reaches whoever waits for the work', async () => {
    const fired: string[] = [];
    const failures: unknown[] = [];
    clock.at(clock.now() + 1000, () => {
      clock.busy(turn().then(() => Promise.reject(new Error('no')))).catch((error: unknown) => failures.push(error));
    });
    clock.at(clock.now() + 2000, () => fired.push('next'));
    await clock.advance(3000);
    expect(failures).toEqual([new Error('no')]);
    expect(fired).toEqual(['next']);
  });

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('is refused by %d ms', (ms) => {
    expect(() => clock.advance(ms)).toThrow(RangeError);
  });

  test('work that was busy before it was called settles first', async () => {
    const start = clock.now();
    const times: number[] = [];
    void clock.busy(turn().then(turn).then(() => times.push(clock.now() - start)));
    await clock.advance(day);
    expect(times).toEqual([0]);
  });
});

describe('what is kept of an offset', () => {
  const keeping = (keep: (offsetMs: number) => Promise<void>): EmbeddedClock => {
    const kept = new EmbeddedClock(0, keep);
    onTestFinished(() => kept.stop());
    return kept;
  };

  test('is written down before it takes effect, at every stop on the way', async () => {
    const written: number[] = [];
    const kept: EmbeddedClock = keeping((offsetMs) => {
      expect(kept.offsetMs).toBeLessThan(offsetMs);
      written.push(offsetMs);
      return Promise.resolve();
    });
    kept.at(kept.now() + day, () => expect(written).toEqual([day]));
    await kept.advance(2 * day);
    expect(written).toEqual([day, 2 * day]);
  });

  test('one that cannot be written does not take effect, and the clock can still be moved later', async () => {
    let full = true;
    const kept = keeping(() => (full ? Promise.reject(new Error('disk full')) : Promise.resolve()));
    await expect(kept.advance(day)).rejects.toThrow('disk full');
    expect(kept.offsetMs).toBe(0);
    full = false;
    await kept.advance(day);
    expect(kept.offsetMs).toBe(day);
  });
});

describe('real time', () => {
  test('a timer fires when real time reaches it, never synchronously', () => {
    const fired: string[] = [];
    clock.at(clock.now() - 1000, () => fired.push('past'));
    clock.at(clock.now() + 1000, () => fired.push('soon'));
    expect(fired).toEqual([]);
    vi.advanceTimersByTime(999);
    expect(fired).toEqual(['past']);
    vi.advanceTimersByTime(1);
    expect(fired).toEqual(['past', 'soon']);
  });

  test('a timer beyond 2^31 ms fires when it is due and not before', () => {
    const after = 2 ** 31 + 10 * day;
    const fired: number[] = [];
    const start = clock.now();
    clock.at(start + after, () => fired.push(clock.now() - start));
    vi.advanceTimersByTime(2 ** 31 - 1);
    expect(fired).toEqual([]);
    vi.advanceTimersByTime(10 * day);
    expect(fired).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(fired).toEqual([after]);
  });

  test('a timer beyond 2^31 ms fires on the way of an advance, too', async () => {
    const after = 3 * 2 ** 31;
    const fired: number[] = [];
    const start = clock.now();
    clock.at(start + after, () => fired.push(clock.now() - start));
    await clock.advance(after - 1);
    expect(fired).toEqual([]);
    await clock.advance(1);
    expect(fired).toEqual([after]);
  });

  test('after an advance the rest is waited for in real time', async () => {
    const fired: string[] = [];
    clock.at(clock.now() + 2 * day, () => fired.push('rest'));
    await clock.advance(day);
    vi.advanceTimersByTime(day - 1);
    expect(fired).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(fired).toEqual(['rest']);
  });

  test('a stopped clock fires nothing any more', () => {
    const fired: string[] = [];
    clock.at(clock.now() + 1000, () => fired.push('stopped'));
    clock.stop();
    vi.advanceTimersByTime(day);
    expect(fired).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
