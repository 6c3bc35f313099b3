import type { Catcher, Retrier } from './definition.ts';
import type { Failure } from './model.ts';

/** Neither `States.ALL` nor `States.TaskFailed` reaches these. SFN-DG concepts-error-handling. */
const terminal: readonly (string | undefined)[] = ['States.DataLimitExceeded', 'States.Runtime'];

/** Whether one name of an `ErrorEquals` covers a failure. SFN-DG concepts-error-handling. */
function covers(name: string, { error, heartbeat }: Failure): boolean {
  if (name === error) return true;
  if (name === 'States.HeartbeatTimeout') return heartbeat === true;
  if (name === 'States.ALL') return !terminal.includes(error);
  return name === 'States.TaskFailed' && error !== 'States.Timeout' && !terminal.includes(error);
}

export const matches = ({ ErrorEquals }: Retrier | Catcher, failure: Failure): boolean => ErrorEquals.some((name) => covers(name, failure));

/**
 * Milliseconds until the next attempt, or undefined when the retrier has none left. `used` counts its attempts so far; `random`
 * yields numbers from 0 up to 1. SFN-DG concepts-error-handling: 1 s, 3 attempts and a rate of 2.0 unless said otherwise.
 */
export function backoffMs(retrier: Retrier, used: number, random: () => number): number | undefined {
  if (used >= (retrier.MaxAttempts ?? 3)) return undefined;
  const seconds = Math.min((retrier.IntervalSeconds ?? 1) * (retrier.BackoffRate ?? 2) ** used, retrier.MaxDelaySeconds ?? Infinity, 31_622_400);
  return Math.round(seconds * 1000 * (retrier.JitterStrategy === 'FULL' ? random() : 1));
}
