import jsonata from 'jsonata';
import { stepFunctions } from './jsonata-functions.ts';
import { StateError, evaluationError } from './state-error.ts';

/** SFN-DG service-quotas: an evaluation may take a second, and is bounded in depth. */
const longestMs = 1_000;
const deepest = 2_000;

/** The hooks that jsonata calls as it enters and leaves each node, looked up under these names. */
const enter = Symbol.for('jsonata.__evaluate_entry') as unknown as string;
const leave = Symbol.for('jsonata.__evaluate_exit') as unknown as string;

/** The source between `{%` and `%}`; undefined for a string that is no expression. */
export const sourceOf = (text: string): string | undefined => (text.startsWith('{%') && text.endsWith('%}') && text.length >= 4 ? text.slice(2, -2).trim() : undefined);

/** What is wrong with an expression's syntax, or undefined. */
export function syntaxError(source: string): string | undefined {
  try {
    jsonata(source);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

export interface Scope {
  /** `$states` and the variables, by name without `$`. */
  readonly bindings: Readonly<Record<string, unknown>>;
  readonly random: () => number;
}

/**
 * Evaluates a field of a state: every string in it that is an expression is replaced by its value.
 * `location` is the field's place, such as `Output/result`. Throws `States.QueryEvaluationError` when an expression fails, yields
 * nothing or yields a function; the cause lacks the state's name, which `inState` puts before it.
 */
export async function evaluate(template: unknown, scope: Scope, location: string): Promise<unknown> {
  if (typeof template === 'string') {
    const source = sourceOf(template);
    return source === undefined ? template : evaluateSource(source, scope, location);
  }
  if (Array.isArray(template)) {
    const values: unknown[] = [];
    for (const [index, part] of template.entries()) values.push(await evaluate(part, scope, `${location}[${index}]`));
    return values;
  }
  if (typeof template !== 'object' || template === null) return template;
  const values: [string, unknown][] = [];
  for (const [key, part] of Object.entries(template)) values.push([key, await evaluate(part, scope, `${location}/${key}`)]);
  return Object.fromEntries(values);
}

async function evaluateSource(source: string, scope: Scope, location: string): Promise<unknown> {
  const specified = `The JSONata expression '${source}' specified for the field '${location}'`;
  let value: unknown;
  try {
    value = await bounded(jsonata(source)).evaluate(undefined, { ...stepFunctions(scope.random), ...scope.bindings });
  } catch (error) {
    throw evaluationError(`${specified} threw an error during evaluation. ${messageOf(error)}`, location);
  }
  if (value === undefined) throw evaluationError(`${specified} returned nothing (undefined).`, location);
  const text = isFunction(value) ? undefined : JSON.stringify(value);
  if (text === undefined) throw evaluationError(`${specified} returned an unsupported result type.`, location);
  return JSON.parse(text) as unknown;
}

/** Stops an evaluation that runs too long or too deep. */
function bounded(expression: jsonata.Expression): jsonata.Expression {
  const startedMs = performance.now();
  let depth = 0;
  expression.assign(enter, () => {
    depth += 1;
    if (depth > deepest) throw new Error('The expression recurses too deeply.');
    if (performance.now() - startedMs > longestMs) throw new Error('The expression took longer than 1 second.');
  });
  expression.assign(leave, () => {
    depth -= 1;
  });
  return expression;
}

const isFunction = (value: unknown): boolean =>
  typeof value === 'function' || (typeof value === 'object' && value !== null && ('_jsonata_lambda' in value || '_jsonata_function' in value));

function messageOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return code === undefined ? (message ?? String(error)) : `${code}: ${message ?? ''}`;
}

/** The same failure with AWS's opening words: which state, entered at which event. */
export const inState = (error: StateError, state: string, enteredEvent: number): StateError =>
  new StateError(
    error.error,
    `An error occurred while executing the state '${state}' (entered at the event id #${enteredEvent}). ${error.cause}`,
    error.location === undefined ? {} : { location: error.location },
  );
