import { AwsError } from '../wire/errors.ts';

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds?: number;
  readonly MaxAttempts?: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
  readonly JitterStrategy?: 'FULL' | 'NONE';
}

export interface Catcher {
  readonly ErrorEquals: readonly string[];
  readonly Next: string;
  readonly Assign?: unknown;
  readonly Output?: unknown;
}

/** A state as it stands in a definition; which fields a type may have is checked before it is ever run. */
export interface StateDefinition {
  readonly Type: string;
  readonly Next?: string;
  readonly End?: boolean;
  readonly Resource?: string;
  readonly Arguments?: unknown;
  readonly Output?: unknown;
  readonly Assign?: unknown;
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly Catcher[];
  readonly TimeoutSeconds?: unknown;
  readonly HeartbeatSeconds?: unknown;
  readonly Choices?: readonly { readonly Condition: string; readonly Next: string; readonly Assign?: unknown; readonly Output?: unknown }[];
  readonly Default?: string;
  readonly Seconds?: unknown;
  readonly Timestamp?: unknown;
  readonly Error?: unknown;
  readonly Cause?: unknown;
  readonly Branches?: readonly StatesScope[];
  readonly Items?: unknown;
  readonly ItemSelector?: unknown;
  readonly MaxConcurrency?: unknown;
  readonly ItemProcessor?: StatesScope;
}

export interface StatesScope {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, StateDefinition>>;
  readonly TimeoutSeconds?: number;
}

const always = ['Type', 'Comment', 'QueryLanguage'];
const going = [...always, 'Next', 'End', 'Output', 'Assign'];
const working = [...going, 'Arguments', 'Retry', 'Catch'];

/** The fields that each type of state may have here. JSONPath's (Parameters, ResultPath, …) are in none of them. */
const fields: Readonly<Record<string, readonly string[]>> = {
  Pass: going,
  Task: [...working, 'Resource', 'TimeoutSeconds', 'HeartbeatSeconds'],
  Choice: [...always, 'Choices', 'Default', 'Output', 'Assign'],
  Wait: [...going, 'Seconds', 'Timestamp'],
  Parallel: [...working, 'Branches'],
  Map: [...working.filter((f) => f !== 'Arguments'), 'Items', 'ItemSelector', 'MaxConcurrency', 'ItemProcessor'],
  Succeed: [...always, 'Output'],
  Fail: [...always, 'Error', 'Cause'],
};

const callback = '.waitForTaskToken';
const services = ['kms', 'dynamodb', 's3', 'sfn', 'eventbridge'];

/** What a Task's `Resource` asks for. */
export type Resource =
  | { readonly kind: 'lambda'; readonly callback: boolean }
  | { readonly kind: 'events'; readonly callback: boolean }
  | { readonly kind: 'sdk'; readonly service: string; readonly action: string; readonly callback: boolean };

/** Reads a Resource ARN; undefined for what the embedded AWS does not integrate. */
export function readResource(text: string): Resource | undefined {
  const rest = /^arn:aws[a-z-]*:states:::(.+)$/.exec(text)?.[1];
  if (rest === undefined) return undefined;
  const isCallback = rest.endsWith(callback);
  const name = isCallback ? rest.slice(0, -callback.length) : rest;
  if (name === 'lambda:invoke') return { kind: 'lambda', callback: isCallback };
  if (name === 'events:putEvents') return { kind: 'events', callback: isCallback };
  const [, service = '', action = ''] = /^aws-sdk:([a-z0-9]+):([a-z][A-Za-z0-9]*)$/.exec(name) ?? [];
  return services.includes(service) ? { kind: 'sdk', service, action, callback: isCallback } : undefined;
}

