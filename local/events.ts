import { randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import { Journal } from './journal.ts';
import type { Caller, Service } from './service.ts';
import { AwsError } from './wire/errors.ts';

/** An event as a rule's target would get it ("AWS events structure" of the EventBridge User Guide), with its bus. */
export interface StoredEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  /** ISO 8601, whole seconds. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: unknown;
}

/** EventBridge PutEvents. There are no rules: the events are kept for whoever asks, and told to the host process. */
export interface Events extends Service {
  events(): readonly StoredEvent[];
  /** Keeps an event that an AWS service itself emits, such as `aws.states`. */
  emit(event: Pick<StoredEvent, 'source' | 'detail-type' | 'detail' | 'account' | 'region'>): Promise<void>;
}

interface EventsOptions {
  readonly file: string;
  readonly clock: Clock;
  /**
   * Told of each event once it is on disk, as a rule's target would be; nobody waits for it but `Clock.advance`. An event is
   * told once at most: what a kill cut off is not told again, so whoever must not miss one looks for itself after a start.
   */
  readonly onEvent?: (event: StoredEvent) => void | Promise<void>;
}

const largestBatch = 10;

const wholeSeconds = (epochMs: number): string => new Date(epochMs).toISOString().replace(/\.\d+/, '');

/** Opens the events whose journal is `file`. */
export async function openEvents({ file, clock, onEvent = () => undefined }: EventsOptions): Promise<Events> {
  const stored: StoredEvent[] = [];
  // Best effort on AWS too, and most come of calls that are in the trail.
  const journal = await Journal.open<StoredEvent>(file, (event) => stored.push(event), 'kill');
  const keep = async (...events: readonly StoredEvent[]): Promise<void> => {
    stored.push(...events);
    await Promise.all(events.map((event) => journal.append(event)));
    for (const event of events) void clock.busy(tell(event));
  };
  const tell = async (event: StoredEvent): Promise<void> => {
    try {
      await onEvent(event);
    } catch (error) {
      // The event happened, whatever becomes of those who hear of it.
      process.stderr.write(`after event ${event['detail-type']}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    }
  };
  return {
    events: () => stored,
    emit: (event) => keep({ version: '0', id: randomUUID(), time: wholeSeconds(clock.now()), resources: [], ...event }),
    async handle(operation, input, caller) {
      if (operation !== 'PutEvents')
        throw new AwsError('UnknownOperationException', `The embedded EventBridge keeps events and has no rules: it does not know ${operation}. Read events with RotaLocal.ListEvents.`);
      const entries = readEntries(input);
      const results = entries.map((entry) => readEvent(entry, caller, clock.now()));
      const good = results.filter((result): result is StoredEvent => 'id' in result);
      await keep(...good);
      return {
        FailedEntryCount: results.length - good.length,
        Entries: results.map((result) => ('id' in result ? { EventId: result.id } : result)),
      };
    },
    close: () => journal.close(),
  };
}

function readEntries({ Entries }: Record<string, unknown>): Record<string, unknown>[] {
  if (!Array.isArray(Entries) || Entries.length < 1 || Entries.length > largestBatch)
    throw new AwsError('ValidationException', `1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length between 1 and ${largestBatch}`);
  return Entries as Record<string, unknown>[];
}

interface Refusal {
  readonly ErrorCode: string;
  readonly ErrorMessage: string;
}

const refusal = (ErrorCode: string, ErrorMessage: string): Refusal => ({ ErrorCode, ErrorMessage });

/** A bad entry fails alone, the others of its batch are kept ("PutEvents" of the EventBridge API reference). */
function readEvent(entry: Record<string, unknown>, caller: Caller, nowMs: number): StoredEvent | Refusal {
  const { Source, DetailType, Detail, Resources = [], Time } = entry;
  if (typeof Source !== 'string' || Source === '') return refusal('InvalidArgument', 'Parameter Source is not valid. Reason: Source is a required argument.');
  if (Source.startsWith('aws.')) return refusal('NotAuthorizedForSourceException', 'Not authorized for the source.');
  if (typeof DetailType !== 'string' || DetailType === '') return refusal('InvalidArgument', 'Parameter DetailType is not valid. Reason: DetailType is a required argument.');
  if (typeof Detail !== 'string') return refusal('InvalidArgument', 'Parameter Detail is not valid. Reason: Detail is a required argument.');
  const detail = parseObject(Detail);
  if (detail === undefined) return refusal('MalformedDetail', 'Detail is malformed.');
  const timeMs = typeof Time === 'number' ? Time * 1000 : nowMs;
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': DetailType,
    source: Source,
    account: caller.accountId,
    time: wholeSeconds(timeMs),
    region: caller.region,
    resources: Resources as string[],
    detail,
  };
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
