/** What an execution is made of. All of it is plain JSON: the journal holds it as it stands here. */

export type Status = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** An event as GetExecutionHistory answers it; `timestamp` in epoch seconds. */
export interface HistoryEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly timestamp: number;
  readonly type: string;
  readonly [details: string]: unknown;
}

/** How a state failed. `Fail` states and SendTaskFailure may leave either field out. */
export interface Failure {
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
  /** A missed heartbeat: history calls it States.Timeout, `States.HeartbeatTimeout` matches it as well. */
  readonly heartbeat?: boolean;
}

/** Where a thread stands in its state. Instants are epoch milliseconds and never move, so a restart keeps every deadline. */
export type Phase =
  /** An iteration that waits for its turn. */
  | { readonly at: 'queued' }
  /** The state is next, but not entered. */
  | { readonly at: 'start' }
  /** Entered, and to be run: after a retry's wait, or redriven. */
  | { readonly at: 'entered' }
  | { readonly at: 'waiting'; readonly untilMs: number }
  | { readonly at: 'backoff'; readonly untilMs: number }
  /** `token` names this attempt, and is the callback's token where there is one. */
  | {
      readonly at: 'task';
      readonly token: string;
      readonly args: unknown;
      readonly timeoutMs?: number;
      readonly heartbeatMs?: number;
      readonly heartbeatSeconds?: number;
      readonly submitted: boolean;
    }
  | Children
  /** `children` is the Map Run that the result is of. */
  | { readonly at: 'result'; readonly result: unknown; readonly children?: Children }
  /** A failure that Retry and Catch have not seen yet. `children` is where a redrive goes on. */
  | { readonly at: 'failure'; readonly failure: Failure; readonly children?: Children }
  | { readonly at: 'done'; readonly output: unknown }
  /** The thread ended without finishing its state. */
  | { readonly at: 'failed'; readonly children?: Children };

/** What a Parallel or Map state waits for. */
export type Children =
  /** Branches or iterations, `most` of them side by side. */
  | { readonly at: 'children'; readonly most: number }
  /** The executions of a Map Run. */
  | { readonly at: 'mapRun'; readonly arn: string };

/** A distributed Map under way: its iterations are executions of their own, which the store finds by `arn` and index. */
export interface MapRun {
  readonly arn: string;
  readonly label: string;
  /** Where the item processor stands in the definition. */
  readonly scope: readonly (string | number)[];
  readonly express: boolean;
  /** Input of each child execution, and how many items are in it. */
  readonly inputs: readonly { readonly input: unknown; readonly items: number }[];
  /** 0 is as many as AWS allows. */
  readonly maxConcurrency: number;
  readonly toleratedFailureCount?: number | undefined;
  readonly toleratedFailurePercentage?: number | undefined;
  readonly status: Exclude<Status, 'TIMED_OUT'>;
  readonly startMs: number;
  readonly stopMs?: number | undefined;
  readonly redriveCount: number;
  readonly redriveMs?: number | undefined;
}

/** One line of execution through a scope of states: the root, a branch of a Parallel, or an iteration of a Map. */
export interface Thread {
  readonly id: number;
  readonly parent?: number;
  /** Number of the branch or iteration. */
  readonly index: number;
  readonly item?: { readonly Index: number; readonly Value: unknown };
  /** The scope's place in the definition, such as `['States', 'Both', 'Branches', 1]`. */
  readonly scope: readonly (string | number)[];
  readonly state: string;
  readonly input: unknown;
  /** What states of this scope assigned. */
  readonly variables: Readonly<Record<string, unknown>>;
  readonly phase: Phase;
  readonly enteredMs: number;
  /** Id of the state's Entered event, and of the event before it. */
  readonly enteredEvent: number;
  readonly beforeEntered: number;
  /** The event that the next one follows. */
  readonly lastEvent: number;
  /** Retries used, by index of the retrier. */
  readonly retries: readonly number[];
}

/** What changes about an execution as a whole; a transition holds all of it or nothing. */
export interface Outcome {
  readonly status: Status;
  readonly stopMs?: number | undefined;
  readonly output?: string | undefined;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
  readonly redriveCount: number;
  readonly redriveMs?: number | undefined;
  /** Tokens by which RedriveExecution knows a repeated request. */
  readonly redriveTokens?: readonly string[];
  /** Redrives of the Map Run when this child of it last began; a child that failed before the latest begins again. */
  readonly mapRunRedrives?: number;
  /** End of the machine's TimeoutSeconds, counted from the start or the last redrive. */
  readonly deadlineMs?: number | undefined;
}

/** What never changes about an execution. */
export interface Identity {
  readonly arn: string;
  readonly name: string;
  readonly machineArn: string;
  readonly machineName: string;
  readonly roleArn: string;
  readonly definition: string;
  readonly revisionId?: string | undefined;
  readonly machineUpdatedMs: number;
  readonly input: string;
  readonly startMs: number;
  /** Whether it was started while the clock stood ahead of real time. */
  readonly movedClock?: boolean;
  /** Of a child execution: its Map Run, the execution around it, and its place among the children. */
  readonly mapRun?: { readonly arn: string; readonly parent: string; readonly index: number; readonly items: number; readonly label: string; readonly express: boolean };
}

export type Execution = Identity & Outcome;

export interface Machine {
  readonly arn: string;
  readonly name: string;
  readonly definition: string;
  readonly roleArn: string;
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly revisionId?: string;
  readonly tags: Readonly<Record<string, string>>;
}
