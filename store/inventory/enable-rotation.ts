import { rotationChange } from '../../core/inventory/rotation-change.ts';
import { ask, describeKey, rotationOf } from './ask-key.ts';
import { concurrently } from './concurrently.ts';
import type { PacedCalls } from './paced-calls.ts';

export interface EnableOptions {
  /** 90 to 2560. */
  readonly periodDays: number;
  /** Left false, nothing is changed and the outcome says what would be. */
  readonly apply: boolean;
}

/** What became of one key, or what would. */
export interface EnableOutcome {
  readonly key: string;
  readonly outcome: 'enabled' | 'shortened' | 'would-enable' | 'would-shorten' | 'unchanged' | 'impossible' | 'failed';
  readonly periodDays?: number;
  readonly nextMs?: number;
  readonly reason?: string;
}

/** As many as the quota of EnableKeyRotation keeps busy. */
const atOnce = 8;

/**
 * Switches automatic rotation on, key by key; one that cannot have it, or that AWS refuses, does not stop the others. Repeated, it changes
 * nothing. Throws only what no key is to blame for, such as an expired session.
 */
export async function* enableRotation(calls: PacedCalls, keys: readonly string[], options: EnableOptions): AsyncGenerator<EnableOutcome> {
  const leave = new AbortController();
  try {
    yield* concurrently(each(keys), (key) => enableOne(calls, key, options), { atOnce, signal: leave.signal });
  } finally {
    leave.abort();
  }
}

// eslint-disable-next-line @typescript-eslint/require-await -- a list as what streams
async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function enableOne(calls: PacedCalls, key: string, { periodDays, apply }: EnableOptions): Promise<EnableOutcome> {
  const described = await describeKey(calls, key);
  const decided = rotationChange(described, periodDays);
  if (decided.change === 'impossible') return { key, outcome: 'impossible', reason: decided.reason };
  if (decided.change === 'none') return { key, outcome: 'unchanged', periodDays: decided.periodDays };
  const [done, would] = decided.change === 'enable' ? (['enabled', 'would-enable'] as const) : (['shortened', 'would-shorten'] as const);
  if (!apply) return { key, outcome: would, periodDays };
  const changed = await ask(calls, 'EnableKeyRotation', { KeyId: described.keyId, RotationPeriodInDays: periodDays });
  if ('unanswered' in changed) return { key, outcome: 'failed', reason: `EnableKeyRotation ended with ${changed.unanswered.error}` };
  // Read back: an answer of EnableKeyRotation says nothing.
  const { rotation } = await rotationOf(calls, described.keyId);
  if (rotation?.enabled !== true || rotation.periodDays !== periodDays) return { key, outcome: 'failed', reason: 'KMS took the change, but does not show it yet: run the command again in a minute' };
  return { key, outcome: done, periodDays, ...(rotation.nextMs === undefined ? {} : { nextMs: rotation.nextMs }) };
}
