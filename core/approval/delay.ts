import type { KpiFact } from '../kpi/facts.ts';
import { durations, type Case, type Durations } from '../spread.ts';
import { seatGroups, type Asked } from './quorum.ts';
import type { Decision } from './decision.ts';

type Settled = Extract<KpiFact, { fact: 'approval-settled' }>;

/** A question as the approvals table or a dossier has it, as far as delay goes. Times are ISO 8601. */
export interface Timed extends Asked {
  readonly approvalId: string;
  readonly stage: string;
  readonly outcome: string;
  readonly firstSeen?: { readonly at: string } | undefined;
  readonly settledAt?: string | undefined;
  readonly decisions: readonly Pick<Decision, 'groups' | 'decidedAt'>[];
}

/** Each with the ids of the questions behind it. */
export interface StageDelay {
  readonly stage: string;
  /** From the question until somebody who may decide it opened it. */
  readonly seen: Durations;
  /** From the question until it was approved or refused; questions that ran out of time are counted apart. */
  readonly settled: Durations;
  /** The questions that ran out of time. */
  readonly timedOut: readonly string[];
  /** From the question to each decision, by the group in whose name it was made; somebody who stands for two counts in both. */
  readonly byGroup: readonly (Durations & { readonly group: string })[];
}

const isOver = (outcome: string): outcome is Settled['outcome'] => ['approved', 'refused', 'timed out'].includes(outcome);

/** What the KPIs are told of a question, once: nothing while it is open, nor of one that is void. */
export function settledFact(question: Timed): Settled | undefined {
  const { approvalId, stage, outcome, requestedAt, firstSeen, settledAt: at, decisions } = question;
  if (at === undefined || !isOver(outcome)) return undefined;
  return {
    fact: 'approval-settled',
    at,
    approvalId,
    requestedAt,
    stage,
    outcome,
    ...(firstSeen === undefined || Date.parse(firstSeen.at) > Date.parse(at) ? {} : { seenAt: firstSeen.at }),
    decisions: decisions.flatMap((d) => seatGroups(question, d.groups, Date.parse(d.decidedAt)).groups.map((group) => ({ group, at: d.decidedAt }))),
  };
}

/** The delay of approvals per stage, and in it per group, both sorted by name. */
export function approvalDelays(questions: readonly Settled[]): StageDelay[] {
  return sortedNames(questions.map((q) => q.stage)).map((stage) => {
    const those = questions.filter((q) => q.stage === stage);
    const decisions = those.flatMap((q) => q.decisions.map(({ group, at }) => ({ group, case: until(q, at) })));
    return {
      stage,
      seen: durations(those.flatMap((q) => (q.seenAt === undefined ? [] : [until(q, q.seenAt)]))),
      settled: durations(those.filter((q) => q.outcome !== 'timed out').map((q) => until(q, q.at))),
      timedOut: sortedNames(those.filter((q) => q.outcome === 'timed out').map((q) => q.approvalId)),
      byGroup: sortedNames(decisions.map((d) => d.group)).map((group) => ({ group, ...durations(decisions.filter((d) => d.group === group).map((d) => d.case)) })),
    };
  });
}

const until = ({ approvalId, requestedAt }: Settled, at: string): Case => ({ id: approvalId, from: requestedAt, to: at });

const sortedNames = (names: readonly string[]): string[] => [...new Set(names)].sort();
