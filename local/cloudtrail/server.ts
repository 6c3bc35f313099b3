import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { Journal } from '../journal.ts';
import type { KmsCall } from '../kms/server.ts';
import type { RequestRates } from '../request-rates.ts';
import type { Caller, Service } from '../service.ts';
import { AwsError } from '../wire/errors.ts';
import { recordOf, type TrailEvent } from './kms-record.ts';

/** CloudTrail's event history over the calls of the embedded KMS, readings and cryptography included (aws-facts 4.1, 4.3). */
export interface Trail extends Service {
  /** Writes a call down. Resolves when its record outlives a kill: only then may the call be answered. */
  record(call: KmsCall): Promise<TrailEvent>;
}

/** Of an account and Region; AWS keeps 90 days, whatever the number. */
const eventsKept = 10_000;
const daysKept = 90;
const dayMs = 86_400_000;
const largestPage = 50;
/** "The rate of lookup requests is limited to two per second, per account, per Region" (CloudTrail API Reference, LookupEvents; aws-facts 4.3). */
const lookupsPerSecond = 2;

/**
 * Opens the trail whose journal is `file`. A kill between the effect of a call and its record loses the record; the caller
 * then had no answer. Not recorded are calls that the identity policy refuses, and what KMS does by itself, such as
 * rotating a key. Without `rates` nobody is throttled.
 */
export async function openTrail({ file, clock, rates }: { file: string; clock: Clock; rates?: RequestRates | undefined }): Promise<Trail> {
  /** By account and Region, oldest first. */
  const rings = new Map<string, TrailEvent[]>();
  const ringOf = (account: string, region: string): TrailEvent[] => rings.get(`${account}/${region}`) ?? [];
  let lines = 0;

  function keep(event: TrailEvent): void {
    const ring = ringOf(event.recipientAccountId, event.awsRegion);
    ring.push(event);
    if (ring.length > eventsKept) ring.shift();
    rings.set(`${event.recipientAccountId}/${event.awsRegion}`, ring);
  }

  // As durable as DynamoDB's items are: readings have a record too, and an fsync for each would cost more than the reading.
  const journal = await Journal.open<TrailEvent>(
    file,
    (event) => {
      lines += 1;
      keep(event);
    },
    'kill',
  );
  const live = [...rings.values()].flat();
  if (lines > 2 * live.length + 1000) await journal.compact(live);

  return {
    async record(call) {
      const event = recordOf(call);
      keep(event);
      await journal.append(event);
      return event;
    },
    handle(operation, input, caller) {
      if (operation !== 'LookupEvents') return Promise.reject(new AwsError('UnknownOperationException', `The embedded CloudTrail knows LookupEvents only, not ${operation}.`));
      // A call that fails later has counted all the same, as those of KMS do.
      if (rates?.admits(caller, operation, lookupsPerSecond) === false) return Promise.reject(new AwsError('ThrottlingException', 'Rate exceeded'));
      return new Promise((resolve) => resolve(lookup(input, caller, ringOf(caller.accountId, caller.region), clock.now())));
    },
    close: () => journal.close(),
  };
}

/** What a lookup may ask for; AccessKeyId is not kept. */
const attributes: Readonly<Record<string, (event: TrailEvent) => readonly string[]>> = {
  EventId: ({ eventID }) => [eventID],
  EventName: ({ eventName }) => [eventName],
  EventSource: ({ eventSource }) => [eventSource],
  ReadOnly: ({ readOnly }) => [String(readOnly)],
  Username: ({ userIdentity }) => [userIdentity.userName],
  ResourceName: (event) => resourcesOf(event).map(({ ResourceName }) => ResourceName),
  ResourceType: (event) => resourcesOf(event).map(({ ResourceType }) => ResourceType),
};

/** Only changing calls are found by their resource (aws-facts 4.3); the record itself names it always. */
const resourcesOf = ({ readOnly, resources }: TrailEvent): { ResourceType: string; ResourceName: string }[] =>
  readOnly ? [] : resources.map(({ type, ARN }) => ({ ResourceType: type, ResourceName: ARN }));

