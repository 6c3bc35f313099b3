import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import { Journal } from '../journal.ts';
import type { Caller, Service } from '../service.ts';
import { AwsError } from '../wire/errors.ts';
import { readDefinition } from './definition.ts';
import { withoutData } from './history.ts';
import { Interpreter, type Answer, type Outside } from './interpreter.ts';
import { movingPart, type Execution, type HistoryEvent, type Machine, type Moving } from './model.ts';

export interface StatesOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly invokeLambda: Outside['invokeLambda'];
  readonly callService: Outside['callService'];
  readonly random?: () => number;
  /** Told of each change of an execution's status, as EventBridge is. */
  readonly onStatusChange?: (detail: Record<string, unknown>) => void;
}

type Entry =
  | { readonly kind: 'machine'; readonly machine: Machine }
  | { readonly kind: 'machine deleted'; readonly arn: string }
  | { readonly kind: 'execution'; readonly execution: Omit<Execution, 'scope' | 'history'>; readonly movedClock?: true }
  | { readonly kind: 'moved'; readonly arn: string; readonly moving: Moving; readonly events: readonly HistoryEvent[] };

interface Waiting {
  readonly execution: Execution;
  readonly threadId: number;
}

const redriveDays = 14;
const dayMs = 86_400_000;
const seconds = (epochMs: number): number => epochMs / 1000;
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Opens the embedded Step Functions on a folder; executions that were running go on. */
export async function openStates(options: StatesOptions): Promise<Service> {
  await mkdir(options.folder, { recursive: true });
  const states = new States(options);
  await states.open();
  return states;
}

class States implements Service {
  readonly #options: StatesOptions;
  readonly #machines = new Map<string, Machine>();
  readonly #executions = new Map<string, Execution>();
  readonly #tokens = new Map<string, Waiting>();
  readonly #usedTokens = new Set<string>();
  readonly #interpreter: Interpreter;
  #journal: Journal<Entry> | undefined;

