/**
 * Every rule of small size, with every membership of three people, everything that each may say, and every requester, against a reference
 * that knows no algorithm: it tries all ways to put people on seats.
 */
import { expect, test } from 'vitest';
import { quorum, type Vote } from '../../../core/approval/quorum.ts';
import type { ApprovalRule } from '../../../core/registry/registry-schema.ts';

const requestedAt = '2026-11-24T12:00:00Z';
const early = '2026-11-24T12:59:59Z';
const late = '2026-11-24T13:00:00Z';
const afterSeconds = 3600;

type Say = 'nothing' | 'approve' | 'refuse';
interface Person {
  readonly id: string;
  readonly groups: readonly string[];
  readonly say: Say;
  readonly decidedAt: string;
}

/** All tuples that take one element of each list. */
const product = <T>(...lists: readonly (readonly T[])[]): T[][] => lists.reduce<T[][]>((tuples, list) => tuples.flatMap((t) => list.map((e) => [...t, e])), [[]]);
const subsets = (of: readonly string[]): string[][] => of.reduce<string[][]>((all, e) => [...all, ...all.map((s) => [...s, e])], [[]]);

/** A rule in plain words: which seats there are, and who may sit on one at a time. */
function reference(rule: ApprovalRule, people: readonly Person[], requester: string): string {
  const seats: string[] = [];
  for (const { group, count } of rule.all) for (let i = 0; i < count; i++) seats.push(group);
  const maySit = (p: Person, seat: string): boolean =>
    p.groups.includes(seat) || (rule.escalation ?? []).some((e) => e.group === seat && p.groups.includes(e.to) && p.decidedAt >= late);
  const speakers = people.filter((p) => p.say !== 'nothing' && p.id !== requester && seats.some((seat) => maySit(p, seat)));
  if (speakers.some((p) => p.say === 'refuse')) return 'refused';
  // Every way to write a different speaker beside each seat.
  const seatings = product(...seats.map(() => speakers));
  return seatings.some((seating) => new Set(seating).size === seats.length && seating.every((p, i) => maySit(p, seats[i] ?? ''))) ? 'approved' : 'waiting';
}

const verdict = (rule: ApprovalRule, people: readonly Person[], requester: string): string => {
  const votes = people.flatMap(({ id, groups, say, decidedAt }): Vote[] => (say === 'nothing' ? [] : [{ person: id, groups, decision: say, decidedAt }]));
  const asked = { rule, requestedBy: requester, requestedAt };
  const forth = quorum(asked, votes).outcome;
  // The order in which people speak changes nothing, nor does saying it twice.
  const back = quorum(asked, [...votes, ...votes].reverse()).outcome;
  return forth === back ? forth : `${forth} or ${back}`;
};

const ids = ['p', 'q', 'r'];
const requesters = [...ids, 'somebody else'];
const seats = (a: number, b: number): ApprovalRule['all'] => [{ group: 'a', count: a }, { group: 'b', count: b }].filter((s) => s.count > 0);

/** Compares in one place, so that hundreds of thousands of cases need one expectation. */
function differences(rules: readonly ApprovalRule[], memberships: readonly string[][], says: readonly { say: Say; decidedAt: string }[]): { cases: number; wrong: string[]; seen: Set<string> } {
  const wrong: string[] = [];
  const seen = new Set<string>();
  let cases = 0;
  for (const rule of rules)
    for (const groups of product(...ids.map(() => memberships)))
      for (const said of product(...ids.map(() => says))) {
        const people = ids.map((id, i): Person => ({ id, groups: groups[i] ?? [], say: said[i]?.say ?? 'nothing', decidedAt: said[i]?.decidedAt ?? early }));
        for (const requester of requesters) {
          cases += 1;
          const expected = reference(rule, people, requester);
          seen.add(expected);
          const found = verdict(rule, people, requester);
          if (found !== expected) wrong.push(`${JSON.stringify({ rule, people, requester })}: ${found}, not ${expected}`);
        }
      }
  return { cases, wrong: wrong.slice(0, 3), seen };
}

test('two groups', () => {
  const rules = product([0, 1, 2, 3], [0, 1, 2]).filter(([a = 0, b = 0]) => a + b > 0 && a + b <= 3).map(([a = 0, b = 0]): ApprovalRule => ({ all: seats(a, b) }));
  const says = (['nothing', 'approve', 'refuse'] as const).map((say) => ({ say, decidedAt: early }));
  const { cases, wrong, seen } = differences(rules, subsets(['a', 'b']), says);
  expect(wrong).toEqual([]);
  expect(cases).toBe(8 * 4 ** 3 * 3 ** 3 * 4);
  expect([...seen].sort()).toEqual(['approved', 'refused', 'waiting']);
});

test('a group that is asked again in another seat of the same rule', () => {
  const rules: ApprovalRule[] = [{ all: [{ group: 'a', count: 1 }, { group: 'a', count: 1 }] }, { all: [...seats(1, 1), { group: 'a', count: 1 }] }];
  const { wrong } = differences(rules, subsets(['a', 'b']), [{ say: 'nothing', decidedAt: early }, { say: 'approve', decidedAt: early }]);
  expect(wrong).toEqual([]);
});

test('an escalation, before and after its moment', () => {
  const escalation = [{ group: 'a', to: 'c', afterSeconds }];
  const rules = [seats(1, 0), seats(2, 0), seats(1, 1)].map((all): ApprovalRule => ({ all, escalation }));
  const says = [
    { say: 'nothing', decidedAt: early },
    { say: 'approve', decidedAt: early },
    { say: 'approve', decidedAt: late },
    { say: 'refuse', decidedAt: early },
    { say: 'refuse', decidedAt: late },
  ] as const;
  const { cases, wrong, seen } = differences(rules, [[], ['a'], ['c'], ['a', 'c'], ['b', 'c']], says);
  expect(wrong).toEqual([]);
  expect(cases).toBe(3 * 5 ** 3 * 5 ** 3 * 4);
  expect([...seen].sort()).toEqual(['approved', 'refused', 'waiting']);
});
