import { AwsError } from '../wire/errors.ts';
import type { Found } from './check-map.ts';
import { checkState } from './check-state.ts';
import { isRecord, refuse, refuseUnknown } from './check-fields.ts';

/** MODEL:stepfunctions Definition. */
const longestDefinition = 1_048_576;

/**
 * Refuses a definition that the embedded Step Functions would not run exactly as AWS does: broken ones as AWS, and what is not
 * implemented (JSONPath, activities, item readers, other services). Throws InvalidDefinition that names the place.
 */
export function checkDefinition(text: string): void {
  if (Buffer.byteLength(text) > longestDefinition) throw refuse('/', `The definition must not be longer than ${longestDefinition} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new AwsError('InvalidDefinition', `Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION: ${(error as Error).message}'`);
  }
  if (!isRecord(value)) throw refuse('/', 'The definition must be a JSON object');
  refuseUnknown(value, ['Comment', 'QueryLanguage', 'StartAt', 'States', 'TimeoutSeconds', 'Version'], '/');
  if (value['QueryLanguage'] !== 'JSONata') throw refuse('/QueryLanguage', 'The embedded Step Functions runs JSONata only: set QueryLanguage to JSONata');
  if (value['Version'] !== undefined && value['Version'] !== '1.0') throw refuse('/Version', 'The only version is 1.0');
  const timeout = value['TimeoutSeconds'];
  if (timeout !== undefined && !(Number.isInteger(timeout) && (timeout as number) > 0 && (timeout as number) <= 99_999_999))
    throw refuse('/TimeoutSeconds', 'TimeoutSeconds must be a whole number from 1 to 99999999');
  checkScope(value, '', new Set(), false);
}

/** Checks a machine, a branch or an item processor. `outer` are the variables that enclosing scopes assign; `express` says whether an express execution runs it. */
function checkScope(scope: Record<string, unknown>, path: string, outer: ReadonlySet<string>, express: boolean): void {
  const missing = ['States', 'StartAt'].filter((field) => scope[field] === undefined);
  if (missing.length > 0) throw refuse(path || '/', `These fields are required: [${missing.join(', ')}]`);
  const states = scope['States'];
  if (!isRecord(states) || Object.keys(states).length === 0) throw refuse(`${path}/States`, 'States must hold at least one state');
  if (typeof scope['StartAt'] !== 'string' || !Object.hasOwn(states, scope['StartAt'])) throw refuse(`${path}/StartAt`, 'StartAt must name a state of this scope');
  const assigned = new Set(outer);
  const inner: Found['scopes'][number][] = [];
  for (const [name, state] of Object.entries(states)) {
    const place = `${path}/States/${name}`;
    const found = checkState(name, state, new Set(Object.keys(states)), place);
    if (express) refuseInExpress(state as Record<string, unknown>, place);
    for (const [variable, where] of found.assigns) {
      // SFN-DG workflow-variables: an inner scope may not assign a variable of an outer one.
      if (outer.has(variable)) throw refuse(where, `The variable ${variable} belongs to an outer scope and cannot be assigned here`);
      assigned.add(variable);
    }
    inner.push(...found.scopes);
  }
  checkReachable(states as Record<string, Record<string, unknown>>, scope['StartAt'], path);
  for (const [innerScope, place, innerExpress = express] of inner) checkScope(innerScope, place, assigned, innerExpress);
}

/** SFN-DG choosing-workflow-type: what express executions do not do. */
function refuseInExpress(state: Record<string, unknown>, place: string): void {
  if (typeof state['Resource'] === 'string' && state['Resource'].endsWith('.waitForTaskToken')) throw refuse(`${place}/Resource`, 'Express workflows do not support .waitForTaskToken');
  const { ProcessorConfig } = (state['ItemProcessor'] ?? {}) as { ProcessorConfig?: { Mode?: unknown } };
  if (ProcessorConfig?.Mode === 'DISTRIBUTED') throw refuse(`${place}/ItemProcessor/ProcessorConfig/Mode`, 'Express workflows do not support distributed Map states');
}

/** AWS refuses a state that nothing leads to (MISSING_TRANSITION_TARGET). */
function checkReachable(states: Readonly<Record<string, Record<string, unknown>>>, start: string, path: string): void {
  const reached = new Set([start]);
  for (const name of reached) {
    const state = states[name] ?? {};
    const lists = [state['Choices'], state['Catch']].flatMap((list) => (Array.isArray(list) ? (list as Record<string, unknown>[]) : []));
    for (const target of [state['Next'], state['Default'], ...lists.map((entry) => entry['Next'])]) if (typeof target === 'string') reached.add(target);
  }
  const lost = Object.keys(states).find((name) => !reached.has(name));
  if (lost !== undefined) throw refuse(`${path}/States/${lost}`, `State "${lost}" is not reachable`, 'MISSING_TRANSITION_TARGET');
}
