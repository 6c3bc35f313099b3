import { expect, test } from 'vitest';
import fc from 'fast-check';
import { quorum, type Vote } from '../../../core/approval/quorum.ts';

const yes = (person: string, ...groups: string[]): Vote => ({ person, groups, decision: 'approve' });
const no = (person: string, ...groups: string[]): Vote => ({ person, groups, decision: 'refuse' });
const two = { all: [{ group: 'security', count: 2 }] };
const mixed = { all: [{ group: 'security', count: 1 }, { group: 'owners', count: 1 }] };

const cases: { name: string; rule: typeof two; votes: Vote[]; outcome: string }[] = [
  { name: 'nobody yet', rule: two, votes: [], outcome: 'waiting' },
  { name: 'one of two', rule: two, votes: [yes('ann', 'security')], outcome: 'waiting' },
  { name: 'two of two', rule: two, votes: [yes('ann', 'security'), yes('bob', 'security')], outcome: 'approved' },
  { name: 'the same person twice counts once', rule: two, votes: [yes('ann', 'security'), yes('ann', 'security')], outcome: 'waiting' },
  { name: 'the requester does not count', rule: two, votes: [yes('ann', 'security'), yes('req', 'security')], outcome: 'waiting' },
  { name: 'the requester cannot refuse either', rule: two, votes: [no('req', 'security'), yes('ann', 'security'), yes('bob', 'security')], outcome: 'approved' },
  { name: 'a stranger does not count', rule: two, votes: [yes('ann', 'security'), yes('eve', 'guests')], outcome: 'waiting' },
  { name: 'one refusal is refusal', rule: two, votes: [yes('ann', 'security'), no('bob', 'security')], outcome: 'refused' },
  { name: 'one person in two groups fills one seat', rule: mixed, votes: [yes('ann', 'security', 'owners')], outcome: 'waiting' },
  { name: 'seats are matched, not filled in order', rule: mixed, votes: [yes('ann', 'security', 'owners'), yes('bob', 'security')], outcome: 'approved' },
];

test.each(cases)('$name: $outcome', ({ rule, votes, outcome }) => {
  expect(quorum(rule, votes, 'req').outcome).toBe(outcome);
});

test('says what is missing', () => {
  expect(quorum(two, [yes('ann', 'security')], 'req')).toEqual({ outcome: 'waiting', missing: [{ group: 'security', count: 1 }] });
});

/** The plain reference: try every way to put people into seats. */
function fillable(seats: readonly string[], people: readonly Vote[]): boolean {
  const [seat, ...rest] = seats;
  if (seat === undefined) return true;
  return people.some((p, i) => p.groups.includes(seat) && fillable(rest, [...people.slice(0, i), ...people.slice(i + 1)]));
}

test('agrees with trying every seating', () => {
  const group = fc.constantFrom('a', 'b', 'c');
  const person = fc.constantFrom('p', 'q', 'r', 's', 't');
  const vote = fc.record({ person, groups: fc.uniqueArray(group, { maxLength: 3 }), decision: fc.constant('approve' as const) });
  const rule = fc.record({ all: fc.array(fc.record({ group, count: fc.integer({ min: 1, max: 2 }) }), { minLength: 1, maxLength: 3 }) });
  fc.assert(
    fc.property(rule, fc.uniqueArray(vote, { selector: (v) => v.person, maxLength: 5 }), (r, votes) => {
      const seats = r.all.flatMap((s) => Array.from({ length: s.count }, () => s.group));
      const counted = votes.filter((v) => v.person !== 'p');
      expect(quorum(r, votes, 'p').outcome).toBe(fillable(seats, counted) ? 'approved' : 'waiting');
    }),
  );
});
