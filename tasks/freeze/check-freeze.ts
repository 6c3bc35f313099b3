import { z } from 'zod';
import { isoSeconds } from '../../core/clock.ts';
import { FrozenStage } from '../../core/registry/freeze-schema.ts';
import { announce, eventActions } from '../../store/events.ts';
import { lastResult } from '../done-steps.ts';
import { rotationInput, task } from '../task.ts';
import { heldNow } from './held-now.ts';

/** How often the calendar is looked at while it holds: somebody may have changed it. Fits the history of an execution for a year. */
const lookEverySeconds = 6 * 3600;

const output = z.strictObject({ frozen: z.boolean(), until: z.string(), because: z.string(), lookAt: z.string(), lookSeconds: z.int().min(1) });

/** Whether the calendar holds what was approved, until when and why, and when to look again. */
export const checkFreeze = task({
  name: 'check-freeze',
  input: rotationInput.extend({ stage: FrozenStage }),
  output,
  errors: ['RegistryEmpty'],
  actions: [...eventActions, 'dynamodb:GetItem'],
  step: ({ stage }) => `check-freeze.${stage}`,
  everyTime: true,
  run: async ({ stage }, context) => {
    const nowMs = context.clock.now();
    const held = await heldNow(context, stage);
    if (held === undefined) return { frozen: false, until: context.now, because: '', lookAt: context.now, lookSeconds: 1 };
    const { until, because } = held;
    const before = await lastResult<z.infer<typeof output>>(context, `check-freeze.${stage}`);
    if (before?.frozen !== true || before.until !== until) await announce(context, 'Rota Rotation Frozen', { stage, until, because });
    const soon = isoSeconds(nowMs + lookEverySeconds * 1000);
    const lookAt = until < soon ? until : soon;
    return { frozen: true, until, because, lookAt, lookSeconds: Math.max(1, Math.ceil((Date.parse(lookAt) - nowMs) / 1000)) };
  },
});
