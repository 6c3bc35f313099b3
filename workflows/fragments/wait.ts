import type { Expression, States } from '../asl.ts';
import type { Resources } from '../resources.ts';
import { failTo, retryAsking } from './task.ts';

interface WordWait {
  /** The wait's name, by which the API finds it. */
  readonly wait: 'hold' | 'acknowledgements' | 'drain' | 'quiet' | 'deny' | 'watch';
  readonly seconds: Expression;
  readonly because: string;
  /** Where it goes when its time is up, when somebody said a word, and when it cannot even wait. */
  readonly next: { readonly over: string; readonly word: string; readonly failed: string };
  readonly keepsFailure?: boolean;
}

/**
 * Waits for a time that people may end early by a word. The time is the heartbeat's, since nobody beats: that it runs out is
 * no failure.
 */
export const wordWait = (name: string, to: Resources, { wait, seconds, because, next, keepsFailure = false }: WordWait): States => ({
  [name]: {
    Type: 'Task',
    Resource: `arn:${to.partition}:states:::lambda:invoke.waitForTaskToken`,
    Arguments: {
      FunctionName: to.functionOf('open-wait'),
      Payload: { rotationId: '{% $rotationId %}', wait, seconds, because, taskToken: '{% $states.context.Task.Token %}' },
    },
    TimeoutSeconds: seconds.replace(/^\{% (.*) %\}$/, '{% ($1) + 60 %}') as Expression,
    HeartbeatSeconds: seconds,
    Retry: retryAsking,
    Catch: [
      { ErrorEquals: ['States.Timeout', 'States.HeartbeatTimeout'], Next: next.over },
      keepsFailure ? { ErrorEquals: ['States.ALL'], Next: next.failed } : failTo(next.failed),
    ],
    Assign: { word: '{% $states.result %}' },
    Next: next.word,
  },
});
