import { describe, expect, test } from 'vitest';
import { frozenForEver, heldUntil } from '../../../core/freeze/held-until.ts';
import { Freeze } from '../../../core/registry/freeze-schema.ts';

const freeze = (given: Record<string, unknown>): Freeze => Freeze.parse({ name: 'f', reason: 'a test', timeZone: 'UTC', ...given });
const cutover = { stage: 'cutover', alias: 'alias/payments' } as const;
const until = (freezes: Freeze | Freeze[], at: string): string | undefined => heldUntil([freezes].flat(), cutover, Date.parse(at))?.until;

/** Expectations are instants in UTC, worked out by hand from the offsets that the zone has on that day. */
const berlin = { timeZone: 'Europe/Berlin' }; // UTC+1, in summer UTC+2: 2026-03-29 02:00 to 2026-10-25 03:00 local
const newYork = { timeZone: 'America/New_York' }; // UTC-5, in summer UTC-4: 2026-03-08 02:00 to 2026-11-01 02:00 local
const lordHowe = { timeZone: 'Australia/Lord_Howe' }; // UTC+10:30, in summer UTC+11: until 2026-04-05 02:00, from 2026-10-04 02:00 local

interface Case {
  readonly name: string;
  readonly freeze: Freeze | Freeze[];
  readonly at: string;
  readonly until: string | undefined;
}

