import type { States } from '../asl.ts';
import type { Resources } from '../resources.ts';
import { failTo, retryFreshKey, taskState } from './task.ts';
import { wordWait } from './wait.ts';

interface Publishing {
  readonly stage: 'introduce' | 'emergency' | 'switch' | 'remove' | 'restore';
  readonly assign?: Readonly<Record<string, unknown>>;
  readonly next: { readonly published: string; readonly failed: string };
  /** Where it asks again, if what was approved no longer holds; the machine counts `round`. */
  readonly changed?: string;
  /** On the way back, what went wrong first is what the dossier tells. */
  readonly keepsFailure?: boolean;
}

/** Two weeks of holding, an hour at a time after the first: by then somebody must have looked. */
const mostHolds = 340;

/**
 * Publishes a key set and reads it back. A target that is down, or that serves something else, holds the machine: it tries again
 * after a minute, then less and less often, at least once an hour, or at once when a custodian says so.
 */
export const publish = (name: string, to: Resources, { stage, assign = {}, next, changed, keepsFailure = false }: Publishing): States => {
  const mayHold = `May it hold: ${name}?`;
  const hold = `Hold: ${name}`;
  const held = { hold: '{% $hold + 1 %}', heldBy: failTo(hold).Assign?.failure };
  const failed = keepsFailure ? { ErrorEquals: ['States.ALL'], Next: next.failed } : failTo(next.failed);
  const asksAgain = changed === undefined ? [] : [{ ErrorEquals: ['PlanChanged'], Assign: { round: '{% $round + 1 %}' }, Next: changed }];
  return {
    [name]: taskState(to, {
      task: 'publish-keys',
      payload: { stage, turn: '{% $turn %}' },
      retry: retryFreshKey,
      assign: { hold: 0, ...assign },
      catch: [{ ErrorEquals: ['TargetUnreachable', 'TargetServesOther'], Assign: held, Next: mayHold }, ...asksAgain, failed],
      next: next.published,
    }),
    [mayHold]: {
      Type: 'Choice',
      Choices: [{ Condition: `{% $hold > ${mostHolds} %}`, ...(keepsFailure ? {} : { Assign: { failure: '{% $heldBy %}' } }), Next: next.failed }],
      Default: hold,
    },
    ...wordWait(hold, to, {
      wait: 'hold',
      seconds: '{% $min([3600, 60 * $power(2, $min([$hold - 1, 6]))]) %}',
      because: '{% $heldBy.cause %}',
      next: { over: name, word: name, failed: next.failed },
      keepsFailure,
    }),
  };
};
