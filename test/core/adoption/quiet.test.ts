import { describe, expect, test } from 'vitest';
import type { AdoptionUse } from '../../../core/adoption/adoption.ts';
import { judgeQuiet, leavesTimeToLook, QuietGate, windowFromMs } from '../../../core/adoption/quiet.ts';

const hour = 3600;
const day = 24 * hour;
const cutoverAt = '2026-11-01T00:00:00Z';
const at = (seconds: number): string => new Date(Date.parse(cutoverAt) + seconds * 1000).toISOString().replace('.000', '');
const ms = (seconds: number): number => Date.parse(at(seconds));
const gate = { quietSeconds: 2 * day, overdueAfterSeconds: 5 * day };
const used = (seconds: number, error?: string): AdoptionUse => ({ principal: 'app', operation: 'Encrypt', count: 1, lastAt: at(seconds), namedBy: 'arn', ...(error === undefined ? {} : { error }) });

describe('the gate of quiet use', () => {
  const seenNothing = `nobody is seen to make anything new with the old key since ${cutoverAt}`;
  test.each([
    { name: 'just after the cutover', now: 60, uses: [], complete: true, met: false, again: 2 * day + hour - 60, says: `${seenNothing}; it can be quiet at ${at(2 * day + hour)}` },
    // A use of the last hour may not show yet.
    { name: 'when the time is over, but not what AWS may tell late', now: 2 * day + hour - 1, uses: [], complete: true, met: false, again: 60, says: `${seenNothing}; it can be quiet at ${at(2 * day + hour)}` },
    { name: 'when both are over', now: 2 * day + hour, uses: [], complete: true, met: true, again: 60, says: seenNothing },
    { name: 'a use starts the time anew', now: 3 * day, uses: [used(day), used(2 * day)], complete: true, met: false, again: day + hour, says: `app last made something new with the old key (Encrypt) at ${at(2 * day)}; it can be quiet at ${at(4 * day + hour)}` },
    { name: 'a use that was refused made nothing', now: 3 * day, uses: [used(2 * day, 'AccessDenied')], complete: true, met: true, again: 60, says: seenNothing },
    { name: 'evidence that is not complete is no quiet', now: 9 * day, uses: [], complete: false, met: false, again: day, says: `${seenNothing}; CloudTrail does not tell all that there was, so nothing shows that it is quiet` },
    { name: 'nor is it with a use', now: 3 * day, uses: [used(2.5 * day)], complete: false, met: false, again: 1.5 * day + hour, says: `app last made something new with the old key (Encrypt) at ${at(2.5 * day)}; it can be quiet at ${at(4.5 * day + hour)}; CloudTrail does not tell all that there was, so nothing shows that it is quiet` },
  ])('$name', ({ now, uses, complete, met, again, says }) => {
    expect(judgeQuiet({ gate, cutoverAt, stillMaking: uses, complete, nowMs: ms(now) })).toEqual({ met, lookAgainSeconds: again, because: says, lookedAt: at(now), overdueAt: at(7 * day + hour) });
  });

  test('what must be known reaches back as far as the time and the lateness, and never before the cutover', () => {
    expect(windowFromMs(gate, cutoverAt, ms(day))).toBe(ms(0));
    expect(windowFromMs(gate, cutoverAt, ms(10 * day))).toBe(ms(8 * day - hour));
  });

  test('the year of an execution ends the looking', () => {
    expect(leavesTimeToLook(cutoverAt, ms(300 * day), day)).toBe(true);
    expect(leavesTimeToLook(cutoverAt, ms(363 * day), day)).toBe(true);
    expect(leavesTimeToLook(cutoverAt, ms(363 * day) + 1, day)).toBe(false);
  });

  test('a finding is due a month after the earliest time, where the registry does not say', () => expect(QuietGate.parse({ quietSeconds: day })).toEqual({ quietSeconds: day, overdueAfterSeconds: 30 * day }));
});
