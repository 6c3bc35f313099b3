import { NotFoundException } from '@aws-sdk/client-kms';
import { secondsPerDay } from '../core/clock.ts';
import { isRotaError, RotaError } from '../core/errors.ts';
import { evidenceDays, retainedFor, type RetainedBy, type RetireFacts } from '../core/plan/make-retire-plan.ts';
import { directionOf } from '../core/rollover/direction.ts';
import type { Clients } from './clients.ts';
import { keyFactsActions, readKeyFacts } from './key-facts.ts';
import { usageEvidence, usageEvidenceActions } from './key-usage.ts';
import type { Store } from './store.ts';

export const retireFactsActions = [...keyFactsActions, ...usageEvidenceActions] as const;

/** All that a retirement is planned from, live. Throws `KeyNotRetirable` for a key that is in use, not there or not kept; `AliasUnregistered`. */
export async function readRetireFacts({ kms, trail }: Pick<Clients, 'kms' | 'trail'>, store: Pick<Store, 'ledger' | 'registry'>, keyId: string, nowMs: number): Promise<RetireFacts> {
  const key = await readKeyFacts(kms, keyId).catch(async (error: unknown) => {
    if (!(error instanceof NotFoundException)) throw error;
    throw new RotaError('KeyNotRetirable', { keyId, reason: `there is no such key in ${await kms.config.region()}` });
  });
  const kept = retainedFor(key);
  const retainedBy: RetainedBy = await store.ledger.head(kept).catch((error: unknown) => {
    if (!isRotaError(error, 'NotFound')) throw error;
    throw new RotaError('KeyNotRetirable', { keyId, reason: `the ledger has no rotation ${kept}, which its tag names` });
  });
  const { making, opening } = directionOf(key.usage);
  return {
    key,
    retainedBy,
    registered: await store.registry.key(retainedBy.alias),
    evidence: await usageEvidence(kms, trail, { keyId, arn: key.arn, operations: [...making, ...opening], sinceMs: nowMs - evidenceDays * secondsPerDay * 1000 }),
  };
}
