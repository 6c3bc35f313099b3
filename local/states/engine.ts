import type { Clock, Timer } from '../clock.ts';
import { parseDefinition, scopeAt } from './definition.ts';
import { Draft, executionOf, type Running } from './draft.ts';
import { mostEvents } from './limits.ts';
import type { Execution, Thread } from './model.ts';
import { childOf, concludeMapRuns, startable } from './map-run.ts';
import { redrive } from './redrive.ts';
import type { Chance } from './scope.ts';
import { call, type Answer, type Services } from './services.ts';
import { dueMs, step } from './step.ts';
import type { Start, Store } from './store.ts';
import { resourceOf, taskFailed, taskSubmitted, taskSucceeded } from './task.ts';
import { beforeWork, endExecution } from './transitions.ts';

export interface Outside extends Services, Chance {
  readonly clock: Clock;
  /** Told of every change of status, once it is durable; SFN-DG eventbridge-integration. */
  readonly onStatusChange: (execution: Execution) => void;
  /** Real milliseconds for which a moved clock waits for a call in flight. */
  readonly graceMs: number;
}

/**
 * Runs executions. Each has a queue: one change at a time, each durable before the next and before its effects. Calls to services are made
 * outside the queue, so a function may call back, and an answer that comes late finds its attempt gone.
 */
export class Engine {
  readonly #store: Store;
  readonly #outside: Outside;
  readonly #queues = new Map<string, Promise<unknown>>();
  readonly #timers = new Map<string, Timer>();
  /** Attempts whose call is in flight, by token. */
  readonly #calls = new Set<string>();
  #isClosed = false;

  constructor(store: Store, outside: Outside) {
    this.#store = store;
    this.#outside = outside;
  }

  get nowMs(): number {
    return this.#outside.clock.now();
  }

  /** Takes up every execution where the journal leaves it. */
  resume(): void {
    for (const { identity, outcome } of this.#store.executions.values()) if (outcome.status === 'RUNNING') this.run(identity.arn);
  }

  /** Takes up an execution that has just been started. */
  started(arn: string): void {
    this.#tell(this.#store.executions.get(arn) as Running);
    this.run(arn);
  }

  /** Lets an execution do all that is due. */
  run(arn: string): void {
    void this.#queued(arn, (running) => this.#runDue(running));
  }

  /**
   * Changes an execution from outside its own course, then lets it run on. `decide` fills a draft, or throws to change nothing.
   * Resolves when the change is durable.
   */
  async change<T>(arn: string, decide: (draft: Draft, running: Running) => T): Promise<T> {
    const answer = await this.#queued(arn, async (running) => {
      if (this.#isClosed) throw new Error('The embedded Step Functions is closed');
      const draft = new Draft(running, this.nowMs);
      const decided = decide(draft, running);
      await this.#commit(running, draft);
      return decided;
    });
    this.run(arn);
    return answer;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#timers.values()) timer.cancel();
    await Promise.allSettled(this.#queues.values());
  }

  /** Work for one execution, in turn. */
  #queued<T>(arn: string, work: (running: Running) => Promise<T>): Promise<T> {
    const previous = this.#queues.get(arn) ?? Promise.resolve();
    const next = previous.then(() => work(this.#store.executions.get(arn) as Running));
    const settled = next.then(
      () => undefined,
      () => undefined,
    );
    this.#queues.set(arn, settled);
    void settled.then(() => this.#queues.get(arn) === settled && this.#queues.delete(arn));
    return this.#outside.clock.busy(next);
  }

  async #runDue(running: Running): Promise<void> {
    for (;;) {
      if (this.#isClosed || running.outcome.status !== 'RUNNING') break;
      const now = this.nowMs;
      const draft = new Draft(running, now);
      const root = draft.thread(0);
      if (this.#isOrphan(running)) {
        endExecution(draft, 'ABORTED', {}, beforeWork(root));
      } else if ((running.outcome.deadlineMs ?? Infinity) <= now) {
        endExecution(draft, 'TIMED_OUT', {}, beforeWork(root));
      } else {
        const due = [...running.threads.values()].find((thread) => dueMs(thread) <= now);
        if (due !== undefined) await step(draft, due.id, this.#outside);
        else concludeMapRuns(draft, running.threads.values(), (mapRun) => this.#store.children(mapRun));
      }
      if (draft.isEmpty) break;
      await this.#commit(running, this.#withinHistory(running, draft));
    }
    await this.#startChildren(running);
    this.#arm(running);
  }

  /** Whether this is a child of a Map Run that has ended, for whatever reason: it ends too. */
  #isOrphan({ identity: { mapRun } }: Running): boolean {
    return mapRun !== undefined && this.#store.executions.get(mapRun.parent)?.mapRuns.get(mapRun.arn)?.status !== 'RUNNING';
  }

  /** Starts the children that a Map Run has room for, or redrives those that failed before its redrive. */
  async #startChildren(running: Running): Promise<void> {
    if (this.#isClosed || running.outcome.status !== 'RUNNING') return;
    const { clock } = this.#outside;
    const begun: Promise<void>[] = [];
    for (const run of [...running.mapRuns.values()].filter(({ status }) => status === 'RUNNING')) {
      const children = this.#store.children(run.arn);
      for (const index of startable(run, children)) {
        const child = children[index];
        begun.push(child === undefined || run.express ? this.#startChild(childOf(running, run, index, this.nowMs, clock.offsetMs !== 0)) : this.#redriveChild(child, run.redriveCount));
      }
    }
    await Promise.all(begun);
  }

  async #startChild(start: Start): Promise<void> {
    await this.#store.start(start);
    this.started(start.identity.arn);
  }

  async #redriveChild({ identity: { arn } }: Running, mapRunRedrives: number): Promise<void> {
    await this.#queued(arn, async (child) => {
      if (this.#isClosed) return;
      const draft = new Draft(child, this.nowMs);
      redrive(draft, child.history.length, { mapRunRedrives });
      await this.#commit(child, draft);
    });
    this.run(arn);
  }

  /** The draft, unless it would overfill the history: then the execution fails. SFN-DG service-quotas. */
  #withinHistory(running: Running, draft: Draft): Draft {
    const room = mostEvents - running.history.length - (draft.execution.status === 'RUNNING' ? 1 : 0);
    if (draft.transition.events.length <= room) return draft;
    const failed = new Draft(running, draft.nowMs);
    endExecution(failed, 'FAILED', { error: 'States.Runtime', cause: `The execution reached the maximum number of history events (${mostEvents}).` }, running.history.length);
    return failed;
  }

  async #commit(running: Running, draft: Draft): Promise<void> {
    if (draft.isEmpty) return;
    const before = running.outcome.status;
    await this.#store.step(running.identity.arn, draft.transition);
    if (running.outcome.status !== before) {
      this.#tell(running);
      if (running.outcome.status !== 'RUNNING' && running.identity.mapRun !== undefined) this.run(running.identity.mapRun.parent);
    }
    for (const { arn, status } of Object.values(draft.transition.mapRuns ?? {})) if (status !== 'RUNNING') this.#endChildren(arn);
    if (running.outcome.status === 'RUNNING') for (const id of Object.keys(draft.transition.threads)) this.#call(running, running.threads.get(Number(id)));
  }

