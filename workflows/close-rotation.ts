/**
 * Closes a rotation whose execution ended outside its own state machine: somebody stopped it, or its year was over. Step
 * Functions runs no Catch then, so this does what the machine would have done on its way back (P7, P8).
 *
 * Who waits for whom: nobody, but for what the new key signed while an alias stood at it. Where the new key had proved itself
 * through the alias nothing goes back: the dossier says what was not finished. A rollback while the old key drained stands likewise once the old key had
 * proved itself; before that the aliases go to the new key again. A retirement puts its key back into use, unless it was
 * over but for its dossier.
 */
import type { StateMachine } from './asl.ts';
import { keySetBack, keySetBackStates } from './fragments/key-set-back.ts';
import { restoreKey, restoreKeyStates } from './fragments/restore-key.ts';
import { seal } from './fragments/seal.ts';
import { failTo, taskState } from './fragments/task.ts';
import { wayBack, wayBackStates } from './fragments/way-back.ts';
import type { Resources } from './resources.ts';

const stopped = '{% $stopped %}';
const sealing = { executionArn: stopped, tells: 'failure' } as const;

export const closeRotation = (to: Resources): StateMachine => ({
  Comment: 'Puts back what a stopped rotation moved, and seals its dossier',
  QueryLanguage: 'JSONata',
  StartAt: 'Begin',
  TimeoutSeconds: 31_536_000,
  States: {
    Begin: {
      Type: 'Pass',
      Assign: {
        rotationId: '{% $states.input.rotationId %}',
        stopped: '{% $states.input.executionArn %}',
        failure: '{% $states.input.failure %}',
        reached: '{% $states.input.reached %}',
        turn: '{% $states.input.turn %}',
        hold: 0,
      },
      Next: 'How far had it come?',
    },
    'How far had it come?': {
      Type: 'Choice',
      Choices: [
        { Condition: "{% $reached = 'cutover' %}", Next: 'Keep old key' },
        { Condition: "{% $reached = 'halfway back' %}", Next: 'Stay with new key' },
        { Condition: "{% $reached = 'rollback' %}", Next: 'Seal rolled back' },
        { Condition: "{% $reached = 'retirement' %}", Next: restoreKey },
        { Condition: "{% $reached = 'retired' %}", Next: 'Seal unfinished dossier' },
      ],
      Default: wayBack,
    },
    'Stay with new key': taskState(to, { task: 'restore-aliases', payload: { turn: '{% $turn %}' }, catch: [failTo('Seal unfinished dossier')], next: 'Keep old key' }),
    'Keep old key': taskState(to, { task: 'keep-old-key', catch: [failTo('Seal unfinished dossier')], next: 'Seal unfinished dossier' }),
    'Seal unfinished dossier': seal(to, { ...sealing, outcome: 'complete', next: 'Closed' }),
    'Seal rolled back': seal(to, { ...sealing, outcome: 'rolled-back', next: 'Closed' }),
    Closed: { Type: 'Succeed', Output: { rotationId: '{% $rotationId %}' } },
    ...wayBackStates(to, keySetBack, stopped),
    ...keySetBackStates(to),
    ...restoreKeyStates(to),
  },
});
