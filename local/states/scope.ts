import { parseDefinition, scopeAt, type State } from './definition.ts';
import type { Draft } from './draft.ts';
import { evaluate, inState } from './jsonata.ts';
import type { Thread } from './model.ts';
import { StateError, evaluationError } from './state-error.ts';

/** What evaluating needs from outside. */
export interface Chance {
  /** Numbers from 0 up to 1: `$random`, and the jitter of retries. */
  readonly random: () => number;
}

/** What `$states` holds besides input and context, at this point of the state. */
export interface Extras {
  readonly result?: unknown;
  readonly errorOutput?: unknown;
  readonly taskToken?: string;
  readonly item?: Thread['item'];
}

const iso = (epochMs: number): string => new Date(epochMs).toISOString();

export const stateOf = (draft: Draft, thread: Thread): State => scopeAt(parseDefinition(draft.execution.definition), thread.scope).States[thread.state] as State;

/** Evaluates a field in a thread's state; failures name the state. */
export async function evaluateIn(draft: Draft, thread: Thread, chance: Chance, template: unknown, location: string, extras: Extras = {}): Promise<unknown> {
  const { taskToken, item = itemOf(draft, thread), ...present } = extras;
  const bindings = { ...variablesOf(draft, thread), states: { input: thread.input, ...present, context: contextOf(draft, thread, taskToken, item) } };
  try {
    return await evaluate(template, { bindings, random: chance.random }, location);
  } catch (error) {
    throw error instanceof StateError ? inState(error, thread.state, thread.enteredEvent) : error;
  }
}

/** A value that an expression made is not one that the field takes. */
export const fieldError = (thread: Thread, what: string, location?: string): StateError => inState(evaluationError(what, location), thread.state, thread.enteredEvent);

/** Variables that a thread sees: its own scope's over those of the scopes around it. SFN-DG workflow-variables. */
export function variablesOf(draft: Draft, thread: Thread): Record<string, unknown> {
  const outer = thread.parent === undefined ? {} : variablesOf(draft, draft.thread(thread.parent));
  return { ...outer, ...thread.variables };
}

function itemOf(draft: Draft, thread: Thread): Thread['item'] {
  return thread.item ?? (thread.parent === undefined ? undefined : itemOf(draft, draft.thread(thread.parent)));
}

/** The context object. SFN-DG input-output-contextobject. */
function contextOf(draft: Draft, thread: Thread, taskToken: string | undefined, item: Thread['item']): Record<string, unknown> {
  const { execution } = draft;
  const mayRetry = ['Task', 'Parallel', 'Map'].includes(stateOf(draft, thread).Type);
  return {
    Execution: {
      Id: execution.arn,
      Input: JSON.parse(execution.input) as unknown,
      StartTime: iso(execution.startMs),
      Name: execution.name,
      RoleArn: execution.roleArn,
      RedriveCount: execution.redriveCount,
      ...(execution.redriveMs === undefined ? {} : { RedriveTime: iso(execution.redriveMs) }),
    },
    StateMachine: { Id: execution.machineArn, Name: execution.machineName },
    State: { Name: thread.state, EnteredTime: iso(thread.enteredMs), ...(mayRetry ? { RetryCount: thread.retries.reduce((sum, used) => sum + used, 0) } : {}) },
    ...(taskToken === undefined ? {} : { Task: { Token: taskToken } }),
    ...(item === undefined ? {} : { Map: { Item: item } }),
  };
}
