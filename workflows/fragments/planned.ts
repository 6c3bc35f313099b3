import { askState } from '../../core/approval/ask-state.ts';
import type { States } from '../asl.ts';
import type { Resources } from '../resources.ts';
import { approval } from './approval.ts';
import { answer, failTo, taskState } from './task.ts';

export const planState = 'Plan rotation';

interface Planned {
  /** What else the machine remembers of the plan. */
  readonly assign?: Readonly<Record<string, unknown>>;
  readonly next: { readonly planned: string; readonly failed: string };
}

/**
 * How every rotation begins: a plan that is whole, and an approval before anything is created where the registry asks for it. The machine
 * assigns `round` before, 1 at first.
 */
export const planned = (to: Resources, { assign = {}, next }: Planned): States => ({
  [planState]: taskState(to, {
    task: 'plan-rotation',
    payload: { round: '{% $round %}' },
    assign: {
      planDigest: answer('planDigest'),
      asksBeforeStart: answer('asksBeforeStart'),
      approvalTimeoutSeconds: answer('approvalTimeoutSeconds'),
      approvalHeartbeatSeconds: answer('approvalHeartbeatSeconds'),
      ...assign,
    },
    catch: [failTo(next.failed)],
    next: 'Is a start approval asked?',
  }),
  'Is a start approval asked?': {
    Type: 'Choice',
    Choices: [{ Condition: '{% $asksBeforeStart %}', Next: askState('start') }],
    Default: next.planned,
  },
  ...approval('start', to, { approved: 'Check start', failed: next.failed }),
  'Check start': taskState(to, {
    task: 'check-start',
    payload: { planDigest: '{% $planDigest %}', round: '{% $round %}' },
    catch: [{ ErrorEquals: ['PlanChanged'], Assign: { round: '{% $round + 1 %}' }, Next: planState }, failTo(next.failed)],
    next: next.planned,
  }),
});
