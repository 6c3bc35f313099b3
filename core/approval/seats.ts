import { counted } from '../counted.ts';
import type { ApprovalRule } from '../registry/registry-schema.ts';

/** The seats of a rule, each by the name of its group. */
export const seatsOf = (rule: Pick<ApprovalRule, 'all'>): string[] => rule.all.flatMap(({ group, count }) => Array.from({ length: count }, () => group));

interface Member {
  readonly groups: readonly string[];
}

/** Seats left empty by a largest matching of people to seats (augmenting paths, Kuhn's algorithm). */
export function emptySeats(seats: readonly string[], people: readonly Member[]): string[] {
  const seatOf = new Map<number, Member>();
  const place = (person: Member, tried: Set<number>): boolean =>
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

interface Applicant extends Member {
  readonly id: string;
  readonly roles: readonly string[];
}

/**
 * Why no request could ever be approved under this rule, or nothing. Whoever asks does not count (P5), so one custodian at least
 * must be able to ask and leave enough others; escalation is for people who are away, so it fills no seat here.
 */
export function unfillable(rule: Pick<ApprovalRule, 'all'>, people: readonly Applicant[]): string | undefined {
  const seats = seatsOf(rule);
  const empty = emptySeats(seats, people);
  if (empty.length > 0) return `asks for ${counted(seats.length, 'person', 'people')}, each for one seat, and nobody is left for ${[...new Set(empty)].join(', ')}: nobody could ever approve`;
  const custodians = people.filter((p) => p.roles.includes('custodian'));
  const someoneMayAsk = custodians.length === 0 || custodians.some((asker) => emptySeats(seats, people.filter((p) => p.id !== asker.id)).length === 0);
  return someoneMayAsk ? undefined : 'can be filled by no request of any custodian, since whoever asks does not count: name one more person';
}
