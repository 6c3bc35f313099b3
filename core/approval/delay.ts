import { spread, type Spread } from '../spread.ts';
import { seatGroups, type Asked } from './quorum.ts';
import type { Decision } from './decision.ts';

/** A question as the approvals table or a dossier has it, as far as delay goes. Times are ISO 8601. */
export interface Timed extends Asked {
  readonly stage: string;
  readonly outcome: string;
  readonly firstSeen?: { readonly at: string } | undefined;
  readonly settledAt?: string | undefined;
  readonly decisions: readonly Pick<Decision, 'groups' | 'decidedAt'>[];
}

export interface StageDelay {
  readonly stage: string;
  /** From the question until somebody who may decide it opened it. */
  readonly seen?: Spread;
  /** From the question until it was approved or refused; questions that ran out of time are counted apart. */
  readonly settled?: Spread;
  readonly timedOut: number;
  /** From the question to each decision, by the group in whose name it was made; somebody who stands for two counts in both. */
  readonly byGroup: readonly (Spread & { readonly group: string })[];
}

/** The delay of approvals per stage, and in it per group, both sorted by name. Questions that are open or void do not count. */
export function approvalDelays(questions: readonly Timed[]): StageDelay[] {
  const over = questions.filter(({ outcome }) => ['approved', 'refused', 'timed out'].includes(outcome));
  return sortedKeys(over.map((q) => q.stage)).map((stage) => {
    const those = over.filter((q) => q.stage === stage);
    const decided = those.filter((q) => q.outcome !== 'timed out');
    const seen = spread(those.flatMap((q) => (q.firstSeen === undefined ? [] : [secondsSince(q, q.firstSeen.at)])));
    const settled = spread(decided.flatMap((q) => (q.settledAt === undefined ? [] : [secondsSince(q, q.settledAt)])));
    const byGroup = those.flatMap((q) => q.decisions.flatMap((d) => seatGroups(q, d.groups, Date.parse(d.decidedAt)).groups.map((group) => ({ group, seconds: secondsSince(q, d.decidedAt) }))));
    return {
      stage,
      ...(seen === undefined ? {} : { seen }),
      ...(settled === undefined ? {} : { settled }),
      timedOut: those.length - decided.length,
      byGroup: sortedKeys(byGroup.map((g) => g.group)).flatMap((group) => {
        const found = spread(byGroup.filter((g) => g.group === group).map((g) => g.seconds));
        return found === undefined ? [] : [{ group, ...found }];
      }),
    };
  });
}

const sortedKeys = (names: readonly string[]): string[] => [...new Set(names)].sort();

const secondsSince = ({ requestedAt }: Timed, at: string): number => (Date.parse(at) - Date.parse(requestedAt)) / 1000;
