/**
 * What must hold of every state machine of Rota beyond the language itself. Each check answers the faults it finds, one sentence each, so
 * that a test can show it both silent and speaking.
 */
import type { State, StateMachine, TaskState } from '../../workflows/asl.ts';

/** A machine, and what each of its Maps runs for an item: an execution of its own, with no variables of the outer one. */
export const wholeOf = (machine: StateMachine): StateMachine[] => [
  machine,
  ...Object.values(machine.States).flatMap((state) => (state.Type === 'Map' ? wholeOf({ ...machine, StartAt: state.ItemProcessor.StartAt, States: state.ItemProcessor.States }) : [])),
];

interface Way {
  readonly to: string;
  /** The variables that are set on this way. */
  readonly assigns: readonly string[];
}

const tasksIn = ({ States }: StateMachine): [string, TaskState][] =>
  Object.entries(States).flatMap(([name, state]) => (state.Type === 'Task' ? [[name, state] as [string, TaskState]] : []));
const keys = (assign: Readonly<Record<string, unknown>> | undefined): string[] => Object.keys(assign ?? {});
const functionOf = ({ Arguments }: TaskState): string => String(Arguments.FunctionName);
const isCallback = ({ Resource }: TaskState): boolean => Resource.endsWith('.waitForTaskToken');

function waysOut(state: State): Way[] {
  switch (state.Type) {
    case 'Succeed':
    case 'Fail':
      return [];
    case 'Pass':
    case 'Map':
      return [{ to: state.Next, assigns: keys(state.Assign) }];
    case 'Wait':
      return [{ to: state.Next, assigns: [] }];
    case 'Choice':
      return [...state.Choices.map((c) => ({ to: c.Next, assigns: keys(c.Assign) })), { to: state.Default, assigns: [] }];
    case 'Task':
      return [
        { to: state.Next, assigns: keys(state.Assign) },
        ...(state.Catch ?? []).map((c) => ({ to: c.Next, assigns: keys(c.Assign) })),
      ];
  }
}

function reached({ States, StartAt }: StateMachine, closed: readonly string[] = []): Set<string> {
  const seen = new Set<string>();
  const visit = (name: string): void => {
    const state = States[name];
    if (state === undefined || seen.has(name) || closed.includes(name)) return;
    seen.add(name);
    for (const { to } of waysOut(state)) visit(to);
  };
  visit(StartAt);
  return seen;
}

export function unreachable(machine: StateMachine): string[] {
  const seen = reached(machine);
  const dangling = Object.values(machine.States).flatMap(waysOut).filter(({ to }) => machine.States[to] === undefined);
  return [
    ...Object.keys(machine.States).filter((name) => !seen.has(name)).map((name) => `${name} is never reached`),
    ...dangling.map(({ to }) => `${to} is gone to, but is no state`),
  ];
}

/** A wait without end is a year; one without a heartbeat does not notice that nobody is there. */
export const unboundedCallbacks = (machine: StateMachine): string[] =>
  tasksIn(machine)
    .filter(([, state]) => isCallback(state) && (!('TimeoutSeconds' in state) || state.HeartbeatSeconds === undefined))
    .map(([name]) => `${name} waits without TimeoutSeconds or HeartbeatSeconds`);

/** A key that KMS has made must have time to show before it is looked for: jitter may take that time away (P6). */
const makesKey = (name: string): boolean => name === 'Create successor';

/** Bounded, and with jitter: many rotations that meet one throttle must not come back in step. */
export const carelessRetries = (machine: StateMachine): string[] =>
  tasksIn(machine).flatMap(([name, { Retry = [] }]) => [
    ...(Retry.length === 0 ? [`${name} retries nothing`] : []),
    ...Retry.filter((r) => !(r.MaxAttempts >= 1 && r.MaxAttempts <= 10)).map((r) => `${name} retries ${r.MaxAttempts} times`),
    ...Retry.filter((r) => !makesKey(name) && r.JitterStrategy !== 'FULL').map(() => `${name} retries without jitter`),
    ...Retry.filter((r) => makesKey(name) && !(r.JitterStrategy === 'NONE' && r.IntervalSeconds >= 10)).map(() => `${name} may look at once for what it made`),
    ...Retry.filter((r) => !(r.MaxDelaySeconds >= r.IntervalSeconds && r.MaxDelaySeconds <= 300)).map((r) => `${name} waits ${r.MaxDelaySeconds} s between attempts`),
    ...Retry.filter((r) => r.ErrorEquals.includes('States.ALL') || r.ErrorEquals.includes('States.TaskFailed')).map(() => `${name} retries whatever happens`),
  ]);

