import { z } from 'zod';
import { isoSeconds } from '../../core/clock.ts';
import { RotaError } from '../../core/errors.ts';
import { KeyUse } from '../../core/plan/key-usage.ts';
import { leavesAnotherLook } from '../../core/plan/make-retire-plan.ts';
import { usageEvidenceActions } from '../../store/key-usage.ts';
import { announce, eventActions } from '../../store/events.ts';
import { retirePlanOf } from '../plan-of.ts';
import { rotationInput, task } from '../task.ts';
import { lastResult } from '../done-steps.ts';
import { graceMs, usesSince } from './uses-since.ts';
import { isWordOwed } from './word-owed.ts';

const output = z.strictObject({ unused: z.boolean(), uses: z.array(KeyUse), seenUntil: z.string(), complete: z.boolean() });

/**
 * Whether nobody has used the key since the stop, or since the look before. A use that worked holds the retirement: somebody still reads or
 * verifies with it, and would break. One that the stop refused is told and holds nothing up. Throws `OldKeyStillUsed` when another
 * round would not fit into the execution.
 */
export const checkUnused = task({
  name: 'check-unused',
  input: rotationInput.extend({ look: z.int().min(1) }),
  output,
  errors: ['OldKeyStillUsed'],
  actions: [...usageEvidenceActions, ...eventActions, 'dynamodb:GetItem'],
  step: ({ look }) => `check-unused.${look}`,
  run: async ({ look }, context) => {
    const { head, clock } = context;
    const plan = retirePlanOf(head);
    const stopped = await lastResult<{ stoppedAt: string }>(context, 'stop-retired-key');
    const before = await lastResult<z.infer<typeof output>>(context, 'check-unused');
    const found = await usesSince(context, before?.seenUntil ?? isoSeconds(Date.parse(stopped?.stoppedAt ?? head.requestedAt) + graceMs));
    if (found.uses.length > 0) await announce(context, 'Rota Old Key Still Used', { keyId: plan.keyId, uses: found.uses.slice(0, 10) });
    const [worked] = found.uses.filter((use) => use.error === undefined);
    if (worked !== undefined && !leavesAnotherLook(plan, head.requestedAt, look, clock.now())) throw new RotaError('OldKeyStillUsed', { keyId: plan.keyId, by: `${worked.principal} (${worked.operation} at ${worked.at})` });
    return { ...found, uses: [...found.uses], unused: worked === undefined && !(await isWordOwed(context, 'deny')) };
  },
});
