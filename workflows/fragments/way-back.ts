import type { States } from '../asl.ts';
import type { Resources } from '../resources.ts';
import { answer, taskState } from './task.ts';

export const wayBack = 'Restore aliases';
const sealFailed = 'Seal failed dossier';

/**
 * The one way back (P7): every alias where it was, then a dossier that says so and names what is left. Where even that
 * fails, the execution ends as failed without a dossier, and `rota status` and the alarm on failed executions say so. A machine
 * that has more to put back than aliases does it at `next`.
 */
export const wayBackStates = (to: Resources, next = sealFailed, executionArn = '{% $states.context.Execution.Id %}'): States => ({
  [wayBack]: taskState(to, {
    task: 'restore-aliases',
    ...(next === sealFailed ? {} : { assign: { keySetChanged: answer('keySetChanged'), straysUntil: answer('straysUntil') } }),
    catch: [
      {
        ErrorEquals: ['States.ALL'],
        Assign: { failure: { name: '{% $failure.name %}', cause: '{% $failure.cause & " The way back failed too: " & $states.errorOutput.Error %}' } },
        Next: sealFailed,
      },
    ],
    next,
  }),
  [sealFailed]: taskState(to, {
    task: 'seal-dossier',
    payload: { executionArn, failure: '{% $failure %}' },
    next: 'Ended without effect',
  }),
  'Ended without effect': { Type: 'Fail', Error: '{% $failure.name %}', Cause: '{% $failure.cause %}' },
});
