import type { HistoryEvent } from './model.ts';

/** `taskScheduledEventDetails` for TaskScheduled; all kinds of states share the details of entering and leaving. */
function detailsField(type: string): string {
  if (type.endsWith('StateEntered')) return 'stateEnteredEventDetails';
  if (type.endsWith('StateExited')) return 'stateExitedEventDetails';
  if (type.startsWith('MapIteration')) return `mapIteration${type.slice('MapIteration'.length)}EventDetails`;
  return `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`;
}

/** Fields that carry execution data, which AWS accompanies by a `…Details` field, and leaves out when asked to. */
const data = ['input', 'output', 'assignedVariables'];
const hidden = new Set([...data, 'parameters']);

/** Builds an event. `details` is undefined for the types that have none, such as MapStateSucceeded. */
export function historyEvent(id: number, previousEventId: number, nowMs: number, type: string, details?: Readonly<Record<string, unknown>>): HistoryEvent {
  const event = { timestamp: nowMs / 1000, type, id, previousEventId };
  if (details === undefined) return event;
  const present = Object.entries(details).filter(([, value]) => value !== undefined);
  const companions = present.filter(([field]) => data.includes(field)).map(([field]): [string, unknown] => [`${field}Details`, { truncated: false }]);
  return { ...event, [detailsField(type)]: Object.fromEntries([...present, ...companions]) };
}

/** An event as `includeExecutionData: false` shows it. */
export const withoutData = (event: HistoryEvent): HistoryEvent => ({
  ...event,
  ...Object.fromEntries(
    Object.entries(event)
      .filter(([key]) => key.endsWith('EventDetails'))
      .map(([key, details]) => [key, Object.fromEntries(Object.entries(details as Record<string, unknown>).filter(([field]) => !hidden.has(field)))]),
  ),
});
