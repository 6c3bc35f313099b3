import { accountOfArn } from '../../core/ids.ts';
import { judgeKey, type JudgedKey } from '../../core/inventory/judge-key.ts';
import { policyFor, type Policies } from '../../core/inventory/policies.ts';
import { wantsRotations } from '../../core/inventory/renewal.ts';
import type { PacedOperation } from '../../core/inventory/request-quotas.ts';
import { Tally, type Summary } from '../../core/inventory/summary.ts';
import { canRotateItself } from '../../core/inventory/key-class.ts';
import { openCalls, type Access, type Target } from './target.ts';
import { readKeys } from './read-keys.ts';

export interface SweepOptions extends Access {
  readonly policies: Policies;
  /** Whether to list the rotations of every key that can be rotated in place, and not only where being in time hangs on them. */
  readonly allRotations: boolean;
  /** Whether to ask for the last use of every key that people rotate. */
  readonly lastUse: boolean;
  readonly nowMs: number;
}

/** What a sweep came to. */
export interface Swept {
  readonly target: Target;
  /** Unknown where there is not one key. */
  readonly accountId: string;
  readonly summary: Summary;
  readonly requests: Readonly<Partial<Record<PacedOperation, number>>>;
  readonly throttled: Readonly<Partial<Record<PacedOperation, number>>>;
}

/**
 * Takes the inventory of an account in a Region: judges each key as it comes and hands it on. Sweeps of several targets run side by
 * side, each with rates and connections of its own. Throws when keys, aliases or tags cannot be listed.
 */
export async function sweep(target: Target, options: SweepOptions, onKey: (judged: JudgedKey) => void): Promise<Swept> {
  const { policies, nowMs } = options;
  const { calls, close } = openCalls(target, options);
  const tally = new Tally(policies.registered.keys());
  let accountId = target.roleArn === undefined ? '' : accountOfArn(target.roleArn);
  try {
    const reading = readKeys(calls, {
      wantsRotations: (description, aliases) => {
        const policy = policyFor({ aliases }, policies);
        return options.allRotations || (policy !== undefined && wantsRotations(description, policy, nowMs));
      },
      wantsLastUse: (description) => options.lastUse && !canRotateItself(description) && !description.state.startsWith('Pending'),
    });
    for await (const { key, ...found } of reading) {
      accountId = found.accountId;
      const judged = judgeKey(key, { ...target, ...found }, policies, nowMs);
      tally.add(judged);
      onKey(judged);
    }
  } finally {
    close();
  }
  return { target, accountId, summary: tally.summary(), requests: Object.fromEntries(calls.counts.sent), throttled: Object.fromEntries(calls.counts.throttled) };
}
