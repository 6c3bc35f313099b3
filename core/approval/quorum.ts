import type { ApprovalRule } from '../registry/registry-schema.ts';

/** One person's say. `groups` are the groups they were in when they said it. */
export interface Vote {
  readonly person: string;
  readonly groups: readonly string[];
  readonly decision: 'approve' | 'refuse';
}

export type Quorum =
  | { readonly outcome: 'approved' }
  | { readonly outcome: 'refused'; readonly by: string }
  | { readonly outcome: 'waiting'; readonly missing: readonly { readonly group: string; readonly count: number }[] };

/**
 * What a rule and the votes on it amount to (P5). The requester's vote never counts, a person fills one seat whatever
 * groups they are in, and one refusal is refusal. Seats are matched to people, not filled in order: with Ann in two
 * groups and Bob in one, filling in order would turn away a set of approvers that is valid.
 */
export function quorum(rule: ApprovalRule, votes: readonly Vote[], requester: string): Quorum {
  const counted = new Map<string, Vote>();
  for (const vote of votes) if (vote.person !== requester && !counted.has(vote.person)) counted.set(vote.person, vote);
  const eligible = [...counted.values()].filter((v) => rule.all.some((seat) => v.groups.includes(seat.group)));
  const refusal = eligible.find((v) => v.decision === 'refuse');
  if (refusal) return { outcome: 'refused', by: refusal.person };

  const seats = rule.all.flatMap((seat) => Array.from({ length: seat.count }, () => seat.group));
  const empty = emptySeats(seats, eligible);
  if (empty.length === 0) return { outcome: 'approved' };
  const groups = [...new Set(empty)];
  return { outcome: 'waiting', missing: groups.map((group) => ({ group, count: empty.filter((g) => g === group).length })) };
}

/** Seats left empty by a largest matching of people to seats (augmenting paths, Kuhn's algorithm). */
function emptySeats(seats: readonly string[], people: readonly Vote[]): string[] {
  const seatOf = new Map<number, Vote>();
  const place = (person: Vote, tried: Set<number>): boolean =>
    seats.some((group, seat) => {
      if (tried.has(seat) || !person.groups.includes(group)) return false;
      tried.add(seat);
      const sitting = seatOf.get(seat);
      if (sitting !== undefined && !place(sitting, tried)) return false;
      seatOf.set(seat, person);
      return true;
    });
  for (const person of people) place(person, new Set());
  return seats.filter((_, seat) => !seatOf.has(seat));
}
