import { describe, expect, test } from 'vitest';
import type { StepRecord } from '../../../core/dossier/statement.ts';
import { introducedIn, lastPublishedIn, putBackIn, rolloverDates, stateOf } from '../../../core/rollover/state.ts';

type Result = NonNullable<StepRecord['result']>;

const step = (name: string, completedAt: string | undefined, result: Result = {}): StepRecord => ({
  step: name,
  intendedAt: '2026-11-24T10:00:00.000Z',
  attempts: 1,
  kmsCalls: [],
  ...(completedAt === undefined ? {} : { completedAt, result }),
});

/** The plan of a verifiers' key: start, a day until caches have it, five minutes of KMS, half a day to drain, a day to forget. */
const planned = {
  emergency: false,
  dates: [
    { state: 'PUBLISHED', at: '2026-11-24T10:00:00Z', because: 'the start' },
    { state: 'READY', at: '2026-11-25T10:00:00Z', because: 'publication + cache 86400 s' },
    { state: 'ACTIVE', at: '2026-11-25T10:00:00Z', because: 'ready, acknowledged and approved' },
    { state: 'RETIRED', at: '2026-11-25T10:05:00Z', because: 'the switch + KMS propagation 300 s' },
    { state: 'DRAINED', at: '2026-11-25T22:05:00Z', because: 'the stop of the old key + longest lifetime 43200 s' },
    { state: 'REMOVED', at: '2026-11-26T22:05:00Z', because: 'the last publication + cache 86400 s' },
  ],
};
const urgent = { emergency: true, dates: [planned.dates[0], planned.dates[2]].map((d) => ({ state: d?.state ?? '', at: '2026-11-24T10:00:00Z', because: 'an emergency' })) };

const publication = (sequence: number, publishedAt: string) => ({ sequence, keySetSha256: 'ab', oldThumbprint: 'old', newThumbprint: 'new', publishedAt });
const life: readonly StepRecord[] = [
  step('create-successor', '2026-11-24T10:00:01.100Z'),
  step('publish-keys.introduce', '2026-11-24T10:00:03.000Z', publication(3, '2026-11-24T10:00:02Z')),
  step('plan-cutover', '2026-11-26T08:00:00.000Z'),
  step('repoint-aliases', '2026-11-27T09:00:00.400Z'),
  step('stop-key.old', '2026-11-27T09:05:01.000Z', { stoppedAt: '2026-11-27T09:05:00Z' }),
  step('check-drained.1', '2026-11-27T21:05:00.000Z', { drained: true }),
  step('publish-keys.remove', '2026-11-27T21:06:01.000Z', publication(4, '2026-11-27T21:06:00Z')),
];
const at = (time: string) => Date.parse(time);

describe('the state', () => {
  test.each([
    ['PLANNED', []],
    ['PLANNED', [step('create-successor', undefined)]],
    ['GENERATED', life.slice(0, 1)],
    ['GENERATED', [...life.slice(0, 1), step('publish-keys.introduce', undefined)]],
    ['PUBLISHED', life.slice(0, 2)],
    ['READY', life.slice(0, 3)],
    ['READY', [...life.slice(0, 2), step('plan-cutover.2', '2026-11-26T08:00:00.000Z')]],
    ['ACTIVE', life.slice(0, 4)],
    ['RETIRED', life.slice(0, 5)],
    ['RETIRED', [...life.slice(0, 5), step('check-drained.1', '2026-11-27T21:05:00.000Z', { drained: false })]],
    ['DRAINED', [...life.slice(0, 5), step('check-drained.1', '2026-11-27T21:05:00.000Z', { drained: false }), step('check-drained.2', '2026-11-27T22:05:00.000Z', { drained: true })]],
    ['REMOVED', life],
    // Keys that others encrypt to: the old one leaves the set at the switch, which is not the end of the rollover.
    ['ACTIVE', [...life.slice(0, 4), step('publish-keys.switch', '2026-11-27T09:01:00.000Z', publication(4, '2026-11-27T09:01:00Z'))]],
  ])('is %s', (expected, steps) => {
    expect(stateOf(rolloverDates(planned, steps, at('2026-11-28T00:00:00Z')))).toBe(expected);
  });

  test('of an emergency has no READY', () => {
    const steps = [...life.slice(0, 1), step('plan-cutover', '2026-11-24T10:00:02.000Z'), step('publish-keys.emergency', '2026-11-24T10:01:00.000Z', publication(3, '2026-11-24T10:01:00Z')), ...life.slice(3, 5)];
    const dates = rolloverDates(urgent, steps, at('2026-11-28T00:00:00Z'));
    expect(dates.map((d) => d.state)).toEqual(['GENERATED', 'PUBLISHED', 'ACTIVE', 'RETIRED']);
    expect(stateOf(dates)).toBe('RETIRED');
  });
});

