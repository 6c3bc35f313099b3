/**
 * Rotation of imported key material by a new key (method `new-key`).
 *
 * Who waits for whom: the machine waits for approvers twice at most, before anything is created (where the registry asks
 * for it) and before any alias moves; then for the end of a freeze, where the calendar has one. Nobody waits for the machine: the old key serves until the aliases move, and is
 * kept after.
 *
 * How it halts: refused, out of time, or failed, it goes the one way back (fragments/way-back.ts) and ends as failed with
 * every alias where it was. An expired import token only sends it back to wrap again; a changed plan only back to ask again.
 */
import type { StateMachine } from './asl.ts';
import { approval, askState } from './fragments/approval.ts';
import { calendarBefore, frozenAfterAll, outsideFreeze } from './fragments/freeze.ts';
import { importedMaterial, wrapState } from './fragments/imported-material.ts';
import { planned, planState } from './fragments/planned.ts';
import { seal } from './fragments/seal.ts';
import { answer, failTo, retryAfterCreation, retryFreshKey, taskState } from './fragments/task.ts';
import { wayBack, wayBackStates } from './fragments/way-back.ts';
import type { Resources } from './resources.ts';

const back = [failTo(wayBack)];
const nextRound = { round: '{% $round + 1 %}' };

export const byokRotation = (to: Resources): StateMachine => ({
  Comment: 'Rotates imported key material into a new KMS key and moves the aliases of the old one',
  QueryLanguage: 'JSONata',
  StartAt: 'Begin',
  TimeoutSeconds: 31_536_000,
  States: {
    Begin: { Type: 'Pass', Assign: { rotationId: '{% $states.input.rotationId %}', round: 1 }, Next: planState },
    ...planned(to, { next: { planned: 'Make canary', failed: wayBack } }),
    'Make canary': taskState(to, { task: 'make-canary', catch: back, next: 'Create successor' }),
    'Create successor': taskState(to, { task: 'create-successor', retry: retryAfterCreation, catch: back, next: wrapState }),
    ...importedMaterial(to, { imported: 'Copy grants', failed: wayBack }),
    // After the import: KMS makes no grant on a key that is PendingImport.
    'Copy grants': taskState(to, { task: 'copy-grants', retry: retryFreshKey, catch: back, next: 'Prove successor' }),
    'Prove successor': taskState(to, { task: 'prove-successor', retry: retryFreshKey, catch: back, next: 'Plan cutover' }),
    'Plan cutover': taskState(to, {
      task: 'plan-cutover',
      payload: { round: '{% $round %}' },
      assign: { planDigest: answer('planDigest') },
      catch: back,
      next: askState('cutover'),
    }),
    ...approval('cutover', to, { approved: calendarBefore('Repoint aliases'), failed: wayBack }),
    ...outsideFreeze('Repoint aliases', to, { stage: 'cutover', failed: wayBack }),
    'Repoint aliases': taskState(to, {
      task: 'repoint-aliases',
      payload: { planDigest: '{% $planDigest %}' },
      catch: [frozenAfterAll('Repoint aliases'), { ErrorEquals: ['PlanChanged'], Assign: nextRound, Next: 'Plan cutover' }, ...back],
      next: 'Prove through alias',
    }),
    'Prove through alias': taskState(to, { task: 'prove-through-alias', retry: retryFreshKey, catch: back, next: 'Keep old key' }),
    'Keep old key': taskState(to, { task: 'keep-old-key', catch: back, next: 'Seal dossier' }),
    'Seal dossier': seal(to, { next: 'Rotated' }),
    Rotated: { Type: 'Succeed', Output: { rotationId: '{% $rotationId %}' } },
    ...wayBackStates(to),
  },
});
