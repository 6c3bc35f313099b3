import type { Retrier } from './definition.ts';

/** Errors that `States.ALL` does not catch. Developer Guide, "concepts-error-handling". */
const beyondAll = new Set(['States.DataLimitExceeded', 'States.Runtime']);

/** Whether one name of ErrorEquals stands for this error. */
function stands(name: string, error: string): boolean {
  if (name === error) return true;
  if (name === 'States.ALL') return !beyondAll.has(error);
  if (name === 'States.Timeout') return error === 'States.HeartbeatTimeout';
  if (name === 'States.TaskFailed') return error !== 'States.Timeout' && !beyondAll.has(error);
  return false;
}

export const matches = (names: readonly string[], error: string): boolean => names.some((name) => stands(name, error));

/** Seconds to wait before the attempt after `used` retries, or undefined when they are used up. */
export function retryDelaySeconds(retrier: Retrier, used: number, random: () => number): number | undefined {
  const { IntervalSeconds = 1, MaxAttempts = 3, BackoffRate = 2, MaxDelaySeconds = Number.POSITIVE_INFINITY, JitterStrategy = 'NONE' } = retrier;
  if (used >= MaxAttempts) return undefined;
  const delay = Math.min(IntervalSeconds * BackoffRate ** used, MaxDelaySeconds);
  return JitterStrategy === 'FULL' ? delay * random() : delay;
}