/** Parses and checks a definition. Throws `InvalidDefinition` with the place: what is accepted is run as AWS runs it. */
export function readDefinition(text: string): StatesScope {
  const refuse = (where: string, what: string) => new AwsError('InvalidDefinition', `Invalid State Machine Definition: '${what} at ${where}'`);
  if (Buffer.byteLength(text) > 1_048_576) throw refuse('/', 'the definition is longer than 1 MB');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw refuse('/', 'the definition is no JSON');
  }
  if ((parsed as { QueryLanguage?: unknown }).QueryLanguage !== 'JSONata') throw refuse('/QueryLanguage', 'the embedded Step Functions runs QueryLanguage JSONata only');
  allow(parsed as object, ['Comment', 'QueryLanguage', 'StartAt', 'States', 'TimeoutSeconds', 'Version'], '/', refuse);
  checkScope(parsed as StatesScope, '', refuse);
  return parsed as StatesScope;
}

type Refuse = (where: string, what: string) => Error;

function allow(value: object, allowed: readonly string[], where: string, refuse: Refuse): void {
  const strange = Object.keys(value).find((f) => !allowed.includes(f));
  if (strange !== undefined) throw refuse(where, `field ${strange} is not supported here`);
}

function checkScope(scope: StatesScope, path: string, refuse: Refuse): void {
  if (typeof scope.States !== 'object' || Object.keys(scope.States).length === 0) throw refuse(`${path}/States`, 'there must be states');
  if (!(scope.StartAt in scope.States)) throw refuse(`${path}/StartAt`, 'StartAt names no state');
  for (const [name, state] of Object.entries(scope.States)) checkState(name, state, scope, `${path}/States/${name}`, refuse);
}

function checkState(name: string, state: StateDefinition, scope: StatesScope, path: string, refuse: Refuse): void {
  if (name.length > 80) throw refuse(path, 'a state name has 80 characters at most');
  const allowed = fields[state.Type];
  if (allowed === undefined) throw refuse(`${path}/Type`, `state type ${state.Type} is not supported`);
  allow(state, allowed, path, refuse);
  const next = [state.Next, state.Default, ...(state.Choices ?? []).map((c) => c.Next), ...(state.Catch ?? []).map((c) => c.Next)];
  for (const target of next) if (target !== undefined && !(target in scope.States)) throw refuse(path, `Next ${target} names no state`);
  const goesOn = !['Choice', 'Succeed', 'Fail'].includes(state.Type);
  if (goesOn && (state.Next === undefined) === (state.End !== true)) throw refuse(path, 'a state has either Next or End');
  if (state.Type === 'Task' && readResource(state.Resource ?? '') === undefined) throw refuse(`${path}/Resource`, `resource ${state.Resource ?? ''} is not integrated in the embedded Step Functions`);
  if (state.Type === 'Wait' && (state.Seconds === undefined) === (state.Timestamp === undefined)) throw refuse(path, 'a Wait state has either Seconds or Timestamp');
  if (state.Type === 'Choice' && (state.Choices ?? []).length === 0) throw refuse(`${path}/Choices`, 'there must be choices');
  for (const list of [state.Retry ?? [], state.Catch ?? []])
    list.forEach((entry, i) => {
      if (entry.ErrorEquals.includes('States.ALL') && (entry.ErrorEquals.length > 1 || i < list.length - 1)) throw refuse(path, 'States.ALL stands alone and last');
    });
  checkInner(state, path, refuse);
}

function checkInner(state: StateDefinition, path: string, refuse: Refuse): void {
  if (state.Type === 'Parallel') {
    if ((state.Branches ?? []).length === 0) throw refuse(`${path}/Branches`, 'there must be branches');
    state.Branches?.forEach((branch, i) => checkScope(branch, `${path}/Branches/${i}`, refuse));
  }
  if (state.Type !== 'Map') return;
  const mode = (state.ItemProcessor as { ProcessorConfig?: { Mode?: string } } | undefined)?.ProcessorConfig?.Mode ?? 'INLINE';
  if (state.ItemProcessor === undefined || mode !== 'INLINE') throw refuse(`${path}/ItemProcessor`, 'a Map state has an ItemProcessor of mode INLINE');
  checkScope(state.ItemProcessor, `${path}/ItemProcessor`, refuse);
}
