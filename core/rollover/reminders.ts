import { secondsPerDay } from '../clock.ts';
import type { Consumer } from '../registry/rollover-schema.ts';

const remindBeforeSeconds = [7 * secondsPerDay, 3 * secondsPerDay, secondsPerDay];

/** When a consumer's acknowledgement is due, epoch milliseconds. */
export const deadlineMs = (consumer: Consumer, publishedMs: number): number => publishedMs + consumer.deadlineDays * secondsPerDay * 1000;

/**
 * When the next word to a consumer is due: 7, 3 and 1 days before its deadline, at the deadline, then each day. Epoch
 * milliseconds, later than `nowMs`.
 */
export function nextReminderMs(consumer: Consumer, publishedMs: number, nowMs: number): number {
  const deadline = deadlineMs(consumer, publishedMs);
  const before = [...remindBeforeSeconds.map((s) => deadline - s * 1000), deadline].find((at) => at > nowMs && at > publishedMs);
  if (before !== undefined) return before;
  const day = secondsPerDay * 1000;
  return deadline + (Math.floor((nowMs - deadline) / day) + 1) * day;
}
