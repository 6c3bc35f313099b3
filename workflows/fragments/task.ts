import { notVisibleYetErrors, transientAwsErrors } from '../../core/transient-errors.ts';
import type { Catcher, Expression, Retrier, TaskState } from '../asl.ts';
import type { Resources } from '../resources.ts';

/** What may pass by itself: KMS and DynamoDB under load or in trouble, a lost connection, Lambda itself. */
const transient = [
  ...transientAwsErrors,
  'ChangeNotVisibleYet',
  'ConnectionLost',
  'KmsPaceFull',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.TooManyRequestsException',
  'Sandbox.Timedout',
];

const retrier = (errors: readonly string[], attempts: number): Retrier => ({
  ErrorEquals: errors,
  IntervalSeconds: 2,
  MaxAttempts: attempts,
  BackoffRate: 2,
  MaxDelaySeconds: 60,
  JitterStrategy: 'FULL',
});

/** After a lost answer KMS must have time to show what it made, before anybody concludes that there is none (P6): with jitter that time could be none. */
export const retryAfterCreation: readonly Retrier[] = [{ ...retrier([...transient, 'States.Timeout', ...notVisibleYetErrors], 8), IntervalSeconds: 10, JitterStrategy: 'NONE' }];
/** Every step may be repeated, so one that hung is tried again too. */
const retryHung = retrier(['States.Timeout'], 2);
/** For asking people: there the time-out is an answer. */
export const retryAsking: readonly Retrier[] = [retrier(transient, 8)];
const retryTransient: readonly Retrier[] = [...retryAsking, retryHung];
export const retryFreshKey: readonly Retrier[] = [...retryTransient, retrier(notVisibleYetErrors, 6)];

/** Remembers what went wrong for the dossier, then goes the way back. */
export const failTo = (next: string): Catcher => ({
  ErrorEquals: ['States.ALL'],
  Assign: { failure: { name: '{% $states.errorOutput.Error %}', cause: '{% $states.errorOutput.Cause ? $states.errorOutput.Cause : "" %}' } },
  Next: next,
});

interface LambdaStep {
  /** The task's name: its file, without folder and extension. */
  readonly task: string;
  readonly payload?: Expression | Readonly<Record<string, unknown>>;
  readonly output?: Expression;
  readonly assign?: Readonly<Record<string, unknown>>;
  readonly retry?: readonly Retrier[];
  readonly catch?: readonly Catcher[];
  readonly timeoutSeconds?: number;
  readonly next: string;
}

interface Step extends LambdaStep {
  readonly payload?: Readonly<Record<string, unknown>>;
}

/** A task of a rotation: its id goes in and little else, the rest is in the ledger. */
export const taskState = (to: Resources, step: Step): TaskState => lambdaState(to, { ...step, payload: { rotationId: '{% $rotationId %}', ...step.payload } });

/** A task by Lambda. */
export const lambdaState = (to: Resources, step: LambdaStep): TaskState => ({
  Type: 'Task',
  Resource: `arn:${to.partition}:states:::lambda:invoke`,
  Arguments: { FunctionName: to.functionOf(step.task), Payload: step.payload ?? {} },
  TimeoutSeconds: step.timeoutSeconds ?? 900,
  Retry: step.retry ?? retryTransient,
  ...(step.catch ? { Catch: step.catch } : {}),
  ...(step.assign ? { Assign: step.assign } : {}),
  ...(step.output ? { Output: step.output } : {}),
  Next: step.next,
});

/** The answer of a task, in an expression of `Assign`. */
export const answer = (field: string): Expression => `{% $states.result.Payload.${field} %}`;
