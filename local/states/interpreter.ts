/**
 * Runs executions. Each execution has a queue of its own: one transition at a time, journalled before the next begins.
 * Work that takes time (a Lambda, a service call, a wait, a person) runs outside the queue and comes back through it with
 * the number of its attempt, so that an answer that is too late is seen to be so.
 */
import { randomBytes } from 'node:crypto';
import type { Clock, Timer } from '../clock.ts';
import { readResource, type Catcher, type Resource, type StateDefinition } from './definition.ts';
import { isHistoryFull, record } from './history.ts';
import { evaluate, StateError, type Bindings } from './jsonata.ts';
import { scopeOf, type Execution, type HistoryEvent, type Thread } from './model.ts';
import { matches, retryDelaySeconds } from './retry.ts';

export interface Outside {
  readonly clock: Clock;
  readonly invokeLambda: (functionName: string, payload: unknown) => Promise<unknown>;
  readonly callService: (service: string, operation: string, input: Record<string, unknown>, roleArn: string) => Promise<unknown>;
  /** Makes the events of one transition and what it changed durable. */
  readonly save: (execution: Execution, events: readonly HistoryEvent[]) => Promise<void>;
  readonly onToken: (token: string, execution: Execution, thread: Thread) => void;
  readonly onStatusChange: (execution: Execution) => void;
  readonly random: () => number;
}

const longestDataBytes = 262_144;
const rootThread = 0;

/** How a callback task was answered. */
export type Answer = { readonly output: unknown } | { readonly error: string; readonly cause: string };

export class Interpreter {
  readonly #outside: Outside;
  readonly #queues = new Map<string, Promise<unknown>>();
  readonly #timers = new Map<string, Timer[]>();
  #closed = false;

  constructor(outside: Outside) {
    this.#outside = outside;
  }

