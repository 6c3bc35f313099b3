/**
 * Puts the aliases of a finished rotation back to the old key, under an approval of its own. Nothing else is undone: the
 * successor stays, since data may have been encrypted under it since.
 *
 * A plan that changed is asked about again. Halts like a rotation: refused or failed, the aliases end where this machine found them.
 */
import { askState } from '../core/approval/ask-state.ts';
import type { StateMachine } from './asl.ts';
import { approval } from './fragments/approval.ts';
import { calendarBefore, frozenAfterAll, outsideFreeze } from './fragments/freeze.ts';
import { seal } from './fragments/seal.ts';
import { answer, failTo, retryFreshKey, taskState } from './fragments/task.ts';
import { wayBack, wayBackStates } from './fragments/way-back.ts';
import type { Resources } from './resources.ts';

const back = [failTo(wayBack)];

export const aliasRollback = (to: Resources): StateMachine => ({
  Comment: 'Points the aliases of a rotation back to the old key',
  QueryLanguage: 'JSONata',
  StartAt: 'Begin',
  TimeoutSeconds: 31_536_000,
  States: {
    Begin: { Type: 'Pass', Assign: { rotationId: '{% $states.input.rotationId %}', round: 1 }, Next: 'Plan rollback' },
    'Plan rollback': taskState(to, {
      task: 'plan-rollback',
      payload: { round: '{% $round %}' },
      assign: {
        planDigest: answer('planDigest'),
        approvalTimeoutSeconds: answer('approvalTimeoutSeconds'),
        approvalHeartbeatSeconds: answer('approvalHeartbeatSeconds'),
      },
      catch: back,
      next: askState('rollback'),
    }),
    ...approval('rollback', to, { approved: calendarBefore('Repoint aliases'), failed: wayBack }),
    ...outsideFreeze('Repoint aliases', to, { stage: 'rollback', failed: wayBack }),
    'Repoint aliases': taskState(to, {
      task: 'repoint-aliases',
      payload: { planDigest: '{% $planDigest %}' },
      catch: [frozenAfterAll('Repoint aliases'), { ErrorEquals: ['PlanChanged'], Assign: { round: '{% $round + 1 %}' }, Next: 'Plan rollback' }, ...back],
      next: 'Prove through alias',
    }),
    'Prove through alias': taskState(to, { task: 'prove-through-alias', retry: retryFreshKey, catch: back, next: 'Seal dossier' }),
    'Seal dossier': seal(to, { next: 'Rolled back' }),
    'Rolled back': { Type: 'Succeed', Output: { rotationId: '{% $rotationId %}' } },
    ...wayBackStates(to),
  },
});
