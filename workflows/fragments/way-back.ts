import type { Catcher, Expression, States } from '../asl.ts';
import type { Resources } from '../resources.ts';
import { seal } from './seal.ts';
import { answer, taskState } from './task.ts';

export const wayBack = 'Restore aliases';
export const sealFailed = 'Seal failed dossier';

/** Where the way back fails too, what went wrong first stays the reason. */
export const failedToo: Catcher = {
  ErrorEquals: ['States.ALL'],
  Assign: { failure: { name: '{% $failure.name %}', cause: '{% $failure.cause & " The way back failed too: " & $states.errorOutput.Error %}' } },
  Next: sealFailed,
};

/**
 * The one way back (P7): every alias where it was, then a dossier that says so and names what is left. Where even that
 * fails, the execution ends as failed without a dossier, and `rota status` and the alarm on failed executions say so. A machine
 * that has more to put back than aliases does it at `next`; `executionArn` is another's where that was stopped.
 */
export const wayBackStates = (to: Resources, next: string = sealFailed, executionArn?: Expression): States => ({
  [wayBack]: taskState(to, {
    task: 'restore-aliases',
    ...(next === sealFailed ? {} : { assign: { keySetChanged: answer('keySetChanged'), straysUntil: answer('straysUntil') } }),
    catch: [failedToo],
    next,
  }),
  ...failedEnd(to, executionArn),
});

/** The end of what failed: a dossier that says so, then the failure itself. */
export const failedEnd = (to: Resources, executionArn?: Expression): States => ({
  [sealFailed]: seal(to, { tells: 'failure', next: 'Ended without effect', ...(executionArn && { executionArn }) }),
  'Ended without effect': { Type: 'Fail', Error: '{% $failure.name %}', Cause: '{% $failure.cause %}' },
});
