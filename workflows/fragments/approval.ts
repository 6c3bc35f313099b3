import { askState } from '../../core/approval/ask-state.ts';
import type { Stage } from '../../core/registry/registry-schema.ts';
import type { States } from '../asl.ts';
import type { Resources } from '../resources.ts';
import { failTo, retryAsking } from './task.ts';

/**
 * Asks and waits for people. The token goes to the task that stores it encrypted, and nowhere else. `TimeoutSeconds` ends
 * the question for good, `HeartbeatSeconds` ends it when nobody decides anything for that long: the approvals API beats
 * once for each decision that leaves the question open. A retry makes a new token; the table keeps the newest only.
 */
export const approval = (stage: Stage, to: Resources, next: { approved: string; failed: string }): States => ({
  [askState(stage)]: {
    Type: 'Task',
    Resource: `arn:${to.partition}:states:::lambda:invoke.waitForTaskToken`,
    Arguments: {
      FunctionName: to.functionOf('request-approval'),
      Payload: {
        rotationId: '{% $rotationId %}',
        stage,
        planDigest: '{% $planDigest %}',
        taskToken: '{% $states.context.Task.Token %}',
      },
    },
    TimeoutSeconds: '{% $approvalTimeoutSeconds %}',
    HeartbeatSeconds: '{% $approvalHeartbeatSeconds %}',
    Retry: retryAsking,
    Catch: [
      {
        ErrorEquals: ['States.Timeout', 'States.HeartbeatTimeout'],
        Assign: { failure: { name: 'ApprovalTimedOut', cause: stage } },
        Next: next.failed,
      },
      failTo(next.failed),
    ],
    Next: next.approved,
  },
});
