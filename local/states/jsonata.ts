import { createHash, randomUUID } from 'node:crypto';
import jsonata from 'jsonata';

/** A state failed by an error that Step Functions itself names, or that a task threw. */
export class StateError extends Error {
  readonly error: string;

  constructor(error: string, cause: string) {
    super(cause);
    this.error = error;
  }
}

const compiled = new Map<string, jsonata.Expression>();

/** Functions that Step Functions adds to JSONata; `$eval` it takes away. Developer Guide, "transforming-data". */
const added: Readonly<Record<string, (...args: never[]) => unknown>> = {
  parse: (text: string) => JSON.parse(text) as unknown,
  uuid: () => randomUUID(),
  hash: (text: unknown, algorithm: string) =>
    createHash(algorithm.toLowerCase().replace('-', '')).update(typeof text === 'string' ? text : JSON.stringify(text)).digest('hex'),
  random: () => Math.random(),
  partition: (list: unknown[], size: number) => Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size)),
  range: (first: number, last: number, step: number) => Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => first + i * step),
  eval: () => {
    throw new Error('$eval is not available in Step Functions');
  },
};

function compile(source: string): jsonata.Expression {
  const known = compiled.get(source);
  if (known !== undefined) return known;
  const expression = jsonata(source);
  for (const [name, implementation] of Object.entries(added)) expression.registerFunction(name, implementation as never);
  compiled.set(source, expression);
  return expression;
}

export type Bindings = Readonly<Record<string, unknown>>;

/** The source between `{%` and `%}`, when that fills the whole string. */
const sourceOf = (text: string): string | undefined => (text.startsWith('{%') && text.endsWith('%}') ? text.slice(2, -2).trim() : undefined);

/**
 * Evaluates a field: every string in it that is a whole `{% … %}` is replaced by its value. An expression that fails or
 * yields nothing is `States.QueryEvaluationError`.
 */
export async function evaluate(template: unknown, bindings: Bindings, field: string): Promise<unknown> {
  if (Array.isArray(template)) return Promise.all(template.map((part: unknown, i) => evaluate(part, bindings, `${field}[${i}]`)));
  if (typeof template === 'object' && template !== null) {
    const entries = await Promise.all(Object.entries(template).map(async ([key, part]) => [key, await evaluate(part, bindings, `${field}/${key}`)] as const));
    return Object.fromEntries(entries);
  }
  const source = typeof template === 'string' ? sourceOf(template) : undefined;
  if (source === undefined) return template;
  let value: unknown;
  try {
    value = await compile(source).evaluate({}, { ...bindings });
  } catch (error) {
    throw new StateError('States.QueryEvaluationError', `The JSONata expression '${source}' specified for the field '${field}' threw an error during evaluation. ${String((error as { message?: unknown }).message)}`);
  }
  if (value === undefined || typeof value === 'function')
    throw new StateError('States.QueryEvaluationError', `The JSONata expression '${source}' specified for the field '${field}' returned nothing (undefined).`);
  return JSON.parse(JSON.stringify(value)) as unknown;
}
