import { checkAssign, checkExpressions, isRecord, refuse, refuseUnknown } from './check-fields.ts';

/** The names that begin with `States.` and may stand in ErrorEquals. SFN-DG concepts-error-handling. */
const builtIn = [
  'ALL', 'TaskFailed', 'Timeout', 'HeartbeatTimeout', 'Permissions', 'DataLimitExceeded', 'Runtime', 'QueryEvaluationError', 'NoChoiceMatched',
  'BranchFailed', 'ExceedToleratedFailureThreshold', 'ItemReaderFailed', 'ResultWriterFailed', 'Http.Socket', 'IntrinsicFailure', 'ParameterPathFailure', 'ResultPathMatchFailure',
].map((name) => `States.${name}`);

/** Checks the ErrorEquals of each entry of a Retry or Catch: names, and `States.ALL` alone in the last one. */
function checkList(list: unknown, allowed: readonly string[], place: string): Record<string, unknown>[] {
  if (list === undefined) return [];
  if (!Array.isArray(list)) throw refuse(place, 'Must be an array');
  return list.map((entry: unknown, index) => {
    const where = `${place}[${index}]`;
    if (!isRecord(entry)) throw refuse(where, 'Must be an object');
    refuseUnknown(entry, allowed, where);
    const names = entry['ErrorEquals'];
    if (!Array.isArray(names) || names.length === 0) throw refuse(`${where}/ErrorEquals`, 'ErrorEquals must name at least one error');
    for (const name of names as unknown[]) {
      if (typeof name !== 'string') throw refuse(`${where}/ErrorEquals`, 'An error name must be a string');
      if (name.startsWith('States.') && !builtIn.includes(name)) throw refuse(`${where}/ErrorEquals`, `Step Functions has no error ${name}`);
    }
    if (names.includes('States.ALL') && (names.length > 1 || index < list.length - 1)) throw refuse(`${where}/ErrorEquals`, 'States.ALL must stand alone, in the last entry');
    return entry;
  });
}

const numbers: readonly [string, number, number, boolean][] = [
  ['IntervalSeconds', 1, 99_999_999, true],
  ['MaxAttempts', 0, 99_999_999, true],
  ['BackoffRate', 1, Infinity, false],
  // SFN-DG concepts-error-handling: less than 31622401.
  ['MaxDelaySeconds', 1, 31_622_400, true],
];

export function checkRetry(retry: unknown, place: string): void {
  const allowed = ['ErrorEquals', 'Comment', 'JitterStrategy', ...numbers.map(([field]) => field)];
  for (const [index, retrier] of checkList(retry, allowed, place).entries()) {
    const where = `${place}[${index}]`;
    for (const [field, least, most, whole] of numbers) {
      const value = retrier[field];
      if (value === undefined) continue;
      if (typeof value !== 'number' || value < least || value > most || (whole && !Number.isInteger(value))) throw refuse(`${where}/${field}`, `Must be a ${whole ? 'whole ' : ''}number from ${least} to ${most}`);
    }
    if (![undefined, 'FULL', 'NONE'].includes(retrier['JitterStrategy'] as string | undefined)) throw refuse(`${where}/JitterStrategy`, 'JitterStrategy must be FULL or NONE');
  }
}

/** Checks a Catch; answers the variables that it assigns, with where. */
export function checkCatch(list: unknown, target: (next: unknown, where: string) => void, place: string): [string, string][] {
  return checkList(list, ['ErrorEquals', 'Next', 'Assign', 'Output', 'Comment'], place).flatMap((catcher, index) => {
    const where = `${place}[${index}]`;
    target(catcher['Next'], `${where}/Next`);
    checkExpressions(catcher['Output'], `${where}/Output`);
    return checkAssign(catcher['Assign'], `${where}/Assign`);
  });
}
