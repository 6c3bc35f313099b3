import { counted } from './counted.ts';

/** How long something took, over `count` cases. Percentiles by nearest rank: a value that occurred, and no interpolation between two. */
export interface Spread {
  readonly count: number;
  readonly meanSeconds: number;
  readonly p50Seconds: number;
  readonly p90Seconds: number;
}

/** Something that took from one time to another; ISO 8601. */
export interface Case {
  readonly id: string;
  readonly from: string;
  readonly to: string;
}

/** The spread of cases, with their ids for drilling down, each once; without a case there is no mean. */
export type Durations = (Spread | ({ readonly count: 0 } & { readonly [K in Exclude<keyof Spread, 'count'>]?: never })) & { readonly ids: readonly string[] };

/** Nothing where there is no case. */
export function spread(seconds: readonly number[]): Spread | undefined {
  if (seconds.length === 0) return undefined;
  const sorted = [...seconds].sort((a, b) => a - b);
  const rank = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  return { count: sorted.length, meanSeconds: sorted.reduce((sum, s) => sum + s, 0) / sorted.length, p50Seconds: rank(0.5), p90Seconds: rank(0.9) };
}

/** A case whose end was told before its beginning took no time. */
export const durations = (cases: readonly Case[]): Durations => ({
  ...(spread(cases.map(({ from, to }) => Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000))) ?? { count: 0 }),
  ids: [...new Set(cases.map(({ id }) => id))].sort(),
});

/** `3.0 days`, `2.5 hours`, `4 minutes` or `less than a minute`. */
export function inWords(seconds: number): string {
  if (seconds >= 172_800) return `${(seconds / 86_400).toFixed(1)} days`;
  if (seconds >= 7200) return `${(seconds / 3600).toFixed(1)} hours`;
  return seconds < 60 ? 'less than a minute' : counted(Math.round(seconds / 60), 'minute');
}

/** In words: `mean 3.0 days, nine of ten within 5.0 days (12 cases)`. */
export const spreadText = ({ count, meanSeconds, p90Seconds }: Durations | Spread): string =>
  meanSeconds === undefined ? 'no case yet' : `mean ${inWords(meanSeconds)}, nine of ten within ${inWords(p90Seconds)} (${counted(count, 'case')})`;