  /** Express executions tell nobody. SFN-DG eventbridge-integration. */
  #tell(running: Running): void {
    if (running.identity.mapRun?.express !== true) this.#outside.onStatusChange(executionOf(running));
  }

  /** Lets the children of an ended Map Run find out. */
  #endChildren(mapRun: string): void {
    for (const child of this.#store.children(mapRun)) if (child?.outcome.status === 'RUNNING') this.run(child.identity.arn);
  }

  /** Wakes the execution at its next deadline, and makes the calls that a crash has cut off. */
  #arm(running: Running): void {
    const { arn, status, deadlineMs = Infinity } = executionOf(running);
    this.#timers.get(arn)?.cancel();
    this.#timers.delete(arn);
    if (status !== 'RUNNING' || this.#isClosed) return;
    for (const thread of running.threads.values()) this.#call(running, thread);
    const next = Math.min(deadlineMs, ...[...running.threads.values()].map(dueMs));
    if (Number.isFinite(next)) this.#timers.set(arn, this.#outside.clock.at(next, () => this.run(arn)));
  }

  /** Makes the call of a scheduled task, unless it is being made, or was (a submitted callback). */
  #call(running: Running, thread: Thread | undefined): void {
    if (thread?.phase.at !== 'task' || thread.phase.submitted || this.#calls.has(thread.phase.token)) return;
    const { token, args } = thread.phase;
    const { clock, graceMs } = this.#outside;
    const execution = executionOf(running);
    const resource = resourceOf(scopeAt(parseDefinition(execution.definition), thread.scope).States[thread.state] as never);
    this.#calls.add(token);
    const answered = call(this.#outside, resource, args as Record<string, unknown>, execution, token)
      .then((answer) => this.#answered(execution.arn, thread.id, token, answer, resource.callback))
      // Not before the answer is in the journal: until then the attempt looks as if nobody had made its call.
      .finally(() => this.#calls.delete(token));
    // A moved clock waits for a call in flight, but not for ever: a function may hang.
    let grace: Timer | undefined;
    const patience = new Promise<void>((resolve) => (grace = clock.at(this.nowMs + graceMs, resolve)));
    void clock.busy(Promise.race([answered, patience]).finally(() => grace?.cancel()));
  }

  /** An answer came to an attempt; one that has ended meanwhile is left alone. */
  #answered(arn: string, id: number, token: string, answer: Answer, isCallback: boolean): Promise<void> {
    return this.#queued(arn, async (running) => {
      const thread = running.threads.get(id);
      if (this.#isClosed || running.outcome.status !== 'RUNNING' || thread?.phase.at !== 'task' || thread.phase.token !== token) return;
      const draft = new Draft(running, this.nowMs);
      if ('failure' in answer) taskFailed(draft, thread, answer.failure);
      else if (isCallback) taskSubmitted(draft, thread, answer.result);
      else taskSucceeded(draft, thread, answer.result);
      await this.#commit(running, draft);
      await this.#runDue(running);
    });
  }
}
