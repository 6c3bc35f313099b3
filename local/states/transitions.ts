import { childDone, childFailed, childrenOf } from './children.ts';
import type { Draft } from './draft.ts';
import { abortMapRun } from './map-run.ts';
import { limitData, limitVariables } from './limits.ts';
import type { Failure, Status, Thread } from './model.ts';
import { evaluateIn, stateOf, variablesOf, type Chance, type Extras } from './scope.ts';

/** `Assign` and `Output` of a state, a choice rule or a catcher. */
export interface Leaving {
  readonly Assign?: unknown;
  readonly Output?: unknown;
  /** The output where no `Output` is given. */
  readonly unsaid: unknown;
  /** Stands before the field's name in the place of an error. */
  readonly at?: string;
}

export interface Left {
  readonly output: unknown;
  readonly assigned: Readonly<Record<string, unknown>>;
}

/** Evaluates `Assign` and `Output` side by side: neither sees what the other makes. SFN-DG workflow-variables. */
export async function evaluateLeaving(draft: Draft, thread: Thread, chance: Chance, { Assign, Output, unsaid, at = '' }: Leaving, extras: Extras = {}): Promise<Left> {
  const assigned = Assign === undefined ? {} : ((await evaluateIn(draft, thread, chance, Assign, `${at}Assign`, extras)) as Record<string, unknown>);
  const output = Output === undefined ? unsaid : await evaluateIn(draft, thread, chance, Output, `${at}Output`, extras);
  limitData(output, thread.state);
  limitData(assigned, thread.state);
  limitVariables({ ...variablesOf(draft, thread), ...assigned }, thread.state);
  return { output, assigned };
}

/** Leaves a state for the next one, or at the end of its scope. */
export function leave(draft: Draft, thread: Thread, { output, assigned }: Left, next: string | undefined): void {
  const text = JSON.stringify(output);
  const variables = Object.entries(assigned);
  draft.event(thread.id, `${stateOf(draft, thread).Type}StateExited`, {
    name: thread.state,
    output: text,
    assignedVariables: variables.length === 0 ? undefined : Object.fromEntries(variables.map(([name, value]) => [name, JSON.stringify(value)])),
  });
  draft.remove(draft.children(thread.id));
  if (variables.length > 0) draft.set(thread.id, { variables: { ...thread.variables, ...assigned } });
  draft.set(thread.id, next === undefined ? { phase: { at: 'done', output } } : { state: next, input: output, phase: { at: 'start' } });
  if (next !== undefined) return;
  if (thread.parent === undefined) {
    draft.event(thread.id, 'ExecutionSucceeded', { output: text });
    draft.end({ status: 'SUCCEEDED', output: text, stopMs: draft.nowMs });
  } else childDone(draft, draft.thread(thread.id));
}

/** Ends a thread by a failure that nothing catches: at the root the execution, else the state around it has it. */
export function failThread(draft: Draft, id: number, failure: Failure): void {
  const thread = draft.thread(id);
  draft.set(id, { phase: { at: 'failed', ...childrenOf(thread.phase) } });
  if (thread.parent === undefined) endExecution(draft, 'FAILED', failure, thread.lastEvent);
  else childFailed(draft, draft.thread(id), failure);
}

const endings = { FAILED: 'ExecutionFailed', TIMED_OUT: 'ExecutionTimedOut', ABORTED: 'ExecutionAborted' } as const satisfies Partial<Record<Status, string>>;

/** Ends an execution without success, and its Map Runs with it. Its threads stay where they are, for a redrive. `previous` is the event that the end follows. */
export function endExecution(draft: Draft, status: keyof typeof endings, { error, cause }: Failure, previous: number): void {
  let last = previous;
  for (const { arn } of draft.mapRunsUnderWay) last = abortMapRun(draft, arn, last);
  draft.eventAfter(last, endings[status], { error, cause });
  draft.end({ status, error, cause, stopMs: draft.nowMs });
}

/**
 * The event that a failed evaluation, or an abort, follows. While the state has done nothing but been entered, AWS names the event
 * before that (recorded 2024-11-21 and 2024-05-06: LocalStack snapshots test_undefined_reference, test_stop_execution).
 */
export const beforeWork = (thread: Thread): number => (thread.lastEvent === thread.enteredEvent ? thread.beforeEntered : thread.lastEvent);