  constructor(options: StatesOptions) {
    this.#options = options;
    this.#interpreter = new Interpreter({
      clock: options.clock,
      invokeLambda: options.invokeLambda,
      callService: options.callService,
      random: options.random ?? Math.random,
      save: (execution, events) => this.#write({ kind: 'moved', arn: execution.arn, moving: movingPart(execution), events }),
      onToken: (token, execution, thread) => this.#tokens.set(token, { execution, threadId: thread.id }),
      onStatusChange: (execution) => options.onStatusChange?.(describe(execution)),
    });
  }

  async open(): Promise<void> {
    this.#journal = await Journal.open<Entry>(join(this.#options.folder, 'states.journal'), (entry) => this.#replay(entry));
    for (const execution of this.#executions.values()) {
      for (const { token, id } of Object.values(execution.threads)) if (token !== undefined) this.#tokens.set(token, { execution, threadId: id });
      if (execution.history.length === 0) await this.#interpreter.begin(execution);
      else this.#interpreter.resume(execution);
    }
  }

  async close(): Promise<void> {
    this.#interpreter.close();
    await this.#journal?.close();
  }

  #write(entry: Entry): Promise<void> {
    if (this.#journal === undefined) throw new Error('the journal is not open');
    return this.#journal.append(entry);
  }

  #replay(entry: Entry): void {
    if (entry.kind === 'machine') this.#machines.set(entry.machine.arn, entry.machine);
    else if (entry.kind === 'machine deleted') this.#machines.delete(entry.arn);
    else if (entry.kind === 'execution') this.#executions.set(entry.execution.arn, { ...entry.execution, scope: readDefinition(entry.execution.definition), history: [] });
    else {
      const execution = this.#executions.get(entry.arn);
      if (execution === undefined) throw new Error(`states.journal moves an execution that it never started: ${entry.arn}`);
      for (const event of entry.events) {
        execution.history.push(event);
        // A token that was handed out once is known for ever: its late answer is told "timed out", not "unknown".
        const parameters = (event.taskScheduledEventDetails as { parameters?: string } | undefined)?.parameters;
        if (parameters !== undefined) for (const { token } of Object.values(entry.moving.threads)) if (token !== undefined) this.#usedTokens.add(token);
      }
      forgetOutcome(execution);
      delete execution.timeoutAt;
      Object.assign(execution, entry.moving);
    }
  }

  async handle(operation: string, input: Record<string, unknown>, caller: Caller): Promise<Record<string, unknown>> {
    switch (operation) {
      case 'CreateStateMachine':
        return this.#createMachine(input, caller);
      case 'UpdateStateMachine':
        return this.#updateMachine(input);
      case 'DeleteStateMachine':
        return this.#deleteMachine(input);
      case 'DescribeStateMachine':
        return describeMachine(this.#machine(input.stateMachineArn));
      case 'DescribeStateMachineForExecution':
        return this.#machineOfExecution(input);
      case 'ListStateMachines':
        return page([...this.#machines.values()].map((m) => ({ stateMachineArn: m.arn, name: m.name, type: 'STANDARD', creationDate: seconds(m.createdAt) })), input, 'stateMachines');
      case 'StartExecution':
        return this.#start(input, caller);
      case 'StopExecution':
        return this.#stop(input);
      case 'DescribeExecution':
        return this.#settled(input, describe);
      case 'ListExecutions':
        return this.#list(input);
      case 'GetExecutionHistory':
        return this.#history(input);
      case 'SendTaskSuccess':
        return this.#answer(input, { output: parsedOutput(input.output) });
      case 'SendTaskFailure':
        return this.#answer(input, { error: text(input.error), cause: text(input.cause) });
      case 'SendTaskHeartbeat':
        return this.#heartbeat(input);
      case 'RedriveExecution':
        return this.#redrive(input);
      default:
        throw new AwsError('UnknownOperationException', `The embedded Step Functions does not do ${operation}.`);
    }
  }

  // State machines

  async #createMachine({ name: given, definition: givenDefinition, roleArn, type = 'STANDARD' }: Record<string, unknown>, { accountId, region }: Caller): Promise<Record<string, unknown>> {
    const name = text(given);
    checkName(name);
    if (type !== 'STANDARD') throw new AwsError('StateMachineTypeNotSupported', 'The embedded Step Functions runs STANDARD state machines only.');
    if (!/^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/.test(text(roleArn))) throw new AwsError('InvalidArn', `Invalid Role Arn: '${text(roleArn)}'`);
    const definition = text(givenDefinition);
    readDefinition(definition);
    const arn = `arn:aws:states:${region}:${accountId}:stateMachine:${name}`;
    const there = this.#machines.get(arn);
    if (there !== undefined && (there.definition !== definition || there.roleArn !== roleArn)) throw new AwsError('StateMachineAlreadyExists', `State Machine Already Exists: '${arn}'`);
    const now = this.#options.clock.now();
    const machine = there ?? { arn, name, definition, roleArn: text(roleArn), createdAt: now, updatedAt: now };
    if (there === undefined) await this.#put(machine);
    return { stateMachineArn: arn, creationDate: seconds(machine.createdAt) };
  }

  async #updateMachine(input: Record<string, unknown>): Promise<Record<string, unknown>> {
    const machine = this.#machine(input.stateMachineArn);
    const definition = input.definition === undefined ? machine.definition : text(input.definition);
    readDefinition(definition);
    const updated = { ...machine, definition, roleArn: input.roleArn === undefined ? machine.roleArn : text(input.roleArn), updatedAt: this.#options.clock.now() };
    await this.#put(updated);
    return { updateDate: seconds(updated.updatedAt) };
  }

  async #put(machine: Machine): Promise<void> {
    await this.#write({ kind: 'machine', machine });
    this.#machines.set(machine.arn, machine);
  }

  async #deleteMachine({ stateMachineArn }: Record<string, unknown>): Promise<Record<string, unknown>> {
    const arn = text(stateMachineArn);
    await this.#write({ kind: 'machine deleted', arn });
    this.#machines.delete(arn);
    return {};
  }

  #machine(given: unknown): Machine {
    const machine = this.#machines.get(text(given));
    if (machine === undefined) throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${text(given)}'`);
    return machine;
  }

  #machineOfExecution(input: Record<string, unknown>): Record<string, unknown> {
    const { machineArn, machineName, definition, roleArn, startedAt } = this.#execution(input.executionArn);
    return { stateMachineArn: machineArn, name: machineName, definition, roleArn, updateDate: seconds(startedAt) };
  }

  // Executions

  async #start({ stateMachineArn, name: given, input: givenInput = '{}' }: Record<string, unknown>, caller: Caller): Promise<Record<string, unknown>> {
    const machine = this.#machine(stateMachineArn);
    const name = given === undefined ? caller.requestId : text(given);
    checkName(name);
    const input = text(givenInput);
    if (!isJson(input)) throw new AwsError('InvalidExecutionInput', 'Invalid State Machine Execution Input: it is no JSON');
    const arn = `${machine.arn.replace(':stateMachine:', ':execution:')}:${name}`;
    const there = this.#executions.get(arn);
    if (there !== undefined) {
      if (there.status === 'RUNNING' && there.input === input) return { executionArn: arn, startDate: seconds(there.startedAt) };
      throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
    }
    const startedAt = this.#options.clock.now();
    const scope = readDefinition(machine.definition);
    const fresh = {
      ...{ arn, name, machineArn: machine.arn, machineName: machine.name, roleArn: machine.roleArn, definition: machine.definition, input, startedAt },
      status: 'RUNNING' as const,
      ...(scope.TimeoutSeconds === undefined ? {} : { timeoutAt: startedAt + scope.TimeoutSeconds * 1000 }),
      redriveCount: 0,
      threads: {},
      nextThread: 0,
    };
    const execution: Execution = { ...fresh, threads: {}, scope, history: [] };
    this.#executions.set(arn, execution);
    await this.#interpreter.queue(execution, async () => {
      await this.#write({ kind: 'execution', execution: fresh, ...(this.#options.clock.offsetMs === 0 ? {} : { movedClock: true as const }) });
      await this.#interpreter.begin(execution);
    });
    return { executionArn: arn, startDate: seconds(startedAt) };
  }

  async #stop(input: Record<string, unknown>): Promise<Record<string, unknown>> {
    const execution = this.#execution(input.executionArn);
    await this.#interpreter.stop(execution, optional(input.error), optional(input.cause));
    return { stopDate: seconds(execution.stoppedAt ?? this.#options.clock.now()) };
  }

  /** Reads an execution between two transitions, so that only what is durable is told. */
  #settled(input: Record<string, unknown>, read: (execution: Execution) => Record<string, unknown>): Promise<Record<string, unknown>> {
    const execution = this.#execution(input.executionArn);
    return this.#interpreter.queue(execution, async () => Promise.resolve(read(execution)));
  }

  #execution(given: unknown): Execution {
    const execution = this.#executions.get(text(given));
    if (execution === undefined) throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${text(given)}'`);
    return execution;
  }

  #list(input: Record<string, unknown>): Record<string, unknown> {
    this.#machine(input.stateMachineArn);
    const found = [...this.#executions.values()]
      .filter((e) => e.machineArn === input.stateMachineArn && (input.statusFilter === undefined || e.status === input.statusFilter))
      .reverse()
      .map((e) => {
        const { executionArn, stateMachineArn, name, status, startDate, stopDate, redriveCount } = describe(e);
        return { executionArn, stateMachineArn, name, status, startDate, redriveCount, ...(stopDate === undefined ? {} : { stopDate }) };
      });
    return page(found, input, 'executions');
  }

  #history(input: Record<string, unknown>): Promise<Record<string, unknown>> {
    return this.#settled(input, ({ history }) => {
      const shown = input.includeExecutionData === false ? history.map(withoutData) : history;
      return page(input.reverseOrder === true ? [...shown].reverse() : shown, input, 'events');
    });
  }

  // Callbacks

  #waiting(input: Record<string, unknown>): Waiting & { token: string } {
    const token = text(input.taskToken);
    if (token === '') throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
    const waiting = this.#tokens.get(token);
    if (waiting !== undefined) return { ...waiting, token };
    if (this.#usedTokens.has(token)) throw timedOut();
    throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
  }

  async #answer(input: Record<string, unknown>, answer: Answer): Promise<Record<string, unknown>> {
    const { execution, threadId, token } = this.#waiting(input);
    if (!(await this.#interpreter.answer(execution, threadId, token, answer))) throw timedOut();
    this.#usedTokens.add(token);
    this.#tokens.delete(token);
    return {};
  }

  async #heartbeat(input: Record<string, unknown>): Promise<Record<string, unknown>> {
    const { execution, threadId, token } = this.#waiting(input);
    if (!(await this.#interpreter.heartbeat(execution, threadId, token))) throw timedOut();
    return {};
  }

  /** Goes on from the failed state with the same definition and input. Developer Guide, "redrive-executions". */
  async #redrive(input: Record<string, unknown>): Promise<Record<string, unknown>> {
    const execution = this.#execution(input.executionArn);
    const now = this.#options.clock.now();
    await this.#interpreter.queue(execution, async () => {
      const root = execution.threads[0];
      const tooLate = now - (execution.stoppedAt ?? now) > redriveDays * dayMs;
      if (root === undefined || tooLate || !['FAILED', 'ABORTED', 'TIMED_OUT'].includes(execution.status) || execution.history.length >= 24_999)
        throw new AwsError('ExecutionNotRedrivable', `Execution is not redrivable: '${execution.arn}' is ${execution.status}`);
      forgetOutcome(execution);
      execution.status = 'RUNNING';
      execution.redriveCount += 1;
      execution.redrivenAt = now;
      if (execution.scope.TimeoutSeconds !== undefined) execution.timeoutAt = now + execution.scope.TimeoutSeconds * 1000;
      Object.assign(root, { phase: 'enter', retries: [] });
      delete root.children;
      const event = { id: execution.history.length + 1, previousEventId: root.lastEventId, timestamp: seconds(now), type: 'ExecutionRedriven', executionRedrivenEventDetails: { redriveCount: execution.redriveCount } };
      execution.history.push(event);
      root.lastEventId = event.id;
      await this.#write({ kind: 'moved', arn: execution.arn, moving: movingPart(execution), events: [event] });
    });
    this.#options.onStatusChange?.(describe(execution));
    this.#interpreter.resume(execution);
    return { redriveDate: seconds(now) };
  }
}

