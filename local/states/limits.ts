import { StateError } from './state-error.ts';

/** Input, output and variables of a state, in UTF-8 bytes. SFN-DG service-quotas. */
export const mostDataBytes = 262_144;

/** SFN-DG service-quotas: at this many events an execution fails. */
export const mostEvents = 25_000;

/** Open time of a standard execution; also the longest that a task may take. SFN-DG service-quotas. */
export const yearMs = 365 * 86_400_000;

/** All variables of an execution together, in UTF-8 bytes. SFN-DG workflow-variables. */
const mostVariableBytes = 10_485_760;

/** What AWS runs side by side in an inline Map, whatever MaxConcurrency says. SFN-DG service-quotas. */
export const mostIterations = 40;

export const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

export const tooLarge = (what: string): StateError =>
  new StateError('States.DataLimitExceeded', `The state/task '${what}' returned a result with a size exceeding the maximum number of bytes service limit.`);

/** Throws `States.DataLimitExceeded` where AWS does; `what` names the state or task that made the data. */
export function limitData(value: unknown, what: string): void {
  if (bytesOf(value) > mostDataBytes) throw tooLarge(what);
}

export function limitVariables(variables: Readonly<Record<string, unknown>>, state: string): void {
  if (bytesOf(variables) > mostVariableBytes) throw tooLarge(state);
}
