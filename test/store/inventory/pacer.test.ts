import { expect, test } from 'vitest';
import { Pacer, type Ticks } from '../../../store/inventory/pacer.ts';
import { RequestRate } from '../../../local/request-rates.ts';

/** Time that passes only while somebody sleeps. */
function madeUpTime(): Ticks & { elapsed: () => number } {
  let now = 0;
  const sleepers: { at: number; wake: () => void }[] = [];
  const turn = (): void => {
    const next = sleepers.sort((a, b) => a.at - b.at).shift();
    if (next === undefined) return;
    now = Math.max(now, next.at);
    next.wake();
  };
  return {
    now: () => now,
    elapsed: () => now,
    sleep: (ms) =>
      new Promise<void>((wake) => {
        sleepers.push({ at: now + ms, wake });
        setImmediate(turn);
      }),
  };
}

/** Sends `wanted` requests through a pacer against a server with a quota of its own, each again until it is taken. */
async function send(wanted: number, { perSecond, free, latencyMs = 8 }: { perSecond: number; free: number; latencyMs?: number }) {
  const time = madeUpTime();
  const pacer = new Pacer(perSecond, time);
  const server = new RequestRate(free, 0);
  let sent = 0;
  let refused = 0;
  let begun = 0;
  const worker = async (): Promise<void> => {
    for (let mine = begun++; mine < wanted; mine = begun++)
      for (;;) {
        await pacer.ready();
        sent += 1;
        const taken = server.admits(time.now());
        await time.sleep(latencyMs);
        if (taken) break;
        refused += 1;
        pacer.refused();
      }
  };
  await Promise.all(Array.from({ length: 60 }, worker));
  return { seconds: time.elapsed() / 1000, refusedShare: refused / sent, perSecond: pacer.perSecond };
}

test('keeps its rate and no more', async () => {
  const { seconds, refusedShare } = await send(5000, { perSecond: 500, free: 500 });
  expect(refusedShare).toBe(0);
  expect(seconds).toBeGreaterThanOrEqual(9.9);
  expect(seconds).toBeLessThan(10 / 0.99);
});

test('finds out what others leave: few refusals, little time lost, and nobody told it', async () => {
  const { seconds, refusedShare } = await send(6000, { perSecond: 500, free: 250 });
  expect(refusedShare).toBeLessThan(0.05);
  expect(seconds).toBeLessThan((6000 / 250) * 1.25);
});

test('goes on when next to nothing is left', async () => {
  const { refusedShare } = await send(300, { perSecond: 500, free: 20 });
  expect(refusedShare).toBeLessThan(0.5);
});
