import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../core/clock.ts';
import { RotaError } from '../core/errors.ts';
import { usualShare } from '../core/kms-quotas.ts';
import { isScarce, type KmsRates } from '../core/pace/kms-rates.ts';
import type { Clients, KmsPace } from './clients.ts';
import type { PaceTable } from './pace-table.ts';

/** A caller sleeps so long for its turn; Lambda gives a task 14 minutes. Longer queues are for the workflow's Retry. */
const longestSleepSeconds = 600;
/** Whoever else uses the quota gets this long to themselves. */
const heldMs = 500;

interface Pacing {
  readonly store: { readonly paces: PaceTable };
  readonly clock: Clock;
  readonly clients: Pick<Clients, 'kms'>;
}

/**
 * Turns at the scarce operations of KMS: every task of every rotation takes them from the same table, so that all of them together stay inside a
 * share of the quotas of this account and Region (P9). Throws `KmsPaceFull` where the queue is too long to wait in.
 */
export function kmsPaceOf({ store, clock, clients }: Pacing, rates: KmsRates, quotaShare = usualShare): KmsPace {
  const paceOf = async (operation: string): Promise<string> => `${await clients.kms.config.region()} ${operation}`;
  return {
    ready: async (operation) => {
      if (!isScarce(operation)) return;
      const nowMs = clock.now();
      const turnMs = await store.paces.take({ pace: await paceOf(operation), perSecond: rates[operation] * quotaShare, nowMs, latestMs: nowMs + longestSleepSeconds * 1000 });
      if (turnMs === undefined) throw new RotaError('KmsPaceFull', { operation, seconds: longestSleepSeconds });
      const waitMs = turnMs - clock.now();
      if (waitMs > 0) await sleep(waitMs);
    },
    refused: async (operation) => {
      if (isScarce(operation)) await store.paces.hold(await paceOf(operation), clock.now() + heldMs);
    },
  };
}
