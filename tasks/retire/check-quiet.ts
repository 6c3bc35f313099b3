import { z } from 'zod';
import { adoptionOf } from '../../core/adoption/adoption.ts';
import { judgeQuiet, leavesTimeToLook, windowFromMs } from '../../core/adoption/quiet.ts';
import { RotaError } from '../../core/errors.ts';
import { adoptionFactsActions, cutoverOf, readAdoptionFacts } from '../../store/adoption-facts.ts';
import { announce, eventActions } from '../../store/events.ts';
import { newKeyIdOf, rotationPlanOf } from '../plan-of.ts';
import { rotationInput, task } from '../task.ts';

/** Of each operation: 5,000 events, at the two requests a second that CloudTrail allows seven operations are read in six minutes. */
const mostPages = 100;

/**
 * Whether the old key is quiet, as the plan demands: nobody has made anything new with it for so long, and the evidence of that is complete. The
 * head of the rotation says how it was at the last look. Throws `OldKeyNotQuiet` when another look would not fit into the execution's year.
 */
export const checkQuiet = task({
  name: 'check-quiet',
  input: rotationInput.extend({ look: z.int().min(1) }),
  output: z.strictObject({ met: z.boolean(), lookAgainSeconds: z.int(), because: z.string(), lookedAt: z.string(), overdueAt: z.string(), complete: z.boolean() }),
  errors: ['OldKeyNotQuiet', 'NotCutOver'],
  actions: [...adoptionFactsActions, ...eventActions],
  step: ({ look }) => `check-quiet.${look}`,
  run: async ({ rotationId, look }, context) => {
    const { head, store, clients, clock } = context;
    const { quietUse: gate, oldKey, aliases } = rotationPlanOf(head);
    if (gate === undefined) throw new Error(`the plan of ${rotationId} asks for no quiet use`);
    const cutover = await cutoverOf(store, head);
    const nowMs = clock.now();
    const facts = await readAdoptionFacts(clients, cutover, nowMs, { sinceMs: windowFromMs(gate, cutover.at, nowMs), mostPages });
    const { stillMaking } = adoptionOf(facts);
    const { lookAgainSeconds, ...quiet } = judgeQuiet({ gate, cutoverAt: cutover.at, stillMaking, complete: facts.complete, nowMs });
    await store.ledger.settle(rotationId, { quiet });
    if (look === 1) await announce(context, 'Rota Rotation Switched', { waitsFor: 'quiet', because: quiet.because, keyIds: [oldKey.keyId, newKeyIdOf(head)], aliases: aliases.map((a) => a.alias) });
    const uses = stillMaking.slice(0, 10).map(({ principal, operation, lastAt, error }) => ({ principal, operation, at: lastAt, ...(error === undefined ? {} : { error }) }));
    if (uses.length > 0) await announce(context, 'Rota Old Key Still Used', { keyId: oldKey.keyId, uses });
    if (!quiet.met && !leavesTimeToLook(head.requestedAt, nowMs, lookAgainSeconds)) throw new RotaError('OldKeyNotQuiet', { keyId: oldKey.keyId, because: quiet.because });
    return { ...quiet, lookAgainSeconds, complete: facts.complete };
  },
});