  /** Runs one change of an execution after all earlier ones have become durable. */
  queue<T>(execution: Execution, change: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(execution.arn) ?? Promise.resolve();
    const mine = before.then(change);
    const settled = mine.catch(() => undefined);
    this.#queues.set(execution.arn, settled);
    void settled.then(() => {
      if (this.#queues.get(execution.arn) === settled) this.#queues.delete(execution.arn);
    });
    return mine;
  }

  /** Begins a fresh execution: its first event, then on in the background. */
  async begin(execution: Execution): Promise<void> {
    const thread = newThread(execution, [], execution.scope.StartAt, JSON.parse(execution.input), this.#now);
    const event = record(execution, thread, this.#now, 'ExecutionStarted', { input: execution.input, roleArn: execution.roleArn });
    await this.#outside.save(execution, [event]);
    this.#outside.onStatusChange(execution);
    this.resume(execution);
  }

  /** Goes on with every thread where it stands: after a start, a restart, a redrive. */
  resume(execution: Execution): void {
    if (execution.status !== 'RUNNING') return;
    if (execution.timeoutAt !== undefined) this.#at(execution, rootThread, execution.timeoutAt, () => this.#end(execution, 'TIMED_OUT', 'States.Timeout', undefined));
    for (const thread of Object.values(execution.threads)) {
      if (thread.phase === 'enter') this.#go(execution, () => this.#enter(execution, thread));
      else if (thread.phase === 'task') this.#startWork(execution, thread);
      else if (thread.phase === 'wait') this.#armWait(execution, thread);
      else if (thread.phase === 'retry') this.#armRetry(execution, thread);
      this.#armTimeouts(execution, thread);
    }
  }

  /** Takes the answer of a callback task. Answers false when the task is not waiting for this token any more. */
  answer(execution: Execution, threadId: number, token: string, answer: Answer): Promise<boolean> {
    return this.queue(execution, async () => {
      const thread = execution.threads[threadId];
      if (execution.status !== 'RUNNING' || thread?.token !== token) return false;
      await this.#settle(execution, thread, answer);
      return true;
    });
  }

  heartbeat(execution: Execution, threadId: number, token: string): Promise<boolean> {
    return this.queue(execution, async () => {
      const thread = execution.threads[threadId];
      if (execution.status !== 'RUNNING' || thread?.token !== token) return false;
      if (thread.heartbeatSeconds !== undefined) thread.heartbeatAt = this.#now + thread.heartbeatSeconds * 1000;
      await this.#outside.save(execution, []);
      this.#armTimeouts(execution, thread);
      return true;
    });
  }

  stop(execution: Execution, error: string | undefined, cause: string | undefined): Promise<void> {
    return this.queue(execution, async () => {
      if (execution.status === 'RUNNING') await this.#end(execution, 'ABORTED', error, cause);
    });
  }

  close(): void {
    this.#closed = true;
    for (const timers of this.#timers.values()) for (const timer of timers) timer.cancel();
    this.#timers.clear();
  }

  get #now(): number {
    return this.#outside.clock.now();
  }

  /** Queues a change that nobody waits for; the clock does, before it moves on. */
  #go(execution: Execution, change: () => Promise<void>): void {
    if (this.#closed) return;
    void this.#outside.clock.busy(
      this.queue(execution, async () => {
        if (!this.#closed && execution.status === 'RUNNING') await change();
      }).catch(async (error: unknown) => {
        if (!this.#closed) await this.queue(execution, () => this.#end(execution, 'FAILED', 'States.Runtime', (error as Error).message));
      }),
    );
  }

  #at(execution: Execution, threadId: number, epochMs: number, change: () => Promise<void>): void {
    const timer = this.#outside.clock.at(epochMs, () => this.#go(execution, change));
    const key = `${execution.arn} ${threadId}`;
    this.#timers.set(key, [...(this.#timers.get(key) ?? []), timer]);
  }

  #disarm(execution: Execution, threadId: number): void {
    const key = `${execution.arn} ${threadId}`;
    for (const timer of this.#timers.get(key) ?? []) timer.cancel();
    this.#timers.delete(key);
    if (threadId === rootThread && execution.status === 'RUNNING' && execution.timeoutAt !== undefined)
      this.#at(execution, rootThread, execution.timeoutAt, () => this.#end(execution, 'TIMED_OUT', 'States.Timeout', undefined));
  }

  #definition(execution: Execution, thread: Thread): StateDefinition {
    return scopeOf(execution, thread.scope).States[thread.state] as StateDefinition;
  }

  /** Variables of the threads around, then this one's own. */
  #variables(execution: Execution, thread: Thread): Record<string, unknown> {
    const outer = thread.parent === undefined ? undefined : execution.threads[thread.parent.thread];
    return { ...(outer === undefined ? {} : this.#variables(execution, outer)), ...thread.variables };
  }

  #bindings(execution: Execution, thread: Thread, more: Readonly<Record<string, unknown>> = {}): Bindings {
    const context = {
      Execution: { Id: execution.arn, Name: execution.name, Input: JSON.parse(execution.input) as unknown, RoleArn: execution.roleArn, StartTime: iso(execution.startedAt), RedriveCount: execution.redriveCount },
      State: { Name: thread.state, EnteredTime: iso(thread.enteredAt), RetryCount: thread.retries.reduce((sum, n) => sum + n, 0) },
      StateMachine: { Id: execution.machineArn, Name: execution.machineName },
      ...(thread.token === undefined ? {} : { Task: { Token: thread.token } }),
      ...(thread.item === undefined ? {} : { Map: { Item: { Index: thread.item.index, Value: thread.item.value } } }),
    };
    return { ...this.#variables(execution, thread), states: { input: thread.input, context, ...more } };
  }

  // Entering states

  async #enter(execution: Execution, thread: Thread): Promise<void> {
    // A branch that was queued when its sibling failed is gone by now.
    if (execution.threads[thread.id] !== thread) return;
    const state = this.#definition(execution, thread);
    const since = execution.history.length;
    thread.enteredAt = this.#now;
    thread.retries = [];
    record(execution, thread, this.#now, `${state.Type}StateEntered`, { name: thread.state, input: JSON.stringify(thread.input) });
    await this.#guarded(execution, thread, since, () => this.#begin(execution, thread, state));
  }

  /** Runs a transition and makes it durable; an error in it is the state's error. */
  async #guarded(execution: Execution, thread: Thread, since: number, transition: () => Promise<(() => void) | undefined>): Promise<void> {
    let after: (() => void) | undefined;
    try {
      after = await transition();
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      if (error.error === 'States.QueryEvaluationError')
        record(execution, thread, this.#now, 'EvaluationFailed', { error: error.error, cause: error.message, state: thread.state });
      after = await this.#fail(execution, thread, error.error, error.message).catch((inner: unknown) => {
        // An expression of the Catch itself failed: nothing catches that but the end of the thread.
        if (!(inner instanceof StateError)) throw inner;
        record(execution, thread, this.#now, 'EvaluationFailed', { error: inner.error, cause: inner.message, state: thread.state });
        return this.#failThread(execution, thread, inner.error, inner.message);
      });
    }
    if (isHistoryFull(execution) && execution.status === 'RUNNING') after = this.#finish(execution, 'FAILED', 'States.Runtime', 'The execution reached the maximum number of history events (25000).');
    await this.#outside.save(execution, execution.history.slice(since));
    after?.();
  }

  async #begin(execution: Execution, thread: Thread, state: StateDefinition): Promise<(() => void) | undefined> {
    switch (state.Type) {
      case 'Pass':
        return this.#exit(execution, thread, state, thread.input, {});
      case 'Choice':
        return this.#choose(execution, thread, state);
      case 'Wait':
        return this.#beginWait(execution, thread, state);
      case 'Succeed':
        return this.#exit(execution, thread, { ...state, End: true }, thread.input, {});
      case 'Fail': {
        const bindings = this.#bindings(execution, thread);
        const error = state.Error === undefined ? undefined : String(await evaluate(state.Error, bindings, 'Error'));
        const cause = state.Cause === undefined ? undefined : String(await evaluate(state.Cause, bindings, 'Cause'));
        return this.#failThread(execution, thread, error ?? '', cause ?? '');
      }
      case 'Parallel':
      case 'Map':
        return this.#beginChildren(execution, thread, state);
      default:
        return this.#beginTask(execution, thread, state);
    }
  }

  async #choose(execution: Execution, thread: Thread, state: StateDefinition): Promise<(() => void) | undefined> {
    const bindings = this.#bindings(execution, thread);
    for (const choice of state.Choices ?? []) {
      const holds = await evaluate(choice.Condition, bindings, 'Condition');
      if (typeof holds !== 'boolean') throw new StateError('States.QueryEvaluationError', `The Condition '${choice.Condition}' returned no boolean.`);
      if (holds) return this.#exit(execution, thread, { ...choice, Type: 'Choice' }, thread.input, {});
    }
    if (state.Default === undefined) throw new StateError('States.NoChoiceMatched', `No choice matched in state ${thread.state}.`);
    return this.#exit(execution, thread, { ...state, Next: state.Default }, thread.input, {});
  }

