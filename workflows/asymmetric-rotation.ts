/**
 * Rotation of a key whose public half, or for HMAC whose id, others hold (method `asymmetric`).
 *
 * Who waits for whom: the machine waits for approvers before it starts, where the registry asks for it, and before any alias moves;
 * for every target to serve the key set that it published; for consumers to acknowledge the new key; and for the intervals of the
 * registry: until caches have it, and until nothing made by the old key is alive. Nobody waits for the machine: the old key serves
 * until the aliases move and verifies, or decrypts, after.
 *
 * How it halts: refused, out of time or failed before the aliases have moved and proved themselves, it goes the way back: aliases
 * and key set as they were. A target that is down or serves something else only holds it (fragments/publish.ts), a consumer that
 * does not acknowledge likewise; a changed plan is asked about again. Once the new key has proved itself there is one way back
 * more, by word of a custodian and approval, while the old key drains; what fails after that is named in the dossier, since
 * flipping back by itself would break those who went along.
 *
 * An emergency skips every wait: one question to the higher quorum, then the old key leaves the key set at once.
 */
import { askState } from '../core/approval/ask-state.ts';
import type { StateMachine } from './asl.ts';
import { approval } from './fragments/approval.ts';
import { calendarBefore, frozenAfterAll, outsideFreeze } from './fragments/freeze.ts';
import { importedMaterial, wrapState } from './fragments/imported-material.ts';
import { keySetBack, keySetBackStates } from './fragments/key-set-back.ts';
import { planned, planState } from './fragments/planned.ts';
import { publish } from './fragments/publish.ts';
import { seal } from './fragments/seal.ts';
import { answer, failTo, retryAfterCreation, retryFreshKey, taskState } from './fragments/task.ts';
import { wordWait } from './fragments/wait.ts';
import { wayBack, wayBackStates } from './fragments/way-back.ts';
import type { Resources } from './resources.ts';

const back = [failTo(wayBack)];
const unfinished = 'Seal unfinished dossier';
/** After the new key has proved itself: what fails is told, not undone. */
const told = [failTo(unfinished)];
/** The same after the old key has proved itself in a rollback. */
const unfinishedBack = 'Seal unfinished rollback';
/** Before a rollback has its first effect: asked again where it changed, dropped where it was not approved or cannot be. */
const notAsApproved = [
  { ErrorEquals: ['PlanChanged'], Next: 'Begin rollback' },
  { ...failTo('Check drained'), ErrorEquals: ['ApprovalMissing', 'ApprovalForged', 'KeyNotUsable'] },
  ...told,
];
const nextRound = { round: '{% $round + 1 %}' };
const withRound = { round: '{% $round %}' };
const withTurn = { turn: '{% $turn %}' };