function forgetOutcome(execution: Execution): void {
  delete execution.stoppedAt;
  delete execution.output;
  delete execution.error;
  delete execution.cause;
}

const timedOut = (): AwsError => new AwsError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");

function parsedOutput(output: unknown): unknown {
  if (!isJson(text(output))) throw new AwsError('InvalidOutput', "Invalid Output: 'Output is not valid JSON'");
  return JSON.parse(text(output)) as unknown;
}

function isJson(value: string): boolean {
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}

const optional = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function checkName(name: string): void {
  if (!/^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]{1,80}$/u.test(name)) throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
}

const describeMachine = ({ arn, name, definition, roleArn, createdAt }: Machine): Record<string, unknown> => ({
  stateMachineArn: arn,
  name,
  status: 'ACTIVE',
  definition,
  roleArn,
  type: 'STANDARD',
  creationDate: seconds(createdAt),
});

function describe(e: Execution): Record<string, unknown> {
  const redrivable = ['FAILED', 'ABORTED', 'TIMED_OUT'].includes(e.status);
  return {
    executionArn: e.arn,
    stateMachineArn: e.machineArn,
    name: e.name,
    status: e.status,
    startDate: seconds(e.startedAt),
    ...(e.stoppedAt === undefined ? {} : { stopDate: seconds(e.stoppedAt) }),
    input: e.input,
    inputDetails: { included: true },
    ...(e.output === undefined ? {} : { output: e.output, outputDetails: { included: true } }),
    ...(e.error === undefined ? {} : { error: e.error }),
    ...(e.cause === undefined ? {} : { cause: e.cause }),
    redriveCount: e.redriveCount,
    ...(e.redrivenAt === undefined ? {} : { redriveDate: seconds(e.redrivenAt) }),
    redriveStatus: redrivable ? 'REDRIVABLE' : 'NOT_REDRIVABLE',
  };
}

/** One page of a list; the token is the place in it. */
function page(all: readonly unknown[], input: Record<string, unknown>, field: string): Record<string, unknown> {
  const from = input.nextToken === undefined ? 0 : Number(Buffer.from(text(input.nextToken), 'base64url').toString());
  if (!Number.isSafeInteger(from) || from < 0) throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
  const size = typeof input.maxResults === 'number' && input.maxResults > 0 ? Math.min(input.maxResults, 1000) : 100;
  const to = from + size;
  return { [field]: all.slice(from, to), ...(to < all.length ? { nextToken: Buffer.from(String(to)).toString('base64url') } : {}) };
}
