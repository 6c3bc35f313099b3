import { z } from 'zod';
import { isoSeconds, secondsPerDay } from '../../core/clock.ts';
import { KeyUse } from '../../core/plan/key-usage.ts';
import { usageEvidenceActions } from '../../store/key-usage.ts';
import { announce, eventActions } from '../../store/events.ts';
import { retirePlanOf } from '../plan-of.ts';
import { rotationInput, task } from '../task.ts';
import { doneSteps, lastResult } from '../done-steps.ts';
import { usesSince } from './uses-since.ts';
import { isWordOwed } from './word-owed.ts';

/** Each day, or ten times in all where that is rarer; the last look is when the watch is over. */
export const nextLookSeconds = (watchSeconds: number, watchUntil: string, nowMs: number): number =>
  Math.max(1, Math.min(Math.ceil((Date.parse(watchUntil) - nowMs) / 1000), Math.max(secondsPerDay, Math.ceil(watchSeconds / 10))));

const output = z.strictObject({ over: z.boolean(), watchSeconds: z.int(), wanted: z.array(KeyUse), seenUntil: z.string(), complete: z.boolean() });

/**
 * Who wanted the key since it was disabled: KMS told them `DisabledException`. It is announced with their names, and the watch goes on; a
 * person decides. AWS KMS Developer Guide, "deleting-keys-creating-cloudwatch-alarm": disable first, and look who asks.
 */
export const checkWanted = task({
  name: 'check-wanted',
  input: rotationInput.extend({ look: z.int().min(1) }),
  output,
  errors: [],
  actions: [...usageEvidenceActions, ...eventActions, 'dynamodb:GetItem'],
  step: ({ look }) => `check-wanted.${look}`,
  run: async (_, context) => {
    const { head, clock } = context;
    const { keyId, watchSeconds } = retirePlanOf(head);
    const [disabled] = await doneSteps(context, 'disable-key');
    if (disabled === undefined) throw new Error(`${head.rotationId} has disabled nothing yet`);
    const { watchUntil } = disabled.result as { watchUntil: string };
    const before = await lastResult<z.infer<typeof output>>(context, 'check-wanted');
    const { uses, seenUntil, complete } = await usesSince(context, before?.seenUntil ?? isoSeconds(Date.parse(disabled.intendedAt) - 1000));
    const wanted = uses.filter((use) => use.error === 'DisabledException');
    if (wanted.length > 0) await announce(context, 'Rota Retired Key Wanted', { keyId, principals: [...new Set(wanted.map((use) => use.principal))], uses: wanted.slice(0, 10) });
    const nowMs = clock.now();
    const over = nowMs >= Date.parse(watchUntil) && !(await isWordOwed(context, 'watch'));
    return { over, watchSeconds: nextLookSeconds(watchSeconds, isoSeconds(Math.max(nowMs + 60_000, Date.parse(watchUntil))), nowMs), wanted, seenUntil, complete };
  },
});