export const asymmetricRotation = (to: Resources): StateMachine => ({
  Comment: 'Rolls a key over whose public half others hold: publishes, waits until they have it, switches, drains',
  QueryLanguage: 'JSONata',
  StartAt: 'Begin',
  TimeoutSeconds: 31_536_000,
  States: {
    Begin: {
      Type: 'Pass',
      Assign: { rotationId: '{% $states.input.rotationId %}', round: 1, turn: 0, reminder: 1, hold: 0 },
      Next: planState,
    },
    ...planned(to, {
      assign: {
        importsMaterial: answer('importsMaterial'),
        emergency: answer('emergency'),
        oldLeavesAtSwitch: answer('oldLeavesAtSwitch'),
        oldStaysPublished: answer('oldStaysPublished'),
        kmsPropagationSeconds: answer('kmsPropagationSeconds'),
      },
      next: { planned: 'Make canary', failed: wayBack },
    }),

    // GENERATED
    'Make canary': taskState(to, { task: 'make-canary', catch: back, next: 'Create successor' }),
    'Create successor': taskState(to, { task: 'create-successor', retry: retryAfterCreation, catch: back, next: 'Is material imported?' }),
    'Is material imported?': { Type: 'Choice', Choices: [{ Condition: '{% $importsMaterial %}', Next: wrapState }], Default: 'Copy grants' },
    ...importedMaterial(to, { imported: 'Copy grants', failed: wayBack }),
    'Copy grants': taskState(to, { task: 'copy-grants', retry: retryFreshKey, catch: back, next: 'Prove successor' }),
    'Prove successor': taskState(to, { task: 'prove-successor', retry: retryFreshKey, catch: back, next: 'Is it an emergency?' }),
    'Is it an emergency?': { Type: 'Choice', Choices: [{ Condition: '{% $emergency %}', Next: 'Plan cutover' }], Default: 'Publish new key' },

    // PUBLISHED
    ...publish('Publish new key', to, {
      stage: 'introduce',
      assign: { readyAt: answer('readyAt') },
      next: { published: 'Remind consumers', failed: wayBack },
    }),
    'Remind consumers': taskState(to, {
      task: 'remind-consumers',
      payload: { reminder: '{% $reminder %}' },
      assign: { acknowledged: answer('satisfied'), reminderSeconds: answer('waitSeconds'), reminder: '{% $reminder + 1 %}' },
      catch: back,
      next: 'Have consumers acknowledged?',
    }),
    'Have consumers acknowledged?': {
      Type: 'Choice',
      Choices: [{ Condition: '{% $acknowledged %}', Next: 'Wait until ready' }],
      Default: 'Await acknowledgements',
    },
    ...wordWait('Await acknowledgements', to, {
      wait: 'acknowledgements',
      seconds: '{% $reminderSeconds %}',
      because: 'consumers have not acknowledged the new key yet',
      next: { over: 'Remind consumers', word: 'Remind consumers', failed: wayBack },
    }),

    // READY
    'Wait until ready': { Type: 'Wait', Timestamp: '{% $readyAt %}', Next: 'Plan cutover' },
    'Plan cutover': taskState(to, {
      task: 'plan-cutover',
      payload: withRound,
      assign: { planDigest: answer('planDigest') },
      catch: back,
      next: 'Who is asked?',
    }),
    'Who is asked?': { Type: 'Choice', Choices: [{ Condition: '{% $emergency %}', Next: askState('emergency') }], Default: askState('cutover') },
    ...approval('cutover', to, { approved: calendarBefore('Repoint aliases'), failed: wayBack }),
    ...outsideFreeze('Repoint aliases', to, { stage: 'cutover', failed: wayBack }),
    ...approval('emergency', to, { approved: calendarBefore('Publish without old key'), failed: wayBack }),
    ...outsideFreeze('Publish without old key', to, { stage: 'emergency', failed: wayBack }),
    ...publish('Publish without old key', to, { stage: 'emergency', changed: 'Plan cutover', next: { published: 'Repoint aliases', failed: wayBack } }),
    'Repoint aliases': taskState(to, {
      task: 'repoint-aliases',
      payload: { planDigest: '{% $planDigest %}' },
      catch: [frozenAfterAll('Repoint aliases'), { ErrorEquals: ['PlanChanged'], Assign: nextRound, Next: 'Plan cutover' }, ...back],
      next: 'Prove through alias',
    }),
    'Prove through alias': taskState(to, { task: 'prove-through-alias', retry: retryFreshKey, catch: back, next: 'Does the old key leave now?' }),

    // ACTIVE
    'Does the old key leave now?': {
      Type: 'Choice',
      Choices: [{ Condition: '{% $oldLeavesAtSwitch and $not($emergency) %}', Next: 'Publish after switch' }],
      Default: 'Keep old key',
    },
    ...publish('Publish after switch', to, { stage: 'switch', next: { published: 'Keep old key', failed: unfinished } }),
    'Keep old key': taskState(to, { task: 'keep-old-key', catch: told, next: 'Let KMS settle' }),
    'Let KMS settle': { Type: 'Wait', Seconds: '{% $kmsPropagationSeconds %}', Next: 'Stop old key' },

    // RETIRED
    'Stop old key': taskState(to, {
      task: 'stop-key',
      payload: { key: 'old', ...withTurn },
      assign: { drainSeconds: answer('drainSeconds'), look: 1 },
      catch: told,
      next: 'Is there anything to drain?',
    }),
    'Is there anything to drain?': {
      Type: 'Choice',
      Choices: [{ Condition: '{% $emergency or $oldStaysPublished %}', Next: 'Seal dossier' }],
      Default: 'Await drain',
    },
    ...wordWait('Await drain', to, {
      wait: 'drain',
      seconds: '{% $drainSeconds %}',
      because: 'what the old key made is still alive',
      next: { over: 'Check drained', word: 'Begin rollback', failed: unfinished },
    }),
    'Check drained': taskState(to, {
      task: 'check-drained',
      payload: { look: '{% $look %}', ...withTurn },
      assign: { drained: answer('drained'), drainSeconds: answer('drainSeconds'), look: '{% $look + 1 %}' },
      catch: told,
      next: 'Is the old key drained?',
    }),
    'Is the old key drained?': {
      Type: 'Choice',
      Choices: [
        { Condition: '{% $drained and $oldLeavesAtSwitch %}', Next: 'Seal dossier' },
        { Condition: '{% $drained %}', Next: 'Unpublish old key' },
      ],
      Default: 'Await drain',
    },

    // DRAINED, then REMOVED
    ...publish('Unpublish old key', to, { stage: 'remove', assign: { removedAt: answer('removedAt') }, next: { published: 'Wait until removed', failed: unfinished } }),
    'Wait until removed': { Type: 'Wait', Timestamp: '{% $removedAt %}', Next: 'Seal dossier' },
    'Seal dossier': seal(to, { next: 'Rotated' }),
    Rotated: { Type: 'Succeed', Output: { rotationId: '{% $rotationId %}' } },

    // By word of a custodian, while the old key drains
    'Begin rollback': { Type: 'Pass', Assign: { turn: '{% $turn + 1 %}' }, Next: 'Plan rollback' },
    'Plan rollback': taskState(to, {
      task: 'plan-rollback',
      payload: { ...withTurn, asked: '{% $word %}' },
      assign: { planDigest: answer('planDigest') },
      catch: [{ ErrorEquals: ['NotRollbackable'], Next: 'Check drained' }, ...told],
      next: askState('rollback'),
    }),
    ...approval('rollback', to, { approved: calendarBefore('Let old key work again'), failed: 'Check drained' }),
    ...outsideFreeze('Let old key work again', to, { stage: 'rollback', failed: 'Check drained' }),
    'Let old key work again': taskState(to, { task: 'lift-stop', payload: { key: 'old', ...withTurn }, catch: notAsApproved, next: 'Publish old key again' }),
    ...publish('Publish old key again', to, {
      stage: 'introduce',
      assign: { readyAt: answer('readyAt') },
      next: { published: 'Let KMS show it', failed: 'Stay with new key' },
    }),
    'Let KMS show it': { Type: 'Wait', Seconds: '{% $kmsPropagationSeconds %}', Next: 'Must senders have it?' },
    'Must senders have it?': { Type: 'Choice', Choices: [{ Condition: '{% $oldLeavesAtSwitch %}', Next: 'Wait until ready again' }], Default: 'Point aliases back' },
    'Wait until ready again': { Type: 'Wait', Timestamp: '{% $readyAt %}', Next: 'Point aliases back' },
    'Point aliases back': taskState(to, {
      task: 'repoint-aliases',
      payload: { planDigest: '{% $planDigest %}', ...withTurn },
      catch: [failTo('Stay with new key')],
      next: 'Prove old key through alias',
    }),
    'Prove old key through alias': taskState(to, {
      task: 'prove-through-alias',
      payload: withTurn,
      retry: retryFreshKey,
      catch: [failTo('Stay with new key')],
      next: 'Let KMS settle back',
    }),
    'Let KMS settle back': { Type: 'Wait', Seconds: '{% $kmsPropagationSeconds %}', Next: 'Stop new key' },
    'Stop new key': taskState(to, { task: 'stop-key', payload: { key: 'new', ...withTurn }, assign: { drainedAt: answer('drainedAt') }, catch: [failTo(unfinishedBack)], next: 'Drain new key' }),
    'Drain new key': { Type: 'Wait', Timestamp: '{% $drainedAt %}', Next: 'Withdraw new key' },
    ...publish('Withdraw new key', to, { stage: 'restore', next: { published: 'Seal rolled back', failed: unfinishedBack } }),
    'Seal rolled back': seal(to, { outcome: 'rolled-back', next: 'Rolled back' }),
    [unfinishedBack]: seal(to, { outcome: 'rolled-back', tells: 'failure', next: 'Rolled back' }),
    'Rolled back': { Type: 'Succeed', Output: { rotationId: '{% $rotationId %}' } },
    // By the same way as after the switch: an old key to which others encrypt leaves the key set again.
    'Stay with new key': taskState(to, { task: 'restore-aliases', payload: withTurn, assign: { hold: 0 }, catch: told, next: 'Does the old key leave now?' }),

    [unfinished]: seal(to, { outcome: 'complete', tells: 'failure', next: 'Rotated' }),

    // Before the new key proved itself
    ...wayBackStates(to, keySetBack),
    ...keySetBackStates(to),
  },
});
