import { AwsError } from '../wire/errors.ts';
import { sourceOf, syntaxError } from './jsonata.ts';

export const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A refusal of a definition in AWS's form, with the place as a path such as `/States/Ask/Resource`. */
export const refuse = (place: string, what: string, code = 'SCHEMA_VALIDATION_FAILED'): AwsError =>
  new AwsError('InvalidDefinition', `Invalid State Machine Definition: '${code}: ${what} at ${place}'`);

const jsonPathFields = ['InputPath', 'OutputPath', 'Parameters', 'ResultPath', 'ResultSelector', 'ItemsPath', 'SecondsPath', 'TimestampPath', 'TimeoutSecondsPath', 'HeartbeatSecondsPath', 'MaxConcurrencyPath', 'ErrorPath', 'CausePath', 'Result', 'Variable'];

export function refuseUnknown(value: Record<string, unknown>, allowed: readonly string[], place: string): void {
  const strange = Object.keys(value).find((field) => !allowed.includes(field));
  if (strange === undefined) return;
  const why = jsonPathFields.includes(strange) ? `belongs to JSONPath; the embedded Step Functions runs JSONata only` : 'is not supported by the embedded Step Functions';
  throw refuse(`${place === '/' ? '' : place}/${strange}`, `Field ${strange} ${why}`);
}

/** Checks every string below `value`: an expression must fill its string, and parse. */
export function checkExpressions(value: unknown, place: string): void {
  if (typeof value === 'string') checkText(value, place);
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    if (key.endsWith('.$')) throw refuse(`${place}/${key}`, 'A key that ends in .$ belongs to JSONPath; the embedded Step Functions runs JSONata only');
    checkExpressions(part, `${place}/${key}`);
  }
}

function checkText(text: string, place: string): void {
  const source = sourceOf(text);
  if (source !== undefined) {
    const wrong = syntaxError(source);
    if (wrong !== undefined) throw refuse(place, `The JSONata expression does not parse: ${wrong}`, 'INVALID_EXPRESSION');
  } else if (text.startsWith('{%') || text.endsWith('%}')) {
    throw refuse(place, 'A JSONata expression must begin with {% and end with %}, with nothing around it', 'INVALID_EXPRESSION');
  }
}

/** Checks a field that is a whole number within bounds, or an expression (which is checked again when it has run). */
export function checkNumber(value: unknown, least: number, place: string, most = 99_999_999): void {
  if (value === undefined) return;
  if (typeof value === 'string' && sourceOf(value) !== undefined) checkText(value, place);
  else if (!(Number.isInteger(value) && (value as number) >= least && (value as number) <= most))
    throw refuse(place, `Must be a whole number from ${least} to ${most}, or a JSONata expression`);
}

/** Names of the variables that an `Assign` sets, with where; checks them. SFN-DG workflow-variables. */
export function checkAssign(value: unknown, place: string): [string, string][] {
  if (value === undefined) return [];
  if (!isRecord(value)) throw refuse(place, 'Assign must be an object of variables');
  checkExpressions(value, place);
  return Object.keys(value).map((name) => {
    if (!/^[\p{ID_Start}_][\p{ID_Continue}_]*$/u.test(name) || name.length > 80) throw refuse(`${place}/${name}`, 'Not a name for a variable: at most 80 letters, digits and _, no digit first');
    if (name === 'states') throw refuse(`${place}/${name}`, 'The variable states is reserved');
    return [name, `${place}/${name}`];
  });
}
