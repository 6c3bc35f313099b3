import type { StateDefinition, StatesScope } from './definition.ts';

type Status = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

export interface Machine {
  readonly arn: string;
  readonly name: string;
  readonly definition: string;
  readonly roleArn: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** An event of the history, as GetExecutionHistory answers it; `timestamp` in epoch seconds. */
export interface HistoryEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly timestamp: number;
  readonly type: string;
  readonly [details: string]: unknown;
}

/** What a thread waits for: work of its own, an instant, an answer from outside, or its children. */
type Phase = 'enter' | 'task' | 'callback' | 'wait' | 'retry' | 'children';

/** One line of execution through a scope of states. The root is thread 0; branches and iterations are its children. */
export interface Thread {
  readonly id: number;
  readonly parent?: { readonly thread: number; readonly index: number };
  /** Where its states stand in the definition, such as `['Both', 'Branches', '1']`. */
  readonly scope: readonly string[];
  state: string;
  input: unknown;
  variables: Record<string, unknown>;
  phase: Phase;
  enteredAt: number;
  lastEventId: number;
  /** Attempts used up, by index of the retrier. */
  retries: number[];
  /** Tells a late answer of an earlier attempt from the present one. */
  attempt: number;
  token?: string;
  resumeAt?: number;
  timeoutAt?: number;
  heartbeatAt?: number;
  heartbeatSeconds?: number;
  item?: { readonly index: number; readonly value: unknown };
  children?: { results: Record<number, unknown>; items?: unknown[]; started: number; total: number };
}

export interface Execution {
  readonly arn: string;
  readonly name: string;
  readonly machineArn: string;
  readonly machineName: string;
  readonly roleArn: string;
  readonly definition: string;
  readonly scope: StatesScope;
  readonly input: string;
  readonly startedAt: number;
  status: Status;
  stoppedAt?: number;
  output?: string;
  error?: string;
  cause?: string;
  timeoutAt?: number;
  redriveCount: number;
  redrivenAt?: number;
  threads: Record<number, Thread>;
  nextThread: number;
  readonly history: HistoryEvent[];
}

/** What changes from one transition to the next: the part of an execution that a journal entry carries. */
export type Moving = Pick<
  Execution,
  'status' | 'stoppedAt' | 'output' | 'error' | 'cause' | 'timeoutAt' | 'redriveCount' | 'redrivenAt' | 'threads' | 'nextThread'
>;

export const movingPart = ({ status, stoppedAt, output, error, cause, timeoutAt, redriveCount, redrivenAt, threads, nextThread }: Execution): Moving =>
  ({ status, stoppedAt, output, error, cause, timeoutAt, redriveCount, redrivenAt, threads, nextThread }) as Moving;

/** The scope of states that a thread runs through. */
export function scopeOf(execution: Execution, path: readonly string[]): StatesScope {
  let scope = execution.scope;
  for (let i = 0; i < path.length; ) {
    const state = scope.States[path[i] ?? ''] as StateDefinition;
    if (path[i + 1] === 'Branches') {
      scope = state.Branches?.[Number(path[i + 2])] as StatesScope;
      i += 3;
    } else {
      scope = state.ItemProcessor as StatesScope;
      i += 2;
    }
  }
  return scope;
}
