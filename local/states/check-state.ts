import type { StateType } from './definition.ts';
import { checkAssign, checkExpressions, checkNumber, isRecord, refuse, refuseUnknown } from './check-fields.ts';
import { checkCatch, checkRetry } from './check-errors.ts';
import { checkMap, distributed, innerScope, type Found } from './check-map.ts';
import { integrations, readResource } from './resource.ts';

const every = ['Type', 'Comment', 'QueryLanguage'];
const going = [...every, 'Next', 'End', 'Output', 'Assign'];
const working = [...going, 'Retry', 'Catch'];

/** The fields of each type. Developer Guide, "Using Amazon States Language", with `QueryLanguage: JSONata`. */
const fields: Readonly<Record<StateType, readonly string[]>> = {
  Pass: going,
  Task: [...working, 'Resource', 'Arguments', 'TimeoutSeconds', 'HeartbeatSeconds'],
  Choice: [...every, 'Choices', 'Default', 'Output', 'Assign'],
  Wait: [...going, 'Seconds', 'Timestamp'],
  Parallel: [...working, 'Branches', 'Arguments'],
  Map: [...working, 'Items', 'ItemSelector', 'MaxConcurrency', 'ItemProcessor', ...distributed],
  Succeed: [...every, 'Output'],
  Fail: [...every, 'Error', 'Cause'],
};


/** Checks one state; `names` are the states of its scope. */
export function checkState(name: string, state: unknown, names: ReadonlySet<string>, place: string): Found {
  if (name.length > 80) throw refuse(place, 'A state name has 80 characters at most');
  if (!isRecord(state)) throw refuse(place, 'A state must be an object');
  const type = state['Type'];
  if (typeof type !== 'string' || !Object.hasOwn(fields, type)) throw refuse(`${place}/Type`, `Type must be one of [${Object.keys(fields).join(', ')}]`);
  refuseUnknown(state, fields[type as StateType], place);
  if (![undefined, 'JSONata'].includes(state['QueryLanguage'] as string | undefined)) throw refuse(`${place}/QueryLanguage`, 'The embedded Step Functions runs JSONata only');
  for (const field of ['Output', 'Arguments', 'ItemSelector', 'Error', 'Cause']) checkExpressions(state[field], `${place}/${field}`);
  for (const [field, least] of [['TimeoutSeconds', 1], ['HeartbeatSeconds', 1], ['Seconds', 0], ['MaxConcurrency', 0]] as const) checkNumber(state[field], least, `${place}/${field}`);
  const target = (next: unknown, where: string): void => {
    if (typeof next !== 'string' || !names.has(next)) throw refuse(where, `${String(next)} names no state of this scope`, 'MISSING_TRANSITION_TARGET');
  };
  checkTransition(type as StateType, state, target, place);
  checkRetry(state['Retry'], `${place}/Retry`);
  const caught = checkCatch(state['Catch'], target, `${place}/Catch`);
  const { assigns, scopes } = checkType[type as StateType](state, target, place);
  return { assigns: [...checkAssign(state['Assign'], `${place}/Assign`), ...caught, ...assigns], scopes };
}

type Target = (next: unknown, where: string) => void;

function checkTransition(type: StateType, state: Record<string, unknown>, target: Target, place: string): void {
  if (type === 'Choice' || type === 'Succeed' || type === 'Fail') return;
  const { Next, End } = state;
  if (End !== undefined && typeof End !== 'boolean') throw refuse(`${place}/End`, 'End must be true or false');
  if ((Next !== undefined) === (End === true)) throw refuse(place, 'A state must have either Next or End: true');
  if (Next !== undefined) target(Next, `${place}/Next`);
}

const nothing: Found = { assigns: [], scopes: [] };

/** What only one type has. */
const checkType: Readonly<Record<StateType, (state: Record<string, unknown>, target: Target, place: string) => Found>> = {
  Pass: () => nothing,
  Succeed: () => nothing,
  Fail(state, _target, place) {
    for (const field of ['Error', 'Cause']) if (!['undefined', 'string'].includes(typeof state[field])) throw refuse(`${place}/${field}`, `${field} must be a string`);
    return nothing;
  },
  Task(state, _target, place) {
    const { Resource, Arguments, TimeoutSeconds, HeartbeatSeconds } = state;
    const resource = typeof Resource === 'string' ? readResource(Resource) : undefined;
    if (resource === undefined) throw refuse(`${place}/Resource`, `${String(Resource)} is not integrated; the embedded Step Functions has ${integrations}`);
    if (resource.kind === 'lambda' && isRecord(Arguments)) {
      refuseUnknown(Arguments, ['FunctionName', 'Payload'], `${place}/Arguments`);
      if (Arguments['FunctionName'] === undefined) throw refuse(`${place}/Arguments`, 'The field "FunctionName" is required');
    }
    if (resource.kind === 'lambda' && Arguments === undefined) throw refuse(place, 'The field "Arguments" is required');
    if (typeof TimeoutSeconds === 'number' && typeof HeartbeatSeconds === 'number' && HeartbeatSeconds >= TimeoutSeconds)
      throw refuse(`${place}/HeartbeatSeconds`, 'HeartbeatSeconds must be smaller than TimeoutSeconds');
    return nothing;
  },
  Choice(state, target, place) {
    const { Choices, Default } = state;
    if (!Array.isArray(Choices) || Choices.length === 0) throw refuse(`${place}/Choices`, 'Choices must hold at least one rule');
    if (Default !== undefined) target(Default, `${place}/Default`);
    const assigns = Choices.flatMap((rule: unknown, index) => {
      const where = `${place}/Choices[${index}]`;
      if (!isRecord(rule)) throw refuse(where, 'A rule must be an object');
      refuseUnknown(rule, ['Condition', 'Next', 'Assign', 'Output', 'Comment'], where);
      if (typeof rule['Condition'] !== 'boolean' && typeof rule['Condition'] !== 'string') throw refuse(`${where}/Condition`, 'Condition must be a JSONata expression or a boolean');
      checkExpressions(rule['Condition'], `${where}/Condition`);
      checkExpressions(rule['Output'], `${where}/Output`);
      target(rule['Next'], `${where}/Next`);
      return checkAssign(rule['Assign'], `${where}/Assign`);
    });
    return { assigns, scopes: [] };
  },
  Wait(state, _target, place) {
    const { Seconds, Timestamp } = state;
    if ((Seconds === undefined) === (Timestamp === undefined)) throw refuse(place, 'A Wait state must have either Seconds or Timestamp');
    if (Timestamp !== undefined && typeof Timestamp !== 'string') throw refuse(`${place}/Timestamp`, 'Timestamp must be an ISO 8601 string or a JSONata expression');
    checkExpressions(Timestamp, `${place}/Timestamp`);
    return nothing;
  },
  Parallel(state, _target, place) {
    const { Branches } = state;
    if (!Array.isArray(Branches) || Branches.length === 0) throw refuse(`${place}/Branches`, 'Branches must hold at least one branch');
    return { assigns: [], scopes: Branches.map((branch: unknown, index) => innerScope(branch, [], `${place}/Branches[${index}]`)) };
  },
  Map: checkMap,
};