  async #beginWait(execution: Execution, thread: Thread, state: StateDefinition): Promise<() => void> {
    const bindings = this.#bindings(execution, thread);
    if (state.Timestamp !== undefined) {
      const at = Date.parse(String(await evaluate(state.Timestamp, bindings, 'Timestamp')));
      if (Number.isNaN(at)) throw new StateError('States.Runtime', 'The Timestamp of a Wait state is no ISO 8601 time.');
      thread.resumeAt = at;
    } else thread.resumeAt = this.#now + wholeSeconds(await evaluate(state.Seconds, bindings, 'Seconds'), 'Seconds', 0) * 1000;
    thread.phase = 'wait';
    return () => this.#armWait(execution, thread);
  }

  #armWait(execution: Execution, thread: Thread): void {
    this.#at(execution, thread.id, thread.resumeAt ?? this.#now, async () => {
      if (thread.phase !== 'wait' || execution.threads[thread.id] !== thread) return;
      const since = execution.history.length;
      await this.#guarded(execution, thread, since, () => this.#exit(execution, thread, this.#definition(execution, thread), thread.input, {}));
    });
  }

  // Tasks

  async #beginTask(execution: Execution, thread: Thread, state: StateDefinition): Promise<() => void> {
    const resource = readResource(state.Resource ?? '') as Resource;
    thread.attempt += 1;
    delete thread.token;
    if (resource.callback) thread.token = randomBytes(48).toString('base64url');
    const bindings = this.#bindings(execution, thread);
    const parameters = JSON.stringify(await evaluate(state.Arguments ?? {}, bindings, 'Arguments'));
    limitData(parameters);
    delete thread.timeoutAt;
    delete thread.heartbeatAt;
    delete thread.heartbeatSeconds;
    const timeoutSeconds = state.TimeoutSeconds === undefined ? undefined : wholeSeconds(await evaluate(state.TimeoutSeconds, bindings, 'TimeoutSeconds'), 'TimeoutSeconds', 1);
    if (timeoutSeconds !== undefined) thread.timeoutAt = this.#now + timeoutSeconds * 1000;
    if (state.HeartbeatSeconds !== undefined) {
      thread.heartbeatSeconds = wholeSeconds(await evaluate(state.HeartbeatSeconds, bindings, 'HeartbeatSeconds'), 'HeartbeatSeconds', 1);
      thread.heartbeatAt = this.#now + thread.heartbeatSeconds * 1000;
    }
    record(execution, thread, this.#now, 'TaskScheduled', {
      ...resourceDetails(state.Resource ?? ''),
      region: execution.arn.split(':')[3],
      parameters,
      ...(timeoutSeconds === undefined ? {} : { timeoutInSeconds: timeoutSeconds }),
      ...(thread.heartbeatSeconds === undefined ? {} : { heartbeatInSeconds: thread.heartbeatSeconds }),
    });
    record(execution, thread, this.#now, 'TaskStarted', resourceDetails(state.Resource ?? ''));
    thread.phase = 'task';
    return () => {
      if (thread.token !== undefined) this.#outside.onToken(thread.token, execution, thread);
      this.#startWork(execution, thread);
      this.#armTimeouts(execution, thread);
    };
  }

  /** Does the work of a task; after a restart again, as Lambda may: at least once. */
  #startWork(execution: Execution, thread: Thread): void {
    const { attempt } = thread;
    const state = this.#definition(execution, thread);
    const resource = readResource(state.Resource ?? '') as Resource;
    const scheduled = execution.history.findLast((e) => e.type === 'TaskScheduled' && e.id <= thread.lastEventId) as { taskScheduledEventDetails?: { parameters: string } } | undefined;
    const parameters = JSON.parse(scheduled?.taskScheduledEventDetails?.parameters ?? '{}') as Record<string, unknown>;
    const done = this.#outside.clock.busy(this.#work(resource, parameters, execution.roleArn));
    void done.then((answer) =>
      this.#go(execution, async () => {
        if (thread.attempt !== attempt || thread.phase !== 'task' || execution.threads[thread.id] !== thread) return;
        if (resource.callback && 'output' in answer) await this.#submitted(execution, thread, answer.output);
        else await this.#settle(execution, thread, answer);
      }),
    );
  }

  async #work(resource: Resource, parameters: Record<string, unknown>, roleArn: string): Promise<Answer> {
    try {
      if (resource.kind === 'lambda') {
        const name = String(parameters.FunctionName).replace(/^arn:.*:function:/, '').replace(/:.*$/, '');
        const payload = await this.#outside.invokeLambda(name, parameters.Payload);
        return { output: { ExecutedVersion: '$LATEST', Payload: payload ?? null, StatusCode: 200 } };
      }
      const [service, operation] = resource.kind === 'events' ? ['eventbridge', 'PutEvents'] : [resource.service, upperFirst(resource.action)];
      return { output: await this.#outside.callService(service, operation, parameters, roleArn) };
    } catch (thrown) {
      const { name, message } = thrown instanceof Error ? thrown : new Error(String(thrown));
      if (resource.kind === 'lambda') return { error: name, cause: JSON.stringify({ errorMessage: message, errorType: name, trace: [] }) };
      const prefix = upperFirst(resource.kind === 'events' ? 'eventBridge' : resource.service);
      return { error: `${prefix}.${name.endsWith('Exception') ? name : `${name}Exception`}`, cause: message };
    }
  }

  async #submitted(execution: Execution, thread: Thread, output: unknown): Promise<void> {
    record(execution, thread, this.#now, 'TaskSubmitted', { ...resourceDetails(this.#definition(execution, thread).Resource ?? ''), output: JSON.stringify(output) });
    thread.phase = 'callback';
    await this.#outside.save(execution, execution.history.slice(-1));
  }

  async #settle(execution: Execution, thread: Thread, answer: Answer): Promise<void> {
    const state = this.#definition(execution, thread);
    const since = execution.history.length;
    const details = resourceDetails(state.Resource ?? '');
    await this.#guarded(execution, thread, since, async () => {
      delete thread.token;
      if ('error' in answer) {
        record(execution, thread, this.#now, 'TaskFailed', { ...details, error: answer.error, cause: answer.cause });
        return this.#fail(execution, thread, answer.error, answer.cause);
      }
      const output = JSON.stringify(answer.output ?? null);
      limitData(output);
      record(execution, thread, this.#now, 'TaskSucceeded', { ...details, output });
      return this.#exit(execution, thread, state, answer.output, { result: answer.output });
    });
  }

  #armTimeouts(execution: Execution, thread: Thread): void {
    if (thread.phase !== 'task' && thread.phase !== 'callback') return;
    const { attempt } = thread;
    const arm = (at: number | undefined, error: string, isDue: () => boolean) => {
      if (at === undefined) return;
      this.#at(execution, thread.id, at, async () => {
        if (thread.attempt !== attempt || execution.threads[thread.id] !== thread || (thread.phase !== 'task' && thread.phase !== 'callback') || !isDue()) return;
        const since = execution.history.length;
        await this.#guarded(execution, thread, since, async () => {
          delete thread.token;
          record(execution, thread, this.#now, 'TaskTimedOut', { ...resourceDetails(this.#definition(execution, thread).Resource ?? ''), error });
          return this.#fail(execution, thread, error, '');
        });
      });
    };
    arm(thread.timeoutAt, 'States.Timeout', () => true);
    arm(thread.heartbeatAt, 'States.HeartbeatTimeout', () => (thread.heartbeatAt ?? 0) <= this.#now);
  }

  // Parallel and Map

  async #beginChildren(execution: Execution, thread: Thread, state: StateDefinition): Promise<() => void> {
    const bindings = this.#bindings(execution, thread);
    const isMap = state.Type === 'Map';
    const input = state.Arguments === undefined ? thread.input : await evaluate(state.Arguments, bindings, 'Arguments');
    const items = isMap ? (state.Items === undefined ? thread.input : await evaluate(state.Items, bindings, 'Items')) : state.Branches?.map(() => input);
    if (!Array.isArray(items)) throw new StateError('States.QueryEvaluationError', 'The Items of a Map state are no array.');
    thread.children = { results: {}, items, started: 0, total: items.length };
    thread.phase = 'children';
    record(execution, thread, this.#now, `${state.Type}StateStarted`, isMap ? { length: items.length } : undefined);
    if (items.length === 0) {
      record(execution, thread, this.#now, `${state.Type}StateSucceeded`);
      const after = await this.#exit(execution, thread, state, [], { result: [] });
      return () => after?.();
    }
    const concurrency = isMap && state.MaxConcurrency !== undefined ? wholeSeconds(await evaluate(state.MaxConcurrency, bindings, 'MaxConcurrency'), 'MaxConcurrency', 0) : 0;
    const first = concurrency === 0 ? items.length : Math.min(concurrency, items.length);
    const started: Thread[] = [];
    for (let i = 0; i < first; i++) started.push(await this.#startChild(execution, thread, state));
    return () => {
      for (const child of started) this.#go(execution, () => this.#enter(execution, child));
    };
  }

  async #startChild(execution: Execution, parent: Thread, state: StateDefinition): Promise<Thread> {
    const { children } = parent;
    if (children === undefined) throw new Error('a thread without children starts none');
    const index = children.started++;
    const isMap = state.Type === 'Map';
    const scope = isMap ? [...parent.scope, parent.state, 'ItemProcessor'] : [...parent.scope, parent.state, 'Branches', String(index)];
    const value = children.items?.[index];
    const child = newThread(execution, scope, scopeOf(execution, scope).StartAt, value, this.#now, { thread: parent.id, index });
    child.lastEventId = parent.lastEventId;
    if (!isMap) return child;
    child.item = { index, value };
    if (state.ItemSelector !== undefined) child.input = await evaluate(state.ItemSelector, this.#bindings(execution, child, { input: parent.input }), 'ItemSelector');
    record(execution, child, this.#now, 'MapIterationStarted', { name: parent.state, index });
    return child;
  }

  /** A branch or iteration has ended well: the next one starts, or the state around it goes on. */
  async #childDone(execution: Execution, child: Thread, output: unknown): Promise<(() => void) | undefined> {
    const { thread: parentId = rootThread, index = 0 } = child.parent ?? {};
    const parent = execution.threads[parentId] as Thread;
    const state = this.#definition(execution, parent);
    const children = parent.children as NonNullable<Thread['children']>;
    if (state.Type === 'Map') record(execution, child, this.#now, 'MapIterationSucceeded', { name: parent.state, index });
    children.results[index] = output;
    this.#remove(execution, child);
    if (children.started < children.total) {
      const next = await this.#startChild(execution, parent, state);
      return () => this.#go(execution, () => this.#enter(execution, next));
    }
    if (Object.keys(children.results).length < children.total) return undefined;
    parent.lastEventId = child.lastEventId;
    const result = Array.from({ length: children.total }, (_, i) => children.results[i]);
    delete parent.children;
    record(execution, parent, this.#now, `${state.Type}StateSucceeded`);
    return this.#exit(execution, parent, state, result, { result });
  }

  #remove(execution: Execution, thread: Thread): void {
    for (const child of Object.values(execution.threads)) if (child.parent?.thread === thread.id) this.#remove(execution, child);
    this.#disarm(execution, thread.id);
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a record, since it is journalled as JSON
    delete execution.threads[thread.id];
  }

  // Leaving states

  /** Output and Assign, then on to the next state, or the end of the thread. */
  async #exit(execution: Execution, thread: Thread, state: StateDefinition, fallback: unknown, more: Readonly<Record<string, unknown>>): Promise<(() => void) | undefined> {
    const bindings = this.#bindings(execution, thread, more);
    const [output, assigned] = await Promise.all([
      state.Output === undefined ? fallback : evaluate(state.Output, bindings, 'Output'),
      state.Assign === undefined ? {} : (evaluate(state.Assign, bindings, 'Assign') as Promise<Record<string, unknown>>),
    ]);
    return this.#leave(execution, thread, state, output, assigned);
  }

  async #leave(execution: Execution, thread: Thread, state: Pick<StateDefinition, 'Type' | 'Next'>, output: unknown, assigned: Record<string, unknown>): Promise<(() => void) | undefined> {
    const text = JSON.stringify(output ?? null);
    limitData(text);
    Object.assign(thread.variables, assigned);
    this.#disarm(execution, thread.id);
    const names = Object.keys(assigned);
    record(execution, thread, this.#now, `${this.#definition(execution, thread).Type}StateExited`, {
      name: thread.state,
      output: text,
      ...(names.length === 0 ? {} : { assignedVariables: Object.fromEntries(names.map((n) => [n, JSON.stringify(assigned[n])])), assignedVariablesDetails: { truncated: false } }),
    });
    if (state.Next !== undefined) {
      thread.state = state.Next;
      thread.input = output ?? null;
      thread.phase = 'enter';
      thread.retries = [];
      return () => this.#go(execution, () => this.#enter(execution, thread));
    }
    if (thread.parent !== undefined) return this.#childDone(execution, thread, output ?? null);
    execution.output = text;
    return this.#finish(execution, 'SUCCEEDED', undefined, undefined);
  }

  /** A state failed: Retry, else Catch, else the thread fails. */
  async #fail(execution: Execution, thread: Thread, error: string, cause: string): Promise<(() => void) | undefined> {
    const state = this.#definition(execution, thread);
    for (const child of Object.values(execution.threads)) if (child.parent?.thread === thread.id) this.#remove(execution, child);
    delete thread.children;
    const index = (state.Retry ?? []).findIndex((r) => matches(r.ErrorEquals, error));
    const retrier = state.Retry?.[index];
    if (retrier !== undefined) {
      const used = thread.retries[index] ?? 0;
      const delay = retryDelaySeconds(retrier, used, this.#outside.random);
      if (delay !== undefined) {
        thread.retries = (state.Retry ?? []).map((_, i) => (thread.retries[i] ?? 0) + (i === index ? 1 : 0));
        thread.phase = 'retry';
        thread.resumeAt = this.#now + delay * 1000;
        this.#disarm(execution, thread.id);
        return () => this.#armRetry(execution, thread);
      }
    }
    const catcher = (state.Catch ?? []).find((c) => matches(c.ErrorEquals, error));
    return catcher === undefined ? this.#failThread(execution, thread, error, cause) : this.#caught(execution, thread, catcher, error, cause);
  }

  async #caught(execution: Execution, thread: Thread, catcher: Catcher, error: string, cause: string): Promise<(() => void) | undefined> {
    const errorOutput = { Error: error, Cause: cause };
    const bindings = this.#bindings(execution, thread, { errorOutput });
    const output = catcher.Output === undefined ? errorOutput : await evaluate(catcher.Output, bindings, 'Catch/Output');
    const assigned = catcher.Assign === undefined ? {} : ((await evaluate(catcher.Assign, bindings, 'Catch/Assign')) as Record<string, unknown>);
    return this.#leave(execution, thread, { Type: 'Catch', Next: catcher.Next }, output, assigned);
  }

  #armRetry(execution: Execution, thread: Thread): void {
    this.#at(execution, thread.id, thread.resumeAt ?? this.#now, async () => {
      if (thread.phase !== 'retry' || execution.threads[thread.id] !== thread) return;
      const since = execution.history.length;
      await this.#guarded(execution, thread, since, () => this.#begin(execution, thread, this.#definition(execution, thread)));
    });
  }

  /** A thread failed: so does the state around it, and at the root the execution. */
  async #failThread(execution: Execution, thread: Thread, error: string, cause: string): Promise<(() => void) | undefined> {
    if (thread.parent === undefined) return this.#finish(execution, 'FAILED', error, cause);
    const parent = execution.threads[thread.parent.thread] as Thread;
    const { Type } = this.#definition(execution, parent);
    if (Type === 'Map') record(execution, thread, this.#now, 'MapIterationFailed', { name: parent.state, index: thread.parent.index });
    parent.lastEventId = thread.lastEventId;
    record(execution, parent, this.#now, `${Type}StateFailed`, { error, cause });
    return this.#fail(execution, parent, error, cause);
  }

  /** Ends an execution from outside its threads: stopped, or out of time. */
  async #end(execution: Execution, status: 'ABORTED' | 'TIMED_OUT' | 'FAILED', error: string | undefined, cause: string | undefined): Promise<void> {
    if (execution.status !== 'RUNNING') return;
    const since = execution.history.length;
    const after = this.#finish(execution, status, error, cause);
    await this.#outside.save(execution, execution.history.slice(since));
    after();
  }

  #finish(execution: Execution, status: 'SUCCEEDED' | 'FAILED' | 'ABORTED' | 'TIMED_OUT', error: string | undefined, cause: string | undefined): () => void {
    const root = execution.threads[rootThread] as Thread;
    const types = { SUCCEEDED: 'ExecutionSucceeded', FAILED: 'ExecutionFailed', ABORTED: 'ExecutionAborted', TIMED_OUT: 'ExecutionTimedOut' } as const;
    const failure = { ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
    record(execution, root, this.#now, types[status], status === 'SUCCEEDED' ? { output: execution.output } : failure);
    for (const child of Object.values(execution.threads)) if (child.parent?.thread === rootThread) this.#remove(execution, child);
    delete root.token;
    execution.status = status;
    execution.stoppedAt = this.#now;
    if (error !== undefined) execution.error = error;
    if (cause !== undefined) execution.cause = cause;
    this.#disarm(execution, rootThread);
    return () => this.#outside.onStatusChange(execution);
  }
}

