import type { Execution, HistoryEvent, Thread } from './model.ts';

/** AWS's cap; on reaching it an execution fails. Developer Guide, "service-quotas". */
const longestHistory = 25_000;

const notTruncated = { truncated: false };
/** Name of the details field of an event type: `taskScheduledEventDetails`; states share theirs by what happens to them. */
function detailsField(type: string): string {
  if (type.endsWith('StateEntered')) return 'stateEnteredEventDetails';
  if (type.endsWith('StateExited')) return 'stateExitedEventDetails';
  return `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`;
}

/** Adds an event after the last one of this thread, and answers it. Texts of input and output carry AWS's companion details. */
export function record(execution: Execution, thread: Thread, nowMs: number, type: string, details?: Readonly<Record<string, unknown>>): HistoryEvent {
  const companions = Object.fromEntries(['input', 'output'].filter((f) => details?.[f] !== undefined).map((f) => [`${f}Details`, notTruncated]));
  const event: HistoryEvent = {
    id: execution.history.length + 1,
    previousEventId: thread.lastEventId,
    timestamp: nowMs / 1000,
    type,
    ...(details === undefined ? {} : { [detailsField(type)]: { ...details, ...companions } }),
  };
  execution.history.push(event);
  thread.lastEventId = event.id;
  return event;
}

export const isHistoryFull = ({ history }: Execution): boolean => history.length >= longestHistory;

/** An event without the data that `includeExecutionData: false` leaves out. */
export function withoutData(event: HistoryEvent): HistoryEvent {
  const hidden = new Set(['input', 'output', 'parameters', 'error', 'cause', 'assignedVariables']);
  return Object.fromEntries(
    Object.entries(event).map(([key, value]) => [
      key,
      key.endsWith('EventDetails') && typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).filter(([f]) => !hidden.has(f))) : value,
    ]),
  ) as unknown as HistoryEvent;
}
