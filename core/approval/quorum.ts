import type { ApprovalRule } from '../registry/registry-schema.ts';
import { emptySeats, seatsOf } from './seats.ts';

/** One person's say. `groups` are the groups they were in when they said it. */
export interface Vote {
  readonly person: string;
  readonly groups: readonly string[];
  readonly decision: 'approve' | 'refuse';
  /** ISO 8601, UTC. */
  readonly decidedAt: string;
  /** By what they showed who they are: the IAM identity, and the passkey, if it was by one. */
  readonly arn?: string;
  readonly passkey?: { readonly publicKeySpki: string } | undefined;
}

/** Whether both were said by one identity, or one passkey. A registry that gives somebody a second name between two decisions must not give them a second seat. */
export const isOneMouth = (a: Pick<Vote, 'arn' | 'passkey'>, b: Pick<Vote, 'arn' | 'passkey'>): boolean =>
  (a.arn !== undefined && a.arn === b.arn) || (a.passkey !== undefined && a.passkey.publicKeySpki === b.passkey?.publicKeySpki);

/** What the votes are on: who asked, when, and by which rule it is decided. */
export interface Asked {
  readonly rule: ApprovalRule;
  readonly requestedBy: string;
  /** ISO 8601, UTC: escalations count from here. */
  readonly requestedAt: string;
}

export type Quorum =
  | { readonly outcome: 'approved' }
  | { readonly outcome: 'refused'; readonly by: string }
  | { readonly outcome: 'waiting'; readonly missing: readonly { readonly group: string; readonly count: number }[] };

/**
 * What a rule and the votes on it amount to (P5). The requester's vote never counts, a person fills one seat whatever
 * groups they are in or names they go by, and one refusal is refusal. Seats are matched to people, not filled in order: with Ann in two
 * groups and Bob in one, filling in order would turn away a set of approvers that is valid.
 */
export function quorum(asked: Asked, votes: readonly Vote[]): Quorum {
  const counted = new Map<string, { readonly vote: Vote; readonly groups: readonly string[] }>();
  for (const vote of votes) {
    const { groups } = seatGroups(asked, vote.groups, Date.parse(vote.decidedAt));
    const isSecondName = vote.decision === 'approve' && [...counted.values()].some((before) => isOneMouth(before.vote, vote));
    if (vote.person !== asked.requestedBy && groups.length > 0 && !counted.has(vote.person) && !isSecondName) counted.set(vote.person, { vote, groups });
  }
  const people = [...counted.values()];
  const refusal = people.find((p) => p.vote.decision === 'refuse');
  if (refusal) return { outcome: 'refused', by: refusal.vote.person };

  const empty = emptySeats(seatsOf(asked.rule), people);
  if (empty.length === 0) return { outcome: 'approved' };
  const groups = [...new Set(empty)];
  return { outcome: 'waiting', missing: groups.map((group) => ({ group, count: empty.filter((g) => g === group).length })) };
}

/** When the escalation of a question takes place, epoch milliseconds. */
export const escalatesAtMs = ({ requestedAt }: Pick<Asked, 'requestedAt'>, { afterSeconds }: { readonly afterSeconds: number }): number => Date.parse(requestedAt) + afterSeconds * 1000;

export interface SeatGroups {
  /** The groups of the rule whose seats somebody of these groups may fill at that time. */
  readonly groups: readonly string[];
  /** Where there are none yet: from when on an escalation lets them in, epoch milliseconds. */
  readonly fromMs?: number;
}

/**
 * Which seats are open to somebody who is in `inGroups`, at `atMs` (epoch milliseconds): those of their own groups, and from the
 * moment of an escalation on those of the group for which theirs was asked too. What such a person says before that moment does not count.
 */
export function seatGroups({ rule, requestedAt }: Pick<Asked, 'rule' | 'requestedAt'>, inGroups: readonly string[], atMs: number): SeatGroups {
  const escalations = (rule.escalation ?? []).filter(({ to }) => inGroups.includes(to)).map((e) => ({ group: e.group, fromMs: escalatesAtMs({ requestedAt }, e) }));
  const standsIn = new Set(escalations.filter(({ fromMs }) => fromMs <= atMs).map(({ group }) => group));
  const groups = [...new Set(rule.all.map(({ group }) => group))].filter((group) => inGroups.includes(group) || standsIn.has(group));
  if (groups.length > 0 || escalations.length === 0) return { groups };
  return { groups, fromMs: Math.min(...escalations.map(({ fromMs }) => fromMs)) };
}
