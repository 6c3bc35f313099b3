/**
 * Rotation of imported key material by a new key (method `new-key`).
 *
 * Who waits for whom: the machine waits for approvers twice at most, before anything is created (where the registry asks
 * for it) and before any alias moves; then for the end of a freeze, where the calendar has one. Where the registry asks for it, the machine waits at last
 * until nobody has made anything new with the old key for a time. Nobody waits for the machine: the old key serves until the aliases move, and is
 * kept after.
 *
 * How it halts: refused, out of time, or failed, it goes the one way back (fragments/way-back.ts) and ends as failed with
 * every alias where it was. Once the new key has proved itself and the old one is kept, nothing goes back by itself: an old key that does not become
 * quiet, in the execution's year or by the word of a custodian who goes on without, is told in the dossier. An expired import token only sends it back to wrap again; a changed plan only back to ask again.
 */
import { askState } from '../core/approval/ask-state.ts';
import type { StateMachine } from './asl.ts';
import { approval } from './fragments/approval.ts';
import { calendarBefore, frozenAfterAll, outsideFreeze } from './fragments/freeze.ts';
import { importedMaterial, wrapState } from './fragments/imported-material.ts';
import { planned, planState } from './fragments/planned.ts';
import { seal } from './fragments/seal.ts';
import { answer, failTo, retryAfterCreation, retryFreshKey, taskState } from './fragments/task.ts';
import { wordWait } from './fragments/wait.ts';
import { wayBack, wayBackStates } from './fragments/way-back.ts';
import type { Resources } from './resources.ts';

const back = [failTo(wayBack)];
const unfinished = 'Seal unfinished dossier';
const nextRound = { round: '{% $round + 1 %}' };

export const byokRotation = (to: Resources): StateMachine => ({
  Comment: 'Rotates imported key material into a new KMS key and moves the aliases of the old one',
  QueryLanguage: 'JSONata',
  StartAt: 'Begin',
  TimeoutSeconds: 31_536_000,
  States: {
    Begin: { Type: 'Pass', Assign: { rotationId: '{% $states.input.rotationId %}', round: 1 }, Next: planState },
    ...planned(to, { assign: { asksQuietUse: answer('asksQuietUse') }, next: { planned: 'Make canary', failed: wayBack } }),
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
    'Keep old key': taskState(to, { task: 'keep-old-key', catch: back, assign: { look: 1 }, next: 'Must the old key be quiet?' }),

    // Switched
    'Must the old key be quiet?': { Type: 'Choice', Choices: [{ Condition: '{% $asksQuietUse %}', Next: 'Check quiet' }], Default: 'Seal dossier' },
    'Check quiet': taskState(to, {
      task: 'check-quiet',
      payload: { look: '{% $look %}' },
      assign: { quiet: answer('met'), quietSeconds: answer('lookAgainSeconds'), quietBecause: answer('because'), look: '{% $look + 1 %}' },
      catch: [failTo(unfinished)],
      next: 'Is the old key quiet?',
    }),
    'Is the old key quiet?': { Type: 'Choice', Choices: [{ Condition: '{% $quiet %}', Next: 'Seal dossier' }], Default: 'Await quiet' },
    ...wordWait('Await quiet', to, {
      wait: 'quiet',
      seconds: '{% $quietSeconds %}',
      because: '{% "switched, not yet quiet: " & $quietBecause %}',
      next: { over: 'Check quiet', word: 'Go on without quiet', failed: unfinished },
    }),
    'Go on without quiet': {
      Type: 'Pass',
      Assign: { failure: { name: 'OldKeyNotQuiet', cause: '{% $word.by & " went on before the old key was quiet: " & $word.reason %}' } },
      Next: unfinished,
    },
    [unfinished]: seal(to, { outcome: 'complete', tells: 'failure', next: 'Rotated' }),

    'Seal dossier': seal(to, { next: 'Rotated' }),
    Rotated: { Type: 'Succeed', Output: { rotationId: '{% $rotationId %}' } },
    ...wayBackStates(to),
  },
});
