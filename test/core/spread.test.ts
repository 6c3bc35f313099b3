import { expect, test } from 'vitest';
import { durations, spread, spreadText } from '../../core/spread.ts';

test.each([
  [[], undefined],
  [[7], { count: 1, meanSeconds: 7, p50Seconds: 7, p90Seconds: 7 }],
  [[4, 1], { count: 2, meanSeconds: 2.5, p50Seconds: 1, p90Seconds: 4 }],
  [[10, 20, 30, 40, 50, 60, 70, 80, 90, 1000], { count: 10, meanSeconds: 145, p50Seconds: 50, p90Seconds: 90 }],
  [[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 100], { count: 11, meanSeconds: 10, p50Seconds: 1, p90Seconds: 1 }],
])('the spread of %j', (seconds, expected) => expect(spread(seconds)).toEqual(expected));

const cases = [
  { id: 'b', from: '2026-11-24T12:00:00Z', to: '2026-11-24T12:10:00Z' },
  { id: 'a', from: '2026-11-24T12:00:00Z', to: '2026-11-24T11:59:00Z' },
];

test('an end that was told before its beginning took no time', () => expect(durations(cases)).toEqual({ count: 2, meanSeconds: 300, p50Seconds: 0, p90Seconds: 600, ids: ['a', 'b'] }));

test.each([
  [durations([]), 'no case yet'],
  [durations(cases.slice(0, 1)), 'mean 10 minutes, nine of ten within 10 minutes (1 case)'],
  [durations(cases), 'mean 5 minutes, nine of ten within 10 minutes (2 cases)'],
  [{ count: 1, meanSeconds: 59.6, p50Seconds: 59.6, p90Seconds: 60 }, 'mean less than a minute, nine of ten within 1 minute (1 case)'],
  [{ count: 1, meanSeconds: 80, p50Seconds: 80, p90Seconds: 80 }, 'mean 1 minute, nine of ten within 1 minute (1 case)'],
  [{ count: 3, meanSeconds: 7200, p50Seconds: 0, p90Seconds: 172_800 }, 'mean 2.0 hours, nine of ten within 2.0 days (3 cases)'],
])('%j in words', (times, words) => expect(spreadText(times)).toBe(words));
