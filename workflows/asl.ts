/**
 * The part of the Amazon States Language that Rota's workflows use: JSONata only. Step Functions Developer Guide,
 * "Using Amazon States Language" and "Transforming data with JSONata".
 */

/** `{% … %}`, filling the whole string. */
export type Expression = `{% ${string} %}`;

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds: number;
  readonly MaxAttempts: number;
  readonly BackoffRate: number;
  readonly MaxDelaySeconds: number;
  readonly JitterStrategy: 'FULL' | 'NONE';
}

export interface Catcher {
  readonly ErrorEquals: readonly string[];
  readonly Assign?: Readonly<Record<string, unknown>>;
  readonly Output?: unknown;
  readonly Next: string;
}

export interface TaskState {
  readonly Type: 'Task';
  readonly Comment?: string;
  readonly Resource: string;
  readonly Arguments: Readonly<Record<string, unknown>>;
  readonly TimeoutSeconds: number | Expression;
  readonly HeartbeatSeconds?: number | Expression;
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly Catcher[];
  readonly Assign?: Readonly<Record<string, unknown>>;
  readonly Output?: unknown;
  readonly Next: string;
}

interface ChoiceState {
  readonly Type: 'Choice';
  readonly Comment?: string;
  readonly Choices: readonly { readonly Condition: Expression; readonly Next: string; readonly Assign?: Readonly<Record<string, unknown>> }[];
  readonly Default: string;
}

interface PassState {
  readonly Type: 'Pass';
  readonly Comment?: string;
  readonly Assign?: Readonly<Record<string, unknown>>;
  readonly Output?: unknown;
  readonly Next: string;
}

interface WaitState {
  readonly Type: 'Wait';
  readonly Comment?: string;
  readonly Seconds?: number | Expression;
  readonly Timestamp?: Expression;
  readonly Next: string;
}

/** Each item in an execution of its own: it has no variables of this one, only the item as its input. */
interface MapState {
  readonly Type: 'Map';
  readonly Comment?: string;
  readonly Label: string;
  readonly Items: Expression;
  readonly MaxConcurrency: number;
  readonly ItemProcessor: Pick<StateMachine, 'StartAt' | 'States'> & { readonly ProcessorConfig: { readonly Mode: 'DISTRIBUTED'; readonly ExecutionType: 'STANDARD' } };
  readonly Assign?: Readonly<Record<string, unknown>>;
  readonly Output?: unknown;
  readonly Next: string;
}

type EndState =
  | { readonly Type: 'Succeed'; readonly Output?: unknown }
  | { readonly Type: 'Fail'; readonly Error: string; readonly Cause: string };

export type State = TaskState | ChoiceState | PassState | WaitState | MapState | EndState;
export type States = Readonly<Record<string, State>>;

export interface StateMachine {
  readonly Comment: string;
  readonly QueryLanguage: 'JSONata';
  readonly StartAt: string;
  readonly TimeoutSeconds: number;
  readonly States: States;
}
