/**
 * Looks at every key of every account and Region that the registry names, once a day and when asked.
 *
 * Who waits for whom: nobody; the machine waits for AWS alone. How it halts: an account that cannot be swept is told in the result and
 * in an event, and keeps none of the others back. What a sweep missed the next one finds, so a failed one needs no way back.
 */
import type { StateMachine } from './asl.ts';
import { answer, lambdaState } from './fragments/task.ts';
import type { Resources } from './resources.ts';

/** As many accounts and Regions at once; each has rates of its own. */
const atOnce = 20;

/** In characters. Results of all of the 500 targets that a registry may have go on in one state, of 256 KiB at most, even if every account refuses its sweep. */
const longestError = 280;

/** What Lambda says of an error is JSON: the sentence in it, without where it was thrown, which is longer than the rest. */
const whatWentWrong = `(
  $cause := $states.errorOutput.Cause ? $states.errorOutput.Cause : '';
  $said := $replace($replace($cause, /^\\{.*errorMessage.{3}/, ''), /(\\W{3}(trace|errorType).*|\\W\\})$/, '');
  $substring($states.errorOutput.Error & ($said = '' ? '' : ': ' & $said), 0, ${longestError})
)`.replace(/\s+/g, ' ');

export const keySweep = (to: Resources): StateMachine => ({
  Comment: 'Looks at every key: findings, KPIs, rotations that are due',
  QueryLanguage: 'JSONata',
  StartAt: 'Begin',
  TimeoutSeconds: 86_400,
  States: {
    Begin: { Type: 'Pass', Assign: { sweepId: '{% $states.context.Execution.Name %}' }, Next: 'List targets' },
    'List targets': lambdaState(to, { task: 'list-targets', payload: { sweepId: '{% $sweepId %}' }, assign: { targets: answer('targets') }, next: 'Sweep targets' }),
    'Sweep targets': {
      Type: 'Map',
      Label: 'Targets',
      Items: '{% $targets %}',
      MaxConcurrency: atOnce,
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'Sweep target',
        States: {
          'Sweep target': lambdaState(to, {
            task: 'sweep-target',
            payload: '{% $states.input %}',
            output: '{% $states.result.Payload %}',
            catch: [
              {
                ErrorEquals: ['States.ALL'],
                Output: `{% $merge([$sift($states.input, function($v, $k) { $k != 'sweepId' }), {'error': ${whatWentWrong}}]) %}`,
                Next: 'Target done',
              },
            ],
            next: 'Target done',
          }),
          'Target done': { Type: 'Succeed' },
        },
      },
      Assign: { swept: '{% $states.result %}' },
      Next: 'Close sweep',
    },
    'Close sweep': lambdaState(to, { task: 'close-sweep', payload: { sweepId: '{% $sweepId %}', targets: '{% $swept %}' }, output: "{% $merge([{'targets': $swept}, $states.result.Payload]) %}", next: 'Swept' }),
    Swept: { Type: 'Succeed' },
  },
});
