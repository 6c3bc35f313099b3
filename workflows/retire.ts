/**
 * Takes an old key out of use, long after the rotation that put it aside: denied, disabled, watched. It deletes nothing.
 *
 * Who waits for whom: the machine waits for approvers before the first effect; then for `denySeconds` in which nobody may make anything
 * new with the key and nobody should use it; then for `watchSeconds` in which it is Disabled and somebody may want it. Nobody waits for
 * the machine.
 *
 * A freeze of the calendar holds the first effect, and then the disabling: until its end the key stays denied and looked at.
 *
 * How it halts: refused or out of time it leaves the key untouched. A plan that changed is asked about again. A use that works while the
 * key is denied holds it for another `denySeconds`, as long as its year allows. Whatever fails after the first effect puts the key back to
 * how it was found. While it is denied or watched the word `reenable` of a custodian does the same, without an approval: that is the
 * safe direction. Who wants the key while it is watched is announced; a person decides.
 */
import { askState } from '../core/approval/ask-state.ts';
import type { StateMachine } from './asl.ts';
import { approval } from './fragments/approval.ts';
import { calendarBefore, frozenAfterAll, outsideFreeze } from './fragments/freeze.ts';
import { restoreKey, restoreKeyStates } from './fragments/restore-key.ts';
import { seal } from './fragments/seal.ts';
import { answer, failTo, retryFreshKey, taskState } from './fragments/task.ts';
import { wordWait } from './fragments/wait.ts';
import { failedEnd, sealFailed } from './fragments/way-back.ts';
import type { Resources } from './resources.ts';

const back = [failTo(restoreKey)];
const byWord = 'Enable key';
const withRound = { round: '{% $round %}' };
const withLook = { look: '{% $look %}' };
const withDigest = { planDigest: '{% $planDigest %}' };

export const retire = (to: Resources): StateMachine => ({
  Comment: 'Takes an old key out of use: denies, disables, watches; deletes nothing',
  QueryLanguage: 'JSONata',
  StartAt: 'Begin',
  TimeoutSeconds: 31_536_000,
  States: {
    Begin: { Type: 'Pass', Assign: { rotationId: '{% $states.input.rotationId %}', round: 1, look: 1 }, Next: 'Plan retirement' },
    'Plan retirement': taskState(to, {
      task: 'plan-retirement',
      payload: withRound,
      assign: {
        planDigest: answer('planDigest'),
        denySeconds: answer('denySeconds'),
        approvalTimeoutSeconds: answer('approvalTimeoutSeconds'),
        approvalHeartbeatSeconds: answer('approvalHeartbeatSeconds'),
      },
      catch: [failTo(sealFailed)],
      next: askState('retire'),
    }),
    ...approval('retire', to, { approved: calendarBefore('Stop retired key'), failed: sealFailed }),
    ...outsideFreeze('Stop retired key', to, { stage: 'retire', failed: sealFailed }),

    // Denied, still Enabled
    'Stop retired key': taskState(to, {
      task: 'stop-retired-key',
      payload: { ...withDigest, ...withRound },
      catch: [frozenAfterAll('Stop retired key'), { ErrorEquals: ['PlanChanged'], Assign: { round: '{% $round + 1 %}' }, Next: 'Plan retirement' }, ...back],
      assign: { waitSeconds: '{% $denySeconds %}' },
      next: 'Wait while denied',
    }),
    ...wordWait('Wait while denied', to, {
      wait: 'deny',
      seconds: '{% $waitSeconds %}',
      because: 'the old key may make nothing new, and it shows whether anybody still uses it',
      next: { over: 'Check unused', word: byWord, failed: restoreKey },
    }),
    'Check unused': taskState(to, {
      task: 'check-unused',
      payload: withLook,
      assign: { unused: answer('unused'), look: '{% $look + 1 %}', waitSeconds: '{% $denySeconds %}' },
      catch: back,
      next: 'Is the key unused?',
    }),
    'Is the key unused?': { Type: 'Choice', Choices: [{ Condition: '{% $unused %}', Next: calendarBefore('Disable key') }], Default: 'Wait while denied' },

    // Disabled
    ...outsideFreeze('Disable key', to, { stage: 'retire', failed: restoreKey, waitAt: 'Wait while denied' }),
    'Disable key': taskState(to, {
      task: 'disable-key',
      payload: withDigest,
      assign: { watchSeconds: answer('watchSeconds'), look: 1 },
      catch: [frozenAfterAll('Disable key'), ...back],
      next: 'Watch',
    }),
    ...wordWait('Watch', to, {
      wait: 'watch',
      seconds: '{% $watchSeconds %}',
      because: 'the old key is Disabled, and somebody may still want it',
      next: { over: 'Check wanted', word: byWord, failed: restoreKey },
    }),
    'Check wanted': taskState(to, {
      task: 'check-wanted',
      payload: withLook,
      assign: { over: answer('over'), watchSeconds: answer('watchSeconds'), look: '{% $look + 1 %}' },
      catch: back,
      next: 'Is the watch over?',
    }),
    'Is the watch over?': { Type: 'Choice', Choices: [{ Condition: '{% $over %}', Next: 'Prepare deletion' }], Default: 'Watch' },
    'Prepare deletion': taskState(to, { task: 'prepare-deletion', catch: [failTo('Seal unfinished dossier')], next: 'Seal dossier' }),
    'Seal dossier': seal(to, { outcome: 'complete', next: 'Retired' }),
    'Seal unfinished dossier': seal(to, { outcome: 'complete', tells: 'failure', next: 'Retired' }),
    Retired: { Type: 'Succeed', Output: { rotationId: '{% $rotationId %}' } },

    // By word of a custodian
    [byWord]: taskState(to, { task: 'enable-key', payload: { asked: '{% $word %}' }, retry: retryFreshKey, catch: [failTo(sealFailed)], next: 'Seal rolled back' }),
    'Seal rolled back': seal(to, { outcome: 'rolled-back', next: 'Back in use' }),
    'Back in use': { Type: 'Succeed', Output: { rotationId: '{% $rotationId %}' } },

    // After a failure
    ...restoreKeyStates(to),
    ...failedEnd(to),
  },
});