describe('dates', () => {
  const shown = (steps: readonly StepRecord[], now: string) => rolloverDates(planned, steps, at(now)).map((d) => `${d.reached ? '' : '>= '}${d.state} ${d.at}`);

  test('of a rollover that is over are what happened', () => {
    expect(shown(life, '2026-12-24T00:00:00Z')).toEqual([
      'GENERATED 2026-11-24T10:00:01Z',
      'PUBLISHED 2026-11-24T10:00:02Z',
      'READY 2026-11-26T08:00:00Z',
      'ACTIVE 2026-11-27T09:00:00Z',
      'RETIRED 2026-11-27T09:05:00Z',
      'DRAINED 2026-11-27T21:05:00Z',
      'REMOVED 2026-11-27T21:06:00Z',
    ]);
  });

  test('to come follow from what happened, by the distances of the plan', () => {
    expect(shown(life.slice(0, 4), '2026-11-27T09:00:00Z').slice(3)).toEqual([
      'ACTIVE 2026-11-27T09:00:00Z',
      '>= RETIRED 2026-11-27T09:05:00Z',
      '>= DRAINED 2026-11-27T21:05:00Z',
      '>= REMOVED 2026-11-28T21:05:00Z',
    ]);
  });

  test('to come are never past: a consumer that is late moves all that follows', () => {
    expect(shown(life.slice(0, 2), '2026-12-01T00:00:00Z').slice(2)).toEqual([
      '>= READY 2026-12-01T00:00:00Z',
      '>= ACTIVE 2026-12-01T00:00:00Z',
      '>= RETIRED 2026-12-01T00:05:00Z',
      '>= DRAINED 2026-12-01T12:05:00Z',
      '>= REMOVED 2026-12-02T12:05:00Z',
    ]);
  });
});

test('publications: the one that introduced the new key, and the last', () => {
  expect([introducedIn(life.slice(0, 1)), lastPublishedIn(life.slice(0, 1))]).toEqual([undefined, undefined]);
  expect([introducedIn(life)?.sequence, lastPublishedIn(life)?.sequence]).toEqual([3, 4]);
});

test.each([
  ['never', life, undefined],
  ['asked for, not done', [...life.slice(0, 5), step('repoint-aliases.1', undefined)], undefined],
  ['done', [...life.slice(0, 5), step('repoint-aliases.1', '2026-11-27T12:00:00.000Z')], '2026-11-27T12:00:00Z'],
  ['done, and undone since the old key failed', [...life.slice(0, 5), step('repoint-aliases.1', '2026-11-27T12:00:00.000Z'), step('restore-aliases.1', '2026-11-27T12:01:00.000Z')], undefined],
  ['undone the first time, done the second', [step('repoint-aliases.1', '2026-11-27T12:00:00.000Z'), step('restore-aliases.1', '2026-11-27T12:01:00.000Z'), step('repoint-aliases.2', '2026-11-27T15:00:00.000Z')], '2026-11-27T15:00:00Z'],
])('put back: %s', (_, steps, expected) => expect(putBackIn(steps)).toBe(expected));