const fields: readonly string[] = ['LookupAttributes', 'StartTime', 'EndTime', 'MaxResults', 'NextToken'];

function lookup(input: Record<string, unknown>, { accountId, region }: Caller, ring: readonly TrailEvent[], nowMs: number): Record<string, unknown> {
  const { NextToken, MaxResults = largestPage, StartTime, EndTime, ...others } = input;
  if (others.EventCategory !== undefined) throw new AwsError('InvalidEventCategoryException', 'The embedded CloudTrail has management events only.');
  const unknown = Object.keys(input).find((field) => !fields.includes(field));
  if (unknown !== undefined) throw new AwsError('ValidationException', `The embedded CloudTrail does not know ${unknown}.`);
  if (!Number.isInteger(MaxResults) || (MaxResults as number) < 1 || (MaxResults as number) > largestPage) throw new AwsError('InvalidMaxResultsException', `A max results value of 1 to ${largestPage} is needed.`);
  const matches = readAttribute(others.LookupAttributes);
  const [fromMs, toMs] = readRange(StartTime, EndTime, nowMs);
  const found = ring.filter((event) => matches(event) && timeOf(event) >= fromMs && timeOf(event) <= toMs).reverse();
  const question = createHash('sha256').update(JSON.stringify([accountId, region, others, StartTime, EndTime])).digest('base64url');
  const start = NextToken === undefined ? 0 : readToken(NextToken, question, found);
  const page = found.slice(start, start + (MaxResults as number));
  const last = page.at(-1);
  return {
    Events: page.map(lineOf),
    ...(last !== undefined && found.length > start + page.length ? { NextToken: `${question}.${last.eventID}` } : {}),
  };
}

const timeOf = ({ eventTime }: TrailEvent): number => Date.parse(eventTime);

const lineOf = (event: TrailEvent): Record<string, unknown> => ({
  EventId: event.eventID,
  EventName: event.eventName,
  ReadOnly: String(event.readOnly),
  EventTime: timeOf(event) / 1000,
  EventSource: event.eventSource,
  Username: event.userIdentity.userName,
  Resources: resourcesOf(event),
  CloudTrailEvent: JSON.stringify(event),
});

/** One attribute at most (SDK:LookupEventsRequest). */
function readAttribute(given: unknown): (event: TrailEvent) => boolean {
  if (given === undefined) return () => true;
  const [attribute, ...more] = (Array.isArray(given) ? given : [given]) as ({ AttributeKey?: unknown; AttributeValue?: unknown } | undefined)[];
  if (attribute === undefined) return () => true;
  const { AttributeKey: key, AttributeValue: value } = attribute;
  const valuesOf = typeof key === 'string' && Object.hasOwn(attributes, key) ? attributes[key] : undefined;
  if (more.length > 0 || valuesOf === undefined || typeof value !== 'string')
    throw new AwsError('InvalidLookupAttributesException', `One attribute of ${Object.keys(attributes).join(', ')} can be looked up, with a text as its value.`);
  return (event) => valuesOf(event).includes(value);
}

/** Epoch seconds, both ends included; an event is told in whole seconds. */
function readRange(start: unknown, end: unknown, nowMs: number): [fromMs: number, toMs: number] {
  const oldestMs = nowMs - daysKept * dayMs;
  const fromMs = typeof start === 'number' ? Math.max(Math.floor(start) * 1000, oldestMs) : oldestMs;
  const toMs = typeof end === 'number' ? end * 1000 : nowMs;
  if (typeof start === 'number' && start * 1000 > toMs) throw new AwsError('InvalidTimeRangeException', 'The start time is after the end time.');
  return [fromMs, toMs];
}

/** A page goes on behind the last event of the one before, whatever came meanwhile. */
function readToken(token: unknown, question: string, found: readonly TrailEvent[]): number {
  const [asked, eventId] = typeof token === 'string' ? token.split('.') : [];
  const at = asked === question ? found.findIndex(({ eventID }) => eventID === eventId) : -1;
  if (at < 0) throw new AwsError('InvalidNextTokenException', 'The token is not valid, or was made for other parameters.');
  return at + 1;
}