const once = freeze({ ...berlin, once: { from: '2026-12-15T18:00', to: '2027-01-07T06:00' } });
const office = freeze({ ...newYork, weekly: { days: ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'], from: '08:00', to: '18:00' } });
const weekend = freeze({ ...berlin, weekly: { days: ['saturday', 'sunday'], from: '00:00', to: '00:00' } });
const night = freeze({ ...berlin, weekly: { days: ['friday'], from: '22:00', to: '06:00' } });
const monthEnd = freeze({ ...berlin, monthly: { fromDay: -2, from: '18:00', toDay: 1, to: '06:00' } });
const mid = freeze({ ...berlin, monthly: { fromDay: 10, from: '00:00', toDay: 12, to: '00:00' } });

const plain: Case[] = [
  { name: 'before a window', freeze: once, at: '2026-12-15T16:59:59Z', until: undefined },
  { name: 'at its first instant', freeze: once, at: '2026-12-15T17:00:00Z', until: '2027-01-07T05:00:00Z' },
  { name: 'at its last second', freeze: once, at: '2027-01-07T04:59:59Z', until: '2027-01-07T05:00:00Z' },
  { name: 'at its end', freeze: once, at: '2027-01-07T05:00:00Z', until: undefined },
  { name: 'office hours, in winter', freeze: office, at: '2026-01-12T13:00:00Z', until: '2026-01-12T23:00:00Z' },
  { name: 'office hours, in summer', freeze: office, at: '2026-07-13T12:00:00Z', until: '2026-07-13T22:00:00Z' },
  { name: 'before office hours', freeze: office, at: '2026-01-12T12:59:59Z', until: undefined },
  { name: 'no office hours on Saturday', freeze: office, at: '2026-01-17T15:00:00Z', until: undefined },
  { name: 'two days that touch are one', freeze: weekend, at: '2026-01-17T12:00:00Z', until: '2026-01-18T23:00:00Z' },
  { name: 'over midnight, the evening', freeze: night, at: '2026-01-16T21:30:00Z', until: '2026-01-17T05:00:00Z' },
  { name: 'over midnight, the morning after', freeze: night, at: '2026-01-17T04:59:59Z', until: '2026-01-17T05:00:00Z' },
  { name: 'over the end of February', freeze: monthEnd, at: '2026-02-28T12:00:00Z', until: '2026-03-01T05:00:00Z' },
  { name: 'over the end of a leap February', freeze: monthEnd, at: '2028-02-28T17:00:00Z', until: '2028-03-01T05:00:00Z' },
  { name: 'over the end of the year', freeze: monthEnd, at: '2026-12-31T23:30:00Z', until: '2027-01-01T05:00:00Z' },
  { name: 'the middle of a month', freeze: mid, at: '2026-01-11T12:00:00Z', until: '2026-01-11T23:00:00Z' },
  { name: 'not the middle of a month', freeze: mid, at: '2026-01-13T12:00:00Z', until: undefined },
  { name: 'windows of two freezes that touch', freeze: [weekend, freeze({ ...berlin, weekly: { days: ['monday'], from: '00:00', to: '09:00' } })], at: '2026-01-17T12:00:00Z', until: '2026-01-19T08:00:00Z' },
];

const clockChanges: Case[] = [
  // Berlin, 2026-03-29: 02:00 becomes 03:00 at 01:00 UTC. 02:30 does not exist: by the offset after it is 00:30 UTC, by the one before 01:30 UTC.
  { name: 'Berlin: begins at a time that is skipped', freeze: freeze({ ...berlin, weekly: { days: ['sunday'], from: '02:30', to: '05:00' } }), at: '2026-03-29T00:30:00Z', until: '2026-03-29T03:00:00Z' },
  { name: 'Berlin: not earlier than that', freeze: freeze({ ...berlin, weekly: { days: ['sunday'], from: '02:30', to: '05:00' } }), at: '2026-03-29T00:29:59Z', until: undefined },
  { name: 'Berlin: ends at a time that is skipped', freeze: freeze({ ...berlin, weekly: { days: ['sunday'], from: '00:00', to: '02:30' } }), at: '2026-03-29T01:00:00Z', until: '2026-03-29T01:30:00Z' },
  // Berlin, 2026-10-25: 03:00 becomes 02:00 at 01:00 UTC. 02:30 stands twice: 00:30 UTC and 01:30 UTC.
  { name: 'Berlin: begins at a time that stands twice', freeze: freeze({ ...berlin, weekly: { days: ['sunday'], from: '02:30', to: '05:00' } }), at: '2026-10-25T00:30:00Z', until: '2026-10-25T04:00:00Z' },
  { name: 'Berlin: ends at a time that stands twice', freeze: freeze({ ...berlin, weekly: { days: ['sunday'], from: '00:00', to: '02:30' } }), at: '2026-10-25T00:45:00Z', until: '2026-10-25T01:30:00Z' },
  { name: 'Berlin: a day of 23 hours', freeze: freeze({ ...berlin, weekly: { days: ['sunday'], from: '00:00', to: '00:00' } }), at: '2026-03-28T23:00:00Z', until: '2026-03-29T22:00:00Z' },
  { name: 'Berlin: a day of 25 hours', freeze: freeze({ ...berlin, weekly: { days: ['sunday'], from: '00:00', to: '00:00' } }), at: '2026-10-24T22:00:00Z', until: '2026-10-25T23:00:00Z' },
  // New York, 2026-03-08: 02:00 becomes 03:00 at 07:00 UTC. 2026-11-01: 02:00 becomes 01:00 at 06:00 UTC; 01:30 is 05:30 and 06:30 UTC.
  { name: 'New York: ends at a time that is skipped', freeze: freeze({ ...newYork, once: { from: '2026-03-07T18:00', to: '2026-03-08T02:15' } }), at: '2026-03-08T07:00:00Z', until: '2026-03-08T07:15:00Z' },
  { name: 'New York: begins at a time that stands twice', freeze: freeze({ ...newYork, once: { from: '2026-11-01T01:30', to: '2026-11-01T12:00' } }), at: '2026-11-01T05:30:00Z', until: '2026-11-01T17:00:00Z' },
  { name: 'New York: ends at a time that stands twice', freeze: freeze({ ...newYork, once: { from: '2026-10-31T12:00', to: '2026-11-01T01:30' } }), at: '2026-11-01T06:29:59Z', until: '2026-11-01T06:30:00Z' },
  // Lord Howe shifts by half an hour. 2026-10-04: 02:00 becomes 02:30 at 15:30 UTC of the 3rd; 02:15 is 15:15 or 15:45 UTC.
  { name: 'Lord Howe: begins at a time that is skipped', freeze: freeze({ ...lordHowe, weekly: { days: ['sunday'], from: '02:15', to: '04:00' } }), at: '2026-10-03T15:15:00Z', until: '2026-10-03T17:00:00Z' },
  { name: 'Lord Howe: ends at a time that is skipped', freeze: freeze({ ...lordHowe, weekly: { days: ['sunday'], from: '00:00', to: '02:15' } }), at: '2026-10-03T15:30:00Z', until: '2026-10-03T15:45:00Z' },
  // 2026-04-05: 02:00 becomes 01:30 at 15:00 UTC of the 4th; 01:45 is 14:45 and 15:15 UTC.
  { name: 'Lord Howe: begins at a time that stands twice', freeze: freeze({ ...lordHowe, weekly: { days: ['sunday'], from: '01:45', to: '04:00' } }), at: '2026-04-04T14:45:00Z', until: '2026-04-04T17:30:00Z' },
  { name: 'Lord Howe: ends at a time that stands twice', freeze: freeze({ ...lordHowe, weekly: { days: ['sunday'], from: '00:00', to: '01:45' } }), at: '2026-04-04T15:00:00Z', until: '2026-04-04T15:15:00Z' },
];

describe('an act waits until the end of its window', () => {
  test.each(plain)('$name', (c) => expect(until(c.freeze, c.at)).toBe(c.until));
});

describe('where clocks change, a window is never shorter', () => {
  test.each(clockChanges)('$name', (c) => expect(until(c.freeze, c.at)).toBe(c.until));
});

test('says which freezes hold, in the order in which they do', () => {
  const monday = freeze({ ...berlin, name: 'opening', reason: 'markets open', weekly: { days: ['monday'], from: '00:00', to: '09:00' } });
  expect(heldUntil([monday, { ...weekend, name: 'weekend', reason: 'nobody is there' }], cutover, Date.parse('2026-01-17T12:00:00Z'))?.because).toBe(
    'freeze weekend (nobody is there), then opening (markets open)',
  );
});

test('holds what it says, for whom it says', () => {
  const at = Date.parse('2026-12-20T12:00:00Z');
  const held = (given: Record<string, unknown>, stage: 'cutover' | 'retire' | 'rollback' | 'emergency') => heldUntil([freeze({ ...berlin, once: once.once, ...given })], { ...cutover, stage }, at) !== undefined;
  expect((['cutover', 'retire', 'rollback', 'emergency'] as const).map((stage) => held({}, stage))).toEqual([true, true, false, false]);
  expect(held({ holds: ['emergency'] }, 'emergency')).toBe(true);
  expect(held({ holds: ['emergency'] }, 'cutover')).toBe(false);
  expect(held({ aliases: ['alias/other'] }, 'cutover')).toBe(false);
  expect(held({ aliases: ['alias/payments'] }, 'cutover')).toBe(true);
});

test('a calendar without a gap is found', () => {
  const all = freeze({ weekly: { days: ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'], from: '00:00', to: '00:00' } });
  expect(frozenForEver([all], cutover)).toBe(true);
  expect(until(all, '2026-01-17T12:00:00Z')).toBe('never');
  expect(frozenForEver([{ ...all, weekly: { days: ['monday'], from: '00:00', to: '00:00' } }], cutover)).toBe(false);
  expect(frozenForEver([once], cutover)).toBe(false);
});
