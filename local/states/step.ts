import { startBranches, startIterations } from './children.ts';
import type { Draft } from './draft.ts';
import { fail, recordEvaluation } from './failing.ts';
import { startMapRun } from './map-run.ts';
import type { Thread } from './model.ts';
import { evaluateIn, fieldError, stateOf, type Chance } from './scope.ts';
import { StateError } from './state-error.ts';
import { scheduleTask, taskTimeout } from './task.ts';
import { evaluateLeaving, failThread, leave } from './transitions.ts';

/** When a thread has something to do: now (a time past), at an instant, or once something outside happens (Infinity). */
export function dueMs({ phase }: Thread): number {
  switch (phase.at) {
    case 'start':
    case 'entered':
    case 'result':
    case 'failure':
      return -Infinity;
    case 'waiting':
    case 'backoff':
      return phase.untilMs;
    case 'task':
      return Math.min(phase.timeoutMs ?? Infinity, phase.heartbeatMs ?? Infinity);
    default:
      return Infinity;
  }
}

/** Takes a thread that is due one step further. Effects are left to the engine, after the step is in the journal. */
export async function step(draft: Draft, id: number, chance: Chance): Promise<void> {
  try {
    await proceed(draft, id, chance);
  } catch (error) {
    const failure = error instanceof StateError ? error : new StateError('States.Runtime', `The embedded Step Functions failed: ${String(error)}`);
    recordEvaluation(draft, id, failure);
    await fail(draft, id, failure, chance);
  }
}

async function proceed(draft: Draft, id: number, chance: Chance): Promise<void> {
  const thread = draft.thread(id);
  const state = stateOf(draft, thread);
  switch (thread.phase.at) {
    case 'start':
      enter(draft, thread);
      await run(draft, draft.thread(id), chance);
      break;
    case 'entered':
    case 'backoff':
      await run(draft, thread, chance);
      break;
    case 'waiting':
      leave(draft, thread, await evaluateLeaving(draft, thread, chance, { ...state, unsaid: thread.input }), state.Next);
      break;
    case 'task':
      taskTimeout(draft, thread);
      break;
    case 'result': {
      const { result } = thread.phase;
      leave(draft, thread, await evaluateLeaving(draft, thread, chance, { ...state, unsaid: result }, { result }), state.Next);
      break;
    }
    case 'failure':
      await fail(draft, id, thread.phase.failure, chance);
      break;
    default:
  }
}

function enter(draft: Draft, thread: Thread): void {
  const before = thread.lastEvent;
  const entered = draft.event(thread.id, `${stateOf(draft, thread).Type}StateEntered`, { name: thread.state, input: JSON.stringify(thread.input) });
  draft.set(thread.id, { enteredMs: draft.nowMs, enteredEvent: entered, beforeEntered: before, retries: [], phase: { at: 'entered' } });
}

/** Does what the state's type is for. */
async function run(draft: Draft, thread: Thread, chance: Chance): Promise<void> {
  const state = stateOf(draft, thread);
  switch (state.Type) {
    case 'Pass':
    case 'Succeed':
      leave(draft, thread, await evaluateLeaving(draft, thread, chance, { ...state, unsaid: thread.input }), state.Next);
      break;
    case 'Fail':
      failThread(draft, thread.id, {
        error: (await evaluateIn(draft, thread, chance, state.Error, 'Error')) as string | undefined,
        cause: (await evaluateIn(draft, thread, chance, state.Cause, 'Cause')) as string | undefined,
      });
      break;
    case 'Choice':
      await choose(draft, thread, chance);
      break;
    case 'Wait':
      draft.set(thread.id, { phase: { at: 'waiting', untilMs: await waitUntil(draft, thread, chance) } });
      break;
    case 'Task':
      await scheduleTask(draft, thread, chance);
      break;
    case 'Parallel':
      await startBranches(draft, thread, chance);
      break;
    case 'Map':
      await (state.ItemProcessor?.ProcessorConfig?.Mode === 'DISTRIBUTED' ? startMapRun : startIterations)(draft, thread, chance);
      break;
  }
}

async function choose(draft: Draft, thread: Thread, chance: Chance): Promise<void> {
  const { Choices = [], Default, Assign, Output } = stateOf(draft, thread);
  for (const [index, rule] of Choices.entries()) {
    const place = `Choices[${index}]/`;
    const holds = await evaluateIn(draft, thread, chance, rule.Condition, `${place}Condition`);
    if (typeof holds !== 'boolean') throw fieldError(thread, `The Condition must be a boolean but was: ${JSON.stringify(holds)}`, `${place}Condition`);
    if (!holds) continue;
    leave(draft, thread, await evaluateLeaving(draft, thread, chance, { ...rule, unsaid: thread.input, at: place }), rule.Next);
    return;
  }
  if (Default === undefined) throw new StateError('States.NoChoiceMatched', `No choice of state '${thread.state}' matched, and it has no Default`);
  leave(draft, thread, await evaluateLeaving(draft, thread, chance, { Assign, Output, unsaid: thread.input }), Default);
}

/** RFC 3339 as Step Functions takes it: `T` and an offset are required. */
const timestamp = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

async function waitUntil(draft: Draft, thread: Thread, chance: Chance): Promise<number> {
  const { Seconds, Timestamp } = stateOf(draft, thread);
  if (Timestamp !== undefined) {
    const text = await evaluateIn(draft, thread, chance, Timestamp, 'Timestamp');
    const instant = typeof text === 'string' && timestamp.test(text) ? Date.parse(text) : NaN;
    if (Number.isNaN(instant)) throw fieldError(thread, `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${String(text)}`, 'Timestamp');
    return instant;
  }
  const seconds = await evaluateIn(draft, thread, chance, Seconds, 'Seconds');
  if (typeof seconds !== 'number' || !Number.isInteger(seconds) || seconds < 0 || seconds > 99_999_999)
    throw fieldError(thread, `The Seconds field must be a whole number from 0 to 99999999 but was: ${JSON.stringify(seconds)}`, 'Seconds');
  return draft.nowMs + seconds * 1000;
}
