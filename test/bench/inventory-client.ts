/** One inventory, in a process of its own, so that time and memory are its own: a line a key, then a line with what it took. */
import { sweep } from '../../store/inventory/sweep.ts';
import { admin } from '../embedded-options.ts';
import type { EstateOptions } from '../estate/estate.ts';
import { policiesOfEstate } from '../estate/policies.ts';
import { toldOf } from '../estate/compare.ts';

const { url, share, ...estate } = JSON.parse(process.argv[2] ?? '{}') as EstateOptions & { url: string; share: number };
const policies = policiesOfEstate(estate);

/** What is alive, without what V8 has not yet swept up: needs `--expose-gc`. */
function liveBytes(): number {
  gc?.();
  return process.memoryUsage().heapUsed;
}

const baseBytes = liveBytes();
/** With the registry, which is larger for more keys, and before the first key. */
const baseRssBytes = process.memoryUsage().rss;
let liveAboveBase = 0;
let seen = 0;
let lines: string[] = [];
const flush = (): void => {
  process.stdout.write(lines.join(''));
  lines = [];
};

const cpu = process.cpuUsage();
const begin = process.hrtime.bigint();
const { requests, throttled } = await sweep(
  { region: estate.region },
  { credentials: admin, endpoints: { kms: url, tagging: url }, share, policies, allRotations: false, lastUse: false, nowMs: estate.nowMs },
  (judged) => {
    lines.push(`${JSON.stringify([judged.key.keyId, toldOf(judged)])}\n`);
    if (++seen % 100 === 0) flush();
    // Near the end, when all that is kept is there.
    if (seen === Math.floor(estate.count * 0.9)) liveAboveBase = liveBytes() - baseBytes;
  },
);
const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
const { user, system } = process.cpuUsage(cpu);
flush();
process.stdout.write(`${JSON.stringify({ seconds, cpuSeconds: (user + system) / 1e6, peakBytes: process.resourceUsage().maxRSS * 1024, baseRssBytes, liveBytesPerKey: liveAboveBase / estate.count, requests, throttled })}\n`);
