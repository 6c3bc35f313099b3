import { createHash, randomUUID } from 'node:crypto';

/** The hash names of Step Functions and those of node:crypto. */
const algorithms: Readonly<Record<string, string>> = { MD5: 'md5', 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' };

/** SFN-DG transforming-data: 1,000 elements at most. */
const longestRange = 1_000;

const json = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** mulberry32: `$random(seed)` only promises that equal seeds give equal numbers. */
function seeded(seed: number): number {
  let state = (Math.trunc(seed) + 0x6d2b79f5) | 0;
  state = Math.imul(state ^ (state >>> 15), state | 1);
  state ^= state + Math.imul(state ^ (state >>> 7), state | 61);
  return ((state ^ (state >>> 14)) >>> 0) / 2 ** 32;
}

function range(first: unknown, last: unknown, step: unknown): number[] {
  if (![first, last, step].every((value) => typeof value === 'number')) throw new Error('$range takes three numbers');
  const [from, to, by] = [first, last, step] as [number, number, number];
  if (by === 0) throw new Error('the step of $range must not be 0');
  const length = Math.max(0, Math.floor((to - from) / by) + 1);
  if (length > longestRange) throw new Error(`$range makes ${longestRange} numbers at most`);
  return Array.from({ length }, (_, index) => from + index * by);
}

function partition(list: unknown, size: unknown): unknown[][] {
  if (!Array.isArray(list)) throw new Error('the first argument of $partition must be an array');
  const width = typeof size === 'number' ? Math.trunc(size) : 0;
  if (width < 1) throw new Error('the second argument of $partition must be a positive number');
  return Array.from({ length: Math.ceil(list.length / width) }, (_, index) => list.slice(index * width, (index + 1) * width) as unknown[]);
}

function hash(data: unknown, algorithm: unknown): string {
  const name = typeof algorithm === 'string' ? algorithms[algorithm] : undefined;
  if (name === undefined) throw new Error(`$hash knows the algorithms ${Object.keys(algorithms).join(', ')}`);
  return createHash(name).update(json(data)).digest('hex');
}

function parse(text: unknown): unknown {
  if (text === undefined) return undefined;
  if (typeof text !== 'string') throw new Error('$parse takes a string of JSON');
  return JSON.parse(text) as unknown;
}

/**
 * The functions that Step Functions adds to JSONata 2.0.6, or has changed; `$eval` is absent. SFN-DG transforming-data,
 * "JSONata functions provided by Step Functions".
 */
export const stepFunctions = (random: () => number): Readonly<Record<string, unknown>> => ({
  parse,
  hash,
  partition,
  range,
  uuid: () => randomUUID(),
  random: (seed?: unknown) => (typeof seed === 'number' ? seeded(seed) : random()),
  eval: undefined,
});
