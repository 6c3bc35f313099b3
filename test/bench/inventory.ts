/**
 * `rota inventory` against the embedded KMS with 5 ms latency and its request quotas enforced. The bound is the time that the quota which
 * lasts longest needs for what was sent; every class and finding is compared with what the estate was made from.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { ratesOf, type PacedOperation } from '../../core/inventory/request-quotas.ts';
import { accountId, region } from '../embedded-options.ts';
import { Comparison } from '../estate/compare.ts';
import type { EstateOptions } from '../estate/estate.ts';
import type { Truth } from '../estate/kinds.ts';
import { bundle } from './bundle.ts';

interface Run {
  readonly name: string;
  readonly count: number;
  /** What the embedded KMS multiplies its quotas by; the client believes in the defaults. */
  readonly quotaScale: number;
  /** Of the defaults, what the client takes. */
  readonly share: number;
}

interface Taken {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  /** Of the process before the first key. */
  readonly baseRssBytes: number;
  /** Alive near the end, above what was alive before the first request. */
  readonly liveBytesPerKey: number;
  readonly requests: Readonly<Partial<Record<PacedOperation, number>>>;
  readonly throttled: Readonly<Partial<Record<PacedOperation, number>>>;
}

/** A hundred thousand keys take more than two minutes at AWS's quotas: `npm run bench -- --large-scale 4` makes them four times as fast, and says so. */
const largeScale = Number(process.argv[process.argv.indexOf('--large-scale') + 1] ?? 1) || 1;

const runs: readonly Run[] = [
  { name: '1,000 keys, half the quota', count: 1000, quotaScale: 1, share: 0.5 },
  { name: '10,000 keys, half the quota', count: 10_000, quotaScale: 1, share: 0.5 },
  { name: '10,000 keys, the whole quota', count: 10_000, quotaScale: 1, share: 1 },
  { name: '10,000 keys, a quarter free and nobody told it', count: 10_000, quotaScale: 0.25, share: 0.5 },
  { name: `100,000 keys, half the quota${largeScale === 1 ? '' : ` times ${largeScale}`}`, count: 100_000, quotaScale: largeScale, share: 0.5 * largeScale },
];

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);

async function take(server: string, client: string, { count, quotaScale, share }: Run) {
  const estate: EstateOptions = { count, accountId, region, nowMs: Date.now() };
  const serving = spawn(process.execPath, [server, JSON.stringify({ ...estate, quotaScale })], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [url] = (await once(createInterface(serving.stdout), 'line')) as [string];
  const asking = spawn(process.execPath, ['--expose-gc', client, JSON.stringify({ ...estate, url, share })], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' } });
  const comparison = new Comparison(estate);
  let taken: Taken | undefined;
  for await (const line of createInterface(asking.stdout)) {
    const said = JSON.parse(line) as [string, Truth] | Taken;
    if (Array.isArray(said)) comparison.see(...said);
    else taken = said;
  }
  serving.stdin.end();
  await once(serving, 'exit');
  if (taken === undefined) throw new Error('the inventory did not end');
  return { ...taken, wrong: comparison.verdict() };
}

/** Runs them all, prints a line for each, and answers the figures by name. Throws when a key was lost or told wrong. */
export async function inventoryBench(): Promise<Record<string, Record<string, number>>> {
  const [server, client] = [await bundle('inventory-server'), await bundle('inventory-client')];
  const results: Record<string, Record<string, number>> = {};
  for (const run of runs) {
    const { seconds, cpuSeconds, peakBytes, baseRssBytes, liveBytesPerKey, requests, throttled, wrong } = await take(server, client, run);
    if (wrong.length > 0) throw new Error(`${run.name}: ${wrong.length} keys wrong, such as ${wrong.slice(0, 3).join('; ')}`);
    const rates = ratesOf(Math.min(run.share, run.quotaScale));
    const answered = Object.entries(requests).map(([operation, sent]) => [operation, sent - (throttled[operation as PacedOperation] ?? 0)] as const);
    const bound = Math.max(...answered.map(([operation, n]) => n / rates[operation as PacedOperation]));
    const figures = {
      requestsPerKey: sum(requests) / run.count,
      seconds,
      boundSeconds: bound,
      shareOfBound: bound / seconds,
      cpuSeconds,
      peakMegabytes: peakBytes / 1e6,
      grownMegabytes: (peakBytes - baseRssBytes) / 1e6,
      liveBytesPerKey,
      throttledPercent: (100 * sum(throttled)) / sum(requests),
    };
    results[run.name] = figures;
    console.log(`${run.name.padEnd(48)} ${Object.entries(figures).map(([name, value]) => `${name} ${value.toFixed(2)}`).join('  ')}`);
  }
  const [smallest, largest] = [results[runs[0]?.name ?? ''], results[runs.at(-1)?.name ?? '']];
  const bytesPerKey = (((largest?.grownMegabytes ?? 0) - (smallest?.grownMegabytes ?? 0)) * 1e6) / 99_000;
  // Of the process as a whole, without its registry: on a busy machine V8 sweeps late, and this shows it.
  console.log(`what it grows by, above that for 1,000 keys: ${bytesPerKey.toFixed(0)} bytes a key`);
  return { ...results, memory: { grownBytesPerKey: bytesPerKey } };
}
