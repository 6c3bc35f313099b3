import { canonicalBytes } from '../canonical-json.ts';
import type { KpiFact } from './facts.ts';

type Of<F extends KpiFact['fact']> = Extract<KpiFact, { fact: F }>;

/** A finding as far as it is told: a late fact may tell of its end before its beginning. */
export interface FindingTally {
  readonly opened?: Of<'finding-opened'>;
  readonly closed?: Of<'finding-closed'>;
}

/**
 * What the facts so far come to: one small record for each key, finding and question. Plain data, so that a sweep stores it and the next one goes
 * on from there. It does not depend on the order or the number of times that facts are told.
 */
export interface KpiTally {
  readonly keys: Readonly<Record<string, Of<'key-seen'> | Of<'key-gone'>>>;
  readonly findings: Readonly<Record<string, FindingTally>>;
  readonly approvals: Readonly<Record<string, Of<'approval-settled'>>>;
}

export const noFacts: KpiTally = { keys: {}, findings: {}, approvals: {} };

/** Adds facts to a tally. The tally that is given stays as it is. */
export function addFacts(tally: KpiTally, facts: Iterable<KpiFact>): KpiTally {
  const keys = { ...tally.keys };
  const findings = { ...tally.findings };
  const approvals = { ...tally.approvals };
  for (const fact of facts) {
    switch (fact.fact) {
      case 'key-seen':
      case 'key-gone':
        keys[fact.keyArn] = pick(later, keys[fact.keyArn], fact);
        break;
      case 'finding-opened':
        findings[fact.findingId] = { ...findings[fact.findingId], opened: pick(earlier, findings[fact.findingId]?.opened, fact) };
        break;
      case 'finding-closed':
        findings[fact.findingId] = { ...findings[fact.findingId], closed: pick(earlier, findings[fact.findingId]?.closed, fact) };
        break;
      case 'approval-settled':
        approvals[fact.approvalId] = pick(earlier, approvals[fact.approvalId], fact);
    }
  }
  return { keys, findings, approvals };
}

type Order = (a: string, b: string) => boolean;
const later: Order = (a, b) => a > b;
const earlier: Order = (a, b) => a < b;

/** The one of two facts about the same thing that counts. Of two at the same time their canonical form decides: any rule does, if it is one. */
function pick<F extends KpiFact>(wins: Order, known: F | undefined, told: F): F {
  if (known === undefined) return told;
  if (known.at !== told.at) return wins(told.at, known.at) ? told : known;
  return canonicalBytes(told).compare(canonicalBytes(known)) > 0 ? told : known;
}
