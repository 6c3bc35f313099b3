import { planChanges, planDigest, type AnyPlan } from './plan.ts';
import type { Revision } from './revision.ts';

type Revisable = Extract<AnyPlan, { revision?: Revision | undefined }>;

/**
 * A live plan as it is asked about in this round, given the one of the round before, if there was one. A step that is repeated in a round
 * makes the same plan again.
 */
export function revise<P extends Revisable>(live: P, before: P | undefined, round: number, changesOf: (before: P, live: P) => string[] = planChanges): P {
  if (before === undefined) {
    const plain = { ...live };
    delete plain.revision;
    return plain;
  }
  if (before.revision?.round === round) return { ...live, revision: before.revision };
  const changes = changesOf(before, live);
  return { ...live, revision: { round, replaces: planDigest(before), changes: changes.length > 0 ? changes : ['it had changed, and changed back'] } };
}