function newThread(execution: Execution, scope: readonly string[], state: string, input: unknown, now: number, parent?: Thread['parent']): Thread {
  const thread: Thread = {
    id: execution.nextThread++,
    ...(parent === undefined ? {} : { parent }),
    scope,
    state,
    input,
    variables: {},
    phase: 'enter',
    enteredAt: now,
    lastEventId: 0,
    retries: [],
    attempt: 0,
  };
  execution.threads[thread.id] = thread;
  return thread;
}

const iso = (epochMs: number): string => new Date(epochMs).toISOString();
const upperFirst = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

function limitData(text: string): void {
  if (Buffer.byteLength(text) > longestDataBytes)
    throw new StateError('States.DataLimitExceeded', `The data is ${Buffer.byteLength(text)} bytes and exceeds the maximum of ${longestDataBytes}.`);
}

function wholeSeconds(value: unknown, field: string, least: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > 99_999_999)
    throw new StateError('States.QueryEvaluationError', `The field ${field} must be a whole number of at least ${least}.`);
  return value;
}

/** `lambda` and `invoke.waitForTaskToken` of the resource, as history names them. */
function resourceDetails(resource: string): { resourceType: string; resource: string } {
  const rest = resource.split(':states:::')[1] ?? '';
  const cut = rest.lastIndexOf(':');
  return { resourceType: rest.slice(0, cut), resource: rest.slice(cut + 1) };
}
