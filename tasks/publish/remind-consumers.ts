import { z } from 'zod';
import { isoSeconds } from '../../core/clock.ts';
import type { Consumer } from '../../core/registry/rollover-schema.ts';
import { missingText, standing } from '../../core/rollover/acknowledgement.ts';
import { introducedIn } from '../../core/rollover/state.ts';
import { deadlineMs, nextReminderMs } from '../../core/rollover/reminders.ts';
import type { FactType } from '../../core/notice/facts.ts';
import { announce, eventActions } from '../../store/events.ts';
import { rolloverPlanOf } from '../plan-of.ts';
import { rotationInput, task, type Context } from '../task.ts';

/** A reminder is no matter of seconds. */
const leastWaitSeconds = 60;
const mostWaitSeconds = 30 * 86_400;

/**
 * Tells consumers that there is a new key, reminds those who have not acknowledged it, and says how long to wait for the next
 * reminder. At a deadline it tells that too; the rotation goes on waiting.
 */
export const remindConsumers = task({
  name: 'remind-consumers',
  input: rotationInput.extend({ reminder: z.int().min(1) }),
  output: z.strictObject({ satisfied: z.boolean(), missing: z.string(), remindedAt: z.string(), waitSeconds: z.int() }),
  errors: [],
  actions: [...eventActions, 'dynamodb:Query'],
  step: ({ reminder }) => `remind-consumers.${reminder}`,
  run: async ({ rotationId, reminder }, context) => {
    const { head, store, clock } = context;
    const rollover = rolloverPlanOf(head);
    const introduced = introducedIn(await store.ledger.steps(rotationId));
    if (introduced === undefined) throw new Error(`rotation ${rotationId} has published nothing yet`);
    const given = await store.acknowledgements.ofRotation(rotationId);
    const verdict = standing(rollover.consumers, rollover.acknowledgement, given);
    const silent = rollover.consumers.filter((c) => !given.some((a) => a.consumer === c.name));
    const publishedMs = Date.parse(introduced.publishedAt);
    const nowMs = clock.now();
    const last = await remindedMs(context, reminder - 1);
    const due = (consumer: Consumer): boolean => last === undefined || (consumer.acknowledges === 'required' && nextReminderMs(consumer, publishedMs, last) <= nowMs);
    for (const consumer of silent.filter(due)) await tell(consumer, introduced.newThumbprint, publishedMs, context);
    const required = silent.filter((c) => c.acknowledges === 'required');
    const next = Math.min(...required.map((c) => nextReminderMs(c, publishedMs, nowMs)), nowMs + mostWaitSeconds * 1000);
    return {
      satisfied: verdict.outcome === 'satisfied',
      missing: missingText(verdict),
      remindedAt: isoSeconds(nowMs),
      waitSeconds: Math.max(leastWaitSeconds, Math.ceil((next - nowMs) / 1000)),
    };
  },
});

async function remindedMs({ store, head }: Context, reminder: number): Promise<number | undefined> {
  const step = (await store.ledger.steps(head.rotationId)).find((s) => s.step === `remind-consumers.${reminder}`);
  const result = step?.result as { remindedAt: string } | undefined;
  return result === undefined ? undefined : Date.parse(result.remindedAt);
}

async function tell(consumer: Consumer, thumbprint: string, publishedMs: number, context: Context): Promise<void> {
  const { name, contact, target, acknowledges } = consumer;
  const deadline = isoSeconds(deadlineMs(consumer, publishedMs));
  const overdue = acknowledges === 'required' && deadline <= context.now;
  const type: FactType = overdue ? 'Rota Acknowledgement Overdue' : 'Rota Acknowledgement Requested';
  await announce(context, type, { consumer: name, contact, target, acknowledges, thumbprint, deadline });
}
