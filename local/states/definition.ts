/** The part of the Amazon States Language that the embedded Step Functions runs. What else it may hold is refused by check-definition.ts. */

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds?: number;
  readonly MaxAttempts?: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
  readonly JitterStrategy?: 'FULL' | 'NONE';
}

export interface Catcher {
  readonly ErrorEquals: readonly string[];
  readonly Next: string;
  readonly Assign?: unknown;
  readonly Output?: unknown;
}

interface ChoiceRule {
  readonly Condition: string | boolean;
  readonly Next: string;
  readonly Assign?: unknown;
  readonly Output?: unknown;
}

export type StateType = 'Pass' | 'Task' | 'Choice' | 'Wait' | 'Parallel' | 'Map' | 'Succeed' | 'Fail';

export interface State {
  readonly Type: StateType;
  readonly Next?: string;
  readonly End?: boolean;
  readonly Assign?: unknown;
  readonly Output?: unknown;
  readonly Arguments?: unknown;
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly Catcher[];
  readonly Resource?: string;
  readonly TimeoutSeconds?: unknown;
  readonly HeartbeatSeconds?: unknown;
  readonly Choices?: readonly ChoiceRule[];
  readonly Default?: string;
  readonly Seconds?: unknown;
  readonly Timestamp?: unknown;
  readonly Branches?: readonly States[];
  readonly Items?: unknown;
  readonly ItemSelector?: unknown;
  readonly MaxConcurrency?: unknown;
  readonly ItemProcessor?: States & { readonly ProcessorConfig?: { readonly Mode?: 'INLINE' | 'DISTRIBUTED'; readonly ExecutionType?: 'STANDARD' | 'EXPRESS' } };
  readonly ItemBatcher?: { readonly MaxItemsPerBatch?: unknown; readonly MaxInputBytesPerBatch?: unknown; readonly BatchInput?: unknown };
  readonly ToleratedFailureCount?: unknown;
  readonly ToleratedFailurePercentage?: unknown;
  readonly Label?: string;
  readonly Error?: unknown;
  readonly Cause?: unknown;
}

/** A machine, a branch or an item processor. */
export interface States {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

export interface Definition extends States {
  readonly TimeoutSeconds?: number;
}

const parsed = new Map<string, Definition>();

/** Reads a definition that has been checked. Executions of one machine share the text, and so the object. */
export function parseDefinition(text: string): Definition {
  let definition = parsed.get(text);
  if (definition === undefined) {
    definition = JSON.parse(text) as Definition;
    parsed.set(text, definition);
  }
  return definition;
}

/** The scope of states at a path such as `['States', 'Both', 'Branches', 1]`. */
export function scopeAt(definition: Definition, path: readonly (string | number)[]): States {
  let place: unknown = definition;
  for (const step of path) place = (place as Record<string | number, unknown>)[step];
  return place as States;
}
