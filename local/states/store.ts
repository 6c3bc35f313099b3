import { join } from 'node:path';
import { Journal } from '../journal.ts';
import { apply, type Running, type Transition } from './draft.ts';
import type { HistoryEvent, Identity, Machine, Outcome, Thread } from './model.ts';

/** A line of `states.journal`. */
type Entry =
  | { readonly kind: 'machine'; readonly machine: Machine }
  | { readonly kind: 'machine-deleted'; readonly arn: string }
  | ({ readonly kind: 'start' } & Start)
  | ({ readonly kind: 'step'; readonly arn: string } & Transition);

/** A new execution. A child of a Map Run has the definition of the execution around it, and so the journal has it once. */
export interface Start {
  readonly identity: Omit<Identity, 'definition'> & { readonly definition?: string };
  readonly outcome: Outcome;
  readonly event: HistoryEvent;
  readonly root: Thread;
}

/** SFN-DG service-quotas: what is closed longer than this is forgotten, and its name is free. */
const retentionMs = 90 * 86_400_000;

/** Machines and executions in memory, as the journal tells them. Every change is applied at once and durable once its promise resolves. */
export class Store {
  readonly machines = new Map<string, Machine>();
  /** In the order in which they started. */
  readonly executions = new Map<string, Running>();
  /** Every task token that was ever given out, closed ones too: they answer TaskTimedOut for good. */
  readonly tokens = new Map<string, { readonly arn: string; readonly thread: number }>();
  /** Children of each Map Run, by their index, and the execution around them. */
  readonly #children = new Map<string, Running[]>();
  readonly mapRunOwners = new Map<string, string>();
  #journal!: Journal<Entry>;
  #last: Promise<void> = Promise.resolve();

  /** Opens `states.journal` in a folder. Throws when a line is damaged. */
  static async open(folder: string): Promise<Store> {
    const store = new Store();
    store.#journal = await Journal.open<Entry>(join(folder, 'states.journal'), (entry) => store.#apply(entry));
    return store;
  }

  saveMachine(machine: Machine): Promise<void> {
    return this.#append({ kind: 'machine', machine });
  }

  deleteMachine(arn: string): Promise<void> {
    return this.#append({ kind: 'machine-deleted', arn });
  }

  start(start: Start): Promise<void> {
    return this.#append({ kind: 'start', ...start });
  }

  step(arn: string, transition: Transition): Promise<void> {
    return this.#append({ kind: 'step', arn, ...transition });
  }

  /** An execution that is still remembered at this instant. */
  execution(arn: string, nowMs: number): Running | undefined {
    const running = this.executions.get(arn);
    const stopMs = running?.outcome.stopMs;
    return stopMs !== undefined && nowMs - stopMs > retentionMs ? undefined : running;
  }

  /** Children of a Map Run by index; those that have not begun are missing. */
  children(mapRun: string): readonly (Running | undefined)[] {
    return this.#children.get(mapRun) ?? [];
  }

  /** Resolves once all that has been applied so far is on disk: no answer may show what a crash could take back. */
  get durable(): Promise<void> {
    return this.#last;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#journal.close();
  }

  #append(entry: Entry): Promise<void> {
    this.#apply(entry);
    this.#last = this.#journal.append(entry);
    return this.#last;
  }

  #apply(entry: Entry): void {
    switch (entry.kind) {
      case 'machine':
        this.machines.set(entry.machine.arn, entry.machine);
        return;
      case 'machine-deleted':
        this.machines.delete(entry.arn);
        return;
      case 'start':
        this.#started(entry);
        return;
      case 'step':
        apply(this.executions.get(entry.arn) as Running, entry);
        for (const mapRun of Object.keys(entry.mapRuns ?? {})) this.mapRunOwners.set(mapRun, entry.arn);
        for (const [id, { phase }] of Object.entries(entry.threads)) if (phase?.at === 'task') this.tokens.set(phase.token, { arn: entry.arn, thread: Number(id) });
        return;
      default:
        // Written by another version: to pass it over would lose an execution without a word.
        throw new Error(`states.journal holds a line of kind '${(entry as { kind: string }).kind}', which this version does not know: start with a fresh folder`);
    }
  }

  #started({ identity, outcome, event, root }: Start): void {
    const { arn, mapRun } = identity;
    const definition = identity.definition ?? this.executions.get(mapRun?.parent ?? '')?.identity.definition ?? '';
    const running: Running = { identity: { ...identity, definition }, outcome, threads: new Map([[root.id, root]]), history: [event], mapRuns: new Map() };
    this.executions.delete(arn);
    this.executions.set(arn, running);
    if (mapRun === undefined) return;
    const children = this.#children.get(mapRun.arn) ?? [];
    children[mapRun.index] = running;
    this.#children.set(mapRun.arn, children);
  }
}
