import { historyEvent } from './history.ts';
import type { Execution, HistoryEvent, Identity, MapRun, Outcome, Thread } from './model.ts';

/** One transition of an execution: what a journal entry holds, and what its replay applies. */
export interface Transition {
  readonly events: readonly HistoryEvent[];
  readonly threads: Readonly<Record<number, Partial<Thread>>>;
  readonly removed: readonly number[];
  readonly outcome?: Outcome;
  readonly mapRuns?: Readonly<Record<string, MapRun>>;
}

/** An execution with its threads and its history. Changed by `apply` alone. */
export interface Running {
  readonly identity: Identity;
  outcome: Outcome;
  readonly threads: Map<number, Thread>;
  readonly history: HistoryEvent[];
  readonly mapRuns: Map<string, MapRun>;
}

/** Applies a transition. Live and replayed executions take this one road, so they cannot come to differ. */
export function apply(running: Running, { events, threads, removed, outcome, mapRuns = {} }: Transition): void {
  running.history.push(...events);
  for (const id of removed) running.threads.delete(id);
  for (const [id, change] of Object.entries(threads)) running.threads.set(Number(id), { ...running.threads.get(Number(id)), ...change } as Thread);
  for (const [arn, run] of Object.entries(mapRuns)) running.mapRuns.set(arn, run);
  if (outcome !== undefined) running.outcome = outcome;
}

export const executionOf = ({ identity, outcome }: Running): Execution => ({ ...identity, ...outcome });

/** A transition in the making: reads see what it has changed so far; nothing else changes before it is in the journal. */
export class Draft {
  readonly #running: Running;
  readonly nowMs: number;
  readonly #events: HistoryEvent[] = [];
  readonly #threads = new Map<number, Partial<Thread>>();
  readonly #removed = new Set<number>();
  readonly #mapRuns = new Map<string, MapRun>();
  #outcome: Outcome | undefined;

  constructor(running: Running, nowMs: number) {
    this.#running = running;
    this.nowMs = nowMs;
  }

  get execution(): Execution {
    return { ...this.#running.identity, ...(this.#outcome ?? this.#running.outcome) };
  }

  thread(id: number): Thread {
    return { ...this.#running.threads.get(id), ...this.#threads.get(id) } as Thread;
  }

  /** The branches or iterations of a thread's state, in order. */
  children(parent: number): Thread[] {
    const ids = new Set([...this.#running.threads.keys(), ...this.#threads.keys()]);
    return [...ids]
      .filter((id) => !this.#removed.has(id))
      .map((id) => this.thread(id))
      .filter((thread) => thread.parent === parent)
      .sort((a, b) => a.index - b.index);
  }

  set(id: number, change: Partial<Thread>): void {
    this.#threads.set(id, { ...this.#threads.get(id), ...change });
  }

  /** Adds a thread under a free id. Late answers name an attempt's token, so an id may come back. */
  add(thread: Omit<Thread, 'id'>): number {
    const id = 1 + Math.max(...this.#running.threads.keys(), ...this.#threads.keys(), ...this.#removed);
    this.#threads.set(id, { ...thread, id });
    return id;
  }

  /** Takes threads away, with all that is below them. */
  remove(threads: readonly Thread[]): void {
    for (const { id } of threads) {
      this.remove(this.children(id));
      this.#removed.add(id);
      this.#threads.delete(id);
    }
  }

  /** Adds an event that follows the thread's last one, and becomes its last. Answers its id. */
  event(threadId: number, type: string, details?: Readonly<Record<string, unknown>>): number {
    const id = this.eventAfter(this.thread(threadId).lastEvent, type, details);
    this.set(threadId, { lastEvent: id });
    return id;
  }

  /** Adds an event that follows a given one and that nothing follows. Answers its id. */
  eventAfter(previous: number, type: string, details?: Readonly<Record<string, unknown>>): number {
    const id = this.#running.history.length + this.#events.length + 1;
    this.#events.push(historyEvent(id, previous, this.nowMs, type, details));
    return id;
  }

  mapRun(arn: string): MapRun {
    return (this.#mapRuns.get(arn) ?? this.#running.mapRuns.get(arn)) as MapRun;
  }

  setMapRun(run: MapRun): void {
    this.#mapRuns.set(run.arn, run);
  }

  get mapRunsUnderWay(): MapRun[] {
    return [...this.#running.mapRuns.keys()].map((arn) => this.mapRun(arn)).filter(({ status }) => status === 'RUNNING');
  }

  end(outcome: Partial<Outcome>): void {
    this.#outcome = { ...(this.#outcome ?? this.#running.outcome), ...outcome };
  }

  get isEmpty(): boolean {
    return this.#events.length === 0 && this.#threads.size === 0 && this.#removed.size === 0 && this.#mapRuns.size === 0 && this.#outcome === undefined;
  }

  get transition(): Transition {
    return { events: this.#events, threads: Object.fromEntries(this.#threads), removed: [...this.#removed], ...(this.#outcome && { outcome: this.#outcome }), ...(this.#mapRuns.size > 0 && { mapRuns: Object.fromEntries(this.#mapRuns) }) };
  }
}
