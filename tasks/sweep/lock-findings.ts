import { findingOfLock, type KeptKey } from '../../core/findings/kept-keys.ts';
import type { FoundFinding } from '../../core/findings/open-finding.ts';
import type { Json } from '../../core/canonical-json.ts';
import { ask } from '../../store/inventory/ask-key.ts';
import type { PacedCalls } from '../../store/inventory/paced-calls.ts';

export const lockFindingsActions = ['kms:GetKeyPolicy'] as const;

/** What is wrong with the retention locks of these keys, by ARN: one request a key, and none for any other. */
export async function lockFindings(calls: PacedCalls, kept: ReadonlyMap<string, KeptKey>): Promise<FoundFinding[]> {
  const found = await Promise.all(
    [...kept].map(async ([arn, key]) => {
      const asked = await ask<{ readonly Policy: string }>(calls, 'GetKeyPolicy', { KeyId: arn, PolicyName: 'default' });
      return findingOfLock(arn, key, 'unanswered' in asked ? asked : { answer: JSON.parse(asked.answer.Policy) as Json });
    }),
  );
  return found.filter((f) => f !== undefined);
}