/** The variables of the machine that a value reads: `$name` in its expressions, without `$states`, functions and locals. */
function variablesRead(value: unknown): string[] {
  if (typeof value === 'string') {
    const expression = /^\{%([\s\S]*)%\}$/.exec(value)?.[1];
    if (expression === undefined) return [];
    const code = expression.replace(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'/g, '""');
    const locals = [...code.matchAll(/\$(\w+)\s*:=/g), ...[...code.matchAll(/function\s*\(([^)]*)\)/g)].flatMap((m) => [...(m[1] ?? '').matchAll(/\$(\w+)/g)])];
    const own = new Set(['states', ...locals.map((m) => m[1])]);
    return [...code.matchAll(/\$([A-Za-z_]\w*)(\s*\()?/g)].flatMap(([, name = '', call]) => (call !== undefined || own.has(name) ? [] : [name]));
  }
  if (Array.isArray(value)) return value.flatMap(variablesRead);
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(variablesRead) : [];
}

/** Reads of a variable that some way to the state does not assign. What is assigned at a state is what every way in has assigned. */
export function unassignedReads(machine: StateMachine): string[] {
  const everything = new Set(Object.values(machine.States).flatMap(waysOut).flatMap((w) => w.assigns));
  const assigned = new Map(Object.keys(machine.States).map((name) => [name, new Set(name === machine.StartAt ? [] : everything)]));
  for (let changed = true; changed; ) {
    changed = false;
    for (const [name, state] of Object.entries(machine.States))
      for (const { to, assigns } of waysOut(state)) {
        const here = new Set([...(assigned.get(name) ?? []), ...assigns]);
        const there = assigned.get(to) ?? new Set<string>();
        const both = new Set([...there].filter((v) => here.has(v)));
        if (both.size < there.size) changed = true;
        assigned.set(to, both);
      }
  }
  const seen = reached(machine);
  return Object.entries(machine.States)
    .filter(([name]) => seen.has(name))
    .flatMap(([name, state]) => [...new Set(variablesRead(state))].filter((v) => !assigned.get(name)?.has(v)).map((v) => `${name} reads $${v}, which not every way to it assigns`));
}

/** Names that AWS gives errors: Step Functions, Lambda, and what tasks pass on from SDK calls (reference: aws-facts 1.14, 3.9). */
const awsNames =
  /^(States\.(ALL|TaskFailed|Timeout|HeartbeatTimeout)|Lambda\.(ServiceException|AWSLambdaException|SdkClientException|ClientExecutionTimeoutException|TooManyRequestsException)|Sandbox\.Timedout)$/;

export interface KnownErrors {
  /** The errors that a task declares. */
  readonly ofTask: (task: string) => readonly string[];
  /** Errors that may leave any task: AWS's own, and the catalogue's for a lost connection. */
  readonly ofAnyTask: readonly string[];
}

export const unknownErrors = (machine: StateMachine, { ofTask, ofAnyTask }: KnownErrors): string[] =>
  tasksIn(machine).flatMap(([name, state]) => {
    const known = new Set([...ofAnyTask, ...ofTask(functionOf(state))]);
    const inCatch = (state.Catch ?? []).flatMap((c) => c.ErrorEquals).filter((e) => !awsNames.test(e) && !known.has(e));
    return inCatch.map((e) => `${name} catches ${e}, which task ${functionOf(state)} does not declare`);
  });

/** A Retry is shared by all tasks, so its names need be known to some task only. */
export const unknownRetryErrors = (machine: StateMachine, known: readonly string[]): string[] =>
  tasksIn(machine).flatMap(([name, { Retry = [] }]) =>
    Retry.flatMap((r) => r.ErrorEquals).filter((e) => !awsNames.test(e) && !known.includes(e)).map((e) => `${name} retries ${e}, which nothing throws`),
  );

export const tasksCalled = (machine: StateMachine): string[] => tasksIn(machine).map(([, state]) => functionOf(state));

/**
 * Ends that no dossier leads to. Two ways are known and accepted (fragments/way-back.ts): a sealing state that itself
 * fails, and a state that cannot catch (Pass, Choice) whose expression fails; the alarm on failed executions tells of both.
 */
export function unsealedEnds(machine: StateMachine): string[] {
  const seals = tasksIn(machine).filter(([, state]) => functionOf(state) === 'seal-dossier').map(([name]) => name);
  const withoutSeal = reached(machine, seals);
  const uncaught = tasksIn(machine).filter(([name, { Catch = [] }]) => !seals.includes(name) && !Catch.some((c) => c.ErrorEquals.includes('States.ALL')));
  return [
    ...[...withoutSeal].filter((name) => ['Succeed', 'Fail'].includes(machine.States[name]?.Type ?? '')).map((name) => `${name} ends without a dossier`),
    ...uncaught.map(([name]) => `${name} may fail without a dossier`),
  ];
}
