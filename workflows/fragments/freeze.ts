import type { FrozenStage } from '../../core/registry/freeze-schema.ts';
import type { Catcher, States } from '../asl.ts';
import type { Resources } from '../resources.ts';
import { answer, failTo, taskState } from './task.ts';

/** Where the way to an effect leads through the calendar. */
export const calendarBefore = (effect: string): string => `Look at calendar: ${effect}`;

/** The effect found a freeze that began after the calendar was looked at. */
export const frozenAfterAll = (effect: string): Catcher => ({ ErrorEquals: ['FreezeHolds'], Next: calendarBefore(effect) });

interface Freezing {
  readonly stage: FrozenStage;
  readonly failed: string;
  /** A state that waits for `$waitSeconds` and lets people say a word meanwhile. Left out, it waits by itself. */
  readonly waitAt?: string;
}

/**
 * Holds what is approved while the calendar of the registry says so. The calendar is looked at again every few hours, since it may have
 * changed, and after the freeze; the effect then checks its plan against live state as ever.
 */
export const outsideFreeze = (effect: string, to: Resources, { stage, failed, waitAt }: Freezing): States => ({
  [calendarBefore(effect)]: taskState(to, {
    task: 'check-freeze',
    payload: { stage },
    assign: { frozen: answer('frozen'), ...(waitAt === undefined ? { lookAt: answer('lookAt') } : { lookSeconds: answer('lookSeconds') }) },
    catch: [failTo(failed)],
    next: `Is there a freeze: ${effect}?`,
  }),
  [`Is there a freeze: ${effect}?`]: { Type: 'Choice', Choices: [{ Condition: '{% $frozen %}', ...(waitAt === undefined ? { Next: `Wait out freeze: ${effect}` } : { Assign: { waitSeconds: '{% $lookSeconds %}' }, Next: waitAt }) }], Default: effect },
  ...(waitAt === undefined ? { [`Wait out freeze: ${effect}`]: { Type: 'Wait', Timestamp: '{% $lookAt %}', Next: calendarBefore(effect) } } : {}),
});
