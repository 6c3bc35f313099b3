import { newestOf, unnamedUse, type KeyUse } from '../../core/plan/key-usage.ts';
import { directionOf } from '../../core/rollover/direction.ts';
import { usageEvidence } from '../../store/key-usage.ts';
import { retirePlanOf } from '../plan-of.ts';
import type { Context } from '../task.ts';

/** What KMS had under way when the policy changed. */
export const graceMs = 60_000;

/** How many uses a step's result holds; the event names the newest ten. */
const mostUses = 50;

interface Uses {
  /** Newest first. */
  readonly uses: readonly KeyUse[];
  /** The newest use that was seen, from which the next look goes on: none is told twice, and one that KMS shows late is told then. */
  readonly seenUntil: string;
  readonly complete: boolean;
}

/** Every use of the retiring key after a time (ISO 8601), tried ones too; one that KMS knows and CloudTrail does not has no name. */
export async function usesSince({ head, clients }: Context, since: string): Promise<Uses> {
  const { keyId, arn, usage } = retirePlanOf(head);
  const { making, opening } = directionOf(usage);
  const { uses: told, lastUsage, complete } = await usageEvidence(clients.kms, clients.trail, { keyId, arn, operations: [...making, ...opening], sinceMs: Date.parse(since) });
  const after = told.filter((use) => use.at > since);
  const uses = [...unnamedUse(after, lastUsage, since), ...after];
  return { uses: uses.slice(0, mostUses), seenUntil: newestOf(uses.map((use) => use.at), since), complete };
}
