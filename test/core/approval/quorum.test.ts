import { expect, test } from 'vitest';
import fc from 'fast-check';
import { quorum, seatGroups, type Vote } from '../../../core/approval/quorum.ts';
import type { ApprovalRule } from '../../../core/registry/registry-schema.ts';

const requestedAt = '2026-11-24T12:00:00Z';
const at = (seconds: number): string => new Date(Date.parse(requestedAt) + seconds * 1000).toISOString();
const yes = (person: string, ...groups: string[]): Vote => ({ person, groups, decision: 'approve', decidedAt: at(60) });
const no = (person: string, ...groups: string[]): Vote => ({ person, groups, decision: 'refuse', decidedAt: at(60) });
const later = (vote: Vote, seconds: number): Vote => ({ ...vote, decidedAt: at(seconds) });
const by = (rule: ApprovalRule) => ({ rule, requestedBy: 'req', requestedAt });
const two: ApprovalRule = { all: [{ group: 'security', count: 2 }] };
const mixed: ApprovalRule = { all: [{ group: 'security', count: 1 }, { group: 'owners', count: 1 }] };
const escalating: ApprovalRule = { ...mixed, escalation: [{ group: 'security', to: 'leads', afterSeconds: 3600 }] };

const cases: { name: string; rule: ApprovalRule; votes: Vote[]; outcome: string }[] = [
  { name: 'nobody yet', rule: two, votes: [], outcome: 'waiting' },
  { name: 'one of two', rule: two, votes: [yes('ann', 'security')], outcome: 'waiting' },
  { name: 'two of two', rule: two, votes: [yes('ann', 'security'), yes('bob', 'security')], outcome: 'approved' },
  { name: 'the same person twice counts once', rule: two, votes: [yes('ann', 'security'), yes('ann', 'security')], outcome: 'waiting' },
  { name: 'the requester does not count', rule: two, votes: [yes('ann', 'security'), yes('req', 'security')], outcome: 'waiting' },
  { name: 'the requester cannot refuse either', rule: two, votes: [no('req', 'security'), yes('ann', 'security'), yes('bob', 'security')], outcome: 'approved' },
  { name: 'a stranger does not count', rule: two, votes: [yes('ann', 'security'), yes('eve', 'guests')], outcome: 'waiting' },
  { name: 'one identity under two names counts once', rule: two, votes: [{ ...yes('ann', 'security'), arn: 'a' }, { ...yes('anna', 'security'), arn: 'a' }], outcome: 'waiting' },
  { name: 'so does one passkey', rule: two, votes: [{ ...yes('ann', 'security'), arn: 'a', passkey: { publicKeySpki: 'p' } }, { ...yes('anna', 'security'), arn: 'b', passkey: { publicKeySpki: 'p' } }], outcome: 'waiting' },
  { name: 'a refusal under a second name is refusal', rule: two, votes: [{ ...yes('ann', 'security'), arn: 'a' }, { ...no('anna', 'security'), arn: 'a' }], outcome: 'refused' },
  { name: 'two identities are two', rule: two, votes: [{ ...yes('ann', 'security'), arn: 'a' }, { ...yes('bob', 'security'), arn: 'b' }], outcome: 'approved' },
  { name: 'one refusal is refusal', rule: two, votes: [yes('ann', 'security'), no('bob', 'security')], outcome: 'refused' },
  { name: 'one person in two groups fills one seat', rule: mixed, votes: [yes('ann', 'security', 'owners')], outcome: 'waiting' },
  { name: 'seats are matched, not filled in order', rule: mixed, votes: [yes('ann', 'security', 'owners'), yes('bob', 'security')], outcome: 'approved' },
  { name: 'before the escalation its people do not count', rule: escalating, votes: [later(yes('lea', 'leads'), 3599), yes('olaf', 'owners')], outcome: 'waiting' },
  { name: 'nor do they refuse', rule: escalating, votes: [later(no('lea', 'leads'), 3599), yes('olaf', 'owners')], outcome: 'waiting' },
  { name: 'from the escalation on they do', rule: escalating, votes: [later(yes('lea', 'leads'), 3600), yes('olaf', 'owners')], outcome: 'approved' },
  { name: 'and refuse', rule: escalating, votes: [later(no('lea', 'leads'), 3600), yes('olaf', 'owners')], outcome: 'refused' },
  { name: 'in seats of the silent group only', rule: escalating, votes: [yes('ann', 'security'), later(yes('lea', 'leads'), 3600)], outcome: 'waiting' },
  { name: 'the silent group counts on', rule: escalating, votes: [later(yes('ann', 'security'), 7200), yes('olaf', 'owners')], outcome: 'approved' },
  { name: 'the requester does not come back by escalation', rule: escalating, votes: [later(yes('req', 'leads'), 7200), yes('olaf', 'owners')], outcome: 'waiting' },
];

test.each(cases)('$name: $outcome', ({ rule, votes, outcome }) => {
  expect(quorum(by(rule), votes).outcome).toBe(outcome);
});

test('says what is missing', () => {
  expect(quorum(by(two), [yes('ann', 'security')])).toEqual({ outcome: 'waiting', missing: [{ group: 'security', count: 1 }] });
});

test('says from when on somebody is asked', () => {
  expect(seatGroups(by(escalating), ['leads'], Date.parse(at(60)))).toEqual({ groups: [], fromMs: Date.parse(at(3600)) });
  expect(seatGroups(by(escalating), ['leads'], Date.parse(at(3600)))).toEqual({ groups: ['security'] });
  expect(seatGroups(by(escalating), ['guests'], Date.parse(at(3600)))).toEqual({ groups: [] });
});

/** The plain reference: try every way to put people into seats. */
function fillable(seats: readonly string[], people: readonly (readonly string[])[]): boolean {
  const [seat, ...rest] = seats;
  if (seat === undefined) return true;
  return people.some((groups, i) => groups.includes(seat) && fillable(rest, [...people.slice(0, i), ...people.slice(i + 1)]));
}

test('agrees with trying every seating', () => {
  const group = fc.constantFrom('a', 'b', 'c');
  const person = fc.constantFrom('p', 'q', 'r', 's', 't');
  const vote = fc.record({ person, groups: fc.uniqueArray(group, { maxLength: 3 }), decision: fc.constant('approve' as const), decidedAt: fc.constant(at(60)) });
  const rule = fc.record({ all: fc.array(fc.record({ group, count: fc.integer({ min: 1, max: 2 }) }), { minLength: 1, maxLength: 3 }) });
  fc.assert(
    fc.property(rule, fc.uniqueArray(vote, { selector: (v) => v.person, maxLength: 5 }), (r, votes) => {
      const seats = r.all.flatMap((s) => Array.from({ length: s.count }, () => s.group));
      const counted = votes.filter((v) => v.person !== 'p').map((v) => v.groups);
      expect(quorum({ rule: r, requestedBy: 'p', requestedAt }, votes).outcome).toBe(fillable(seats, counted) ? 'approved' : 'waiting');
    }),
  );
});
