import { z } from 'zod';
import { secondsPerDay } from '../../core/clock.ts';
import { KeyUse } from '../../core/plan/key-usage.ts';
import { directionOf } from '../../core/rollover/direction.ts';
import { usageEvidence, usageEvidenceActions } from '../../store/key-usage.ts';
import { announce, eventActions } from '../../store/events.ts';
import { lastResult } from '../done-steps.ts';
import { rotationPlanOf } from '../plan-of.ts';
import { rotationInput, task, turnSuffix } from '../task.ts';
import { graceMs } from './uses-since.ts';

/**
 * How long until the next look after somebody used the old key: an hour, and after a day of that a day. Each look is some fifteen events of the execution, which fails at
 * 25,000: with a look an hour after ten weeks of its year. Step Functions Developer Guide, "Quotas".
 */
export const lookAgainSeconds = (look: number): number => (look <= 24 ? 3600 : secondsPerDay);

/**
 * Whether everything that the old key made has died: the interval is over, and nothing new was made with the key since it was
 * stopped. Attempts that the stop refused are told, since somebody holds the key's ARN; they make nothing and hold nothing up.
 */
export const checkDrained = task({
  name: 'check-drained',
  input: rotationInput.extend({ look: z.int().min(1), turn: z.int().min(0) }),
  output: z.strictObject({ drained: z.boolean(), drainSeconds: z.int(), uses: z.array(KeyUse), complete: z.boolean() }),
  errors: [],
  actions: [...usageEvidenceActions, ...eventActions],
  step: ({ look, turn }) => `check-drained${turnSuffix(turn)}.${look}`,
  run: async ({ look }, context) => {
    const { head, clients, clock } = context;
    const { oldKey } = rotationPlanOf(head);
    const stop = await lastResult<{ stoppedAt: string; drainedAt: string }>(context, 'stop-key.old');
    if (stop === undefined) throw new Error(`rotation ${head.rotationId} has stopped nothing yet`);
    const { stoppedAt, drainedAt } = stop;
    const leftMs = Date.parse(drainedAt) - clock.now();
    const stoppedMs = Date.parse(stoppedAt) + graceMs;
    const operations = directionOf(oldKey.usage).making;
    const evidence = await usageEvidence(clients.kms, clients.trail, { ...oldKey, operations, sinceMs: stoppedMs });
    const uses = evidence.uses.slice(0, 50);
    if (uses.length > 0) await announce(context, 'Rota Old Key Still Used', { keyId: oldKey.keyId, uses: uses.slice(0, 10) });
    const made = uses.some((u) => u.error === undefined) || isAfter(evidence.lastUsage, operations, stoppedMs);
    const drained = leftMs <= 0 && !made;
    return { drained, drainSeconds: Math.max(60, leftMs > 0 ? Math.ceil(leftMs / 1000) : lookAgainSeconds(look)), uses, complete: evidence.complete };
  },
});

const isAfter = (last: { operation: string; at: string } | undefined, operations: readonly string[], sinceMs: number): boolean =>
  last !== undefined && operations.includes(last.operation) && Date.parse(last.at) > sinceMs;
