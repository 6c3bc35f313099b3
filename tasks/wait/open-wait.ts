import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { isoSeconds } from '../../core/clock.ts';
import { causeSentence } from '../../core/failure-sentence.ts';
import { announce, eventActions } from '../../store/events.ts';
import { sealToken } from '../../store/task-token.ts';
import { waitIdOf } from '../../store/wait-table.ts';
import { rotationInput, task } from '../task.ts';

/** Waits that people may end, by a word. Step Functions ends them by itself when their time is up. */
const WaitName = z.enum(['hold', 'acknowledgements', 'drain', 'quiet', 'deny', 'watch']);

/** Writes down that the machine waits, until when and why, with the task token encrypted: the word that ends it early needs it. */
export const openWait = task({
  name: 'open-wait',
  input: rotationInput.extend({ wait: WaitName, seconds: z.int().min(1), because: z.string(), taskToken: z.string().min(1) }),
  output: z.strictObject({ until: z.string() }),
  errors: [],
  actions: ['kms:Encrypt', ...eventActions],
  step: ({ wait }) => `open-wait.${wait}`,
  everyTime: true,
  run: async ({ rotationId, wait, seconds, because: cause, taskToken }, context) => {
    const because = causeSentence(cause);
    const { clients, store, names, clock, now } = context;
    const encryptedToken = await sealToken(clients, names, waitIdOf({ rotationId, name: wait }), taskToken);
    const until = isoSeconds(clock.now() + seconds * 1000);
    await store.waits.open({ rotationId, name: wait, encryptedToken, openedAt: now, until, because, serial: randomUUID() });
    if (wait === 'hold') await announce(context, 'Rota Rotation Held', { because, until });
    return { until };
  },
});
