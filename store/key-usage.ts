import { LookupEventsCommand, type CloudTrailClient, type Event } from '@aws-sdk/client-cloudtrail';
import { GetKeyLastUsageCommand, type KMSClient } from '@aws-sdk/client-kms';
import { setTimeout as sleep } from 'node:timers/promises';
import { isoSeconds } from '../core/clock.ts';
import { RotaError } from '../core/errors.ts';
import type { KeyUse, TrailUse, UsageEvidence } from '../core/plan/key-usage.ts';

export const usageEvidenceActions = ['kms:GetKeyLastUsage', 'cloudtrail:LookupEvents'] as const;

/** Of each operation: five pages of 50, at 2 requests a second. A plan of seven operations so stays below the 30 s of an API request. */
const usualPages = 5;
/**
 * Whoever reads more keeps to that rate, and so does whoever was refused once: as fast as before they would be refused at every page, and wait longer each time. CloudTrail API
 * Reference, LookupEvents.
 */
const betweenPagesMs = 600;

interface Pace {
  wasRefused: boolean;
}

/** Where there is no trail to ask: its absence is told as incomplete evidence, and the key's last usage still counts. */
const noTrail = ['AccessDeniedException', 'UnknownOperationException', 'UnsupportedOperationException', 'OperationNotPermittedException'];

interface Asked {
  readonly keys: readonly { readonly keyId: string; readonly arn: string }[];
  /** The operations that count, by API name. */
  readonly operations: readonly string[];
  readonly sinceMs: number;
  /** How many pages of each operation are read at most; left out, so many as an API request has time for. */
  readonly mostPages?: number;
}

interface Found {
  /** Newest first. */
  readonly uses: readonly TrailUse[];
  readonly complete: boolean;
}

/** Who used a key since a time, for these operations. No signal alone is proof: AWS KMS Developer Guide, "monitoring-keys-determining-usage". */
export async function usageEvidence(kms: KMSClient, trail: CloudTrailClient, { keyId, arn, ...asked }: Omit<Asked, 'keys'> & Asked['keys'][number]): Promise<UsageEvidence> {
  const last = await lastUsageOf(kms, keyId);
  const { uses, complete } = await trailUses(trail, { keys: [{ keyId, arn }], ...asked });
  const told = uses.map(({ operation, principal, at, error }): KeyUse => ({ operation, principal, at, ...(error === undefined ? {} : { error }) }));
  return { ...(last === undefined ? {} : { lastUsage: { operation: last.operation, at: last.at } }), uses: told, complete };
}

/** The last cryptographic operation with a key that worked, up to an hour late, and the request that it was. AWS KMS API Reference, GetKeyLastUsage. */
export async function lastUsageOf(kms: KMSClient, keyId: string): Promise<{ operation: string; at: string; requestId?: string } | undefined> {
  const { KeyLastUsage: last } = await kms.send(new GetKeyLastUsageCommand({ KeyId: keyId }));
  if (last?.Operation === undefined || last.Timestamp === undefined) return undefined;
  return { operation: last.Operation, at: isoSeconds(last.Timestamp.getTime()), ...(last.KmsRequestId === undefined ? {} : { requestId: last.KmsRequestId }) };
}

/**
 * Uses of these keys in CloudTrail's event history. Asked by operation, since the history finds by resource only calls that change
 * something ("Logging AWS KMS API calls"); which key a call was for stands in its record. Without a history it is incomplete. Throws `CloudTrailBusy` where it is
 * refused for its rate as often as the SDK asks.
 */
export async function trailUses(trail: CloudTrailClient, asked: Asked): Promise<Found> {
  try {
    const found = [];
    const pace: Pace = { wasRefused: false };
    for (const operation of asked.operations) found.push(await usesOf(trail, operation, asked, pace));
    return { uses: found.flatMap((f) => f.uses).sort((a, b) => b.at.localeCompare(a.at)), complete: found.every((f) => f.complete) };
  } catch (error) {
    if (error instanceof Error && noTrail.includes(error.name)) return { uses: [], complete: false };
    if (error instanceof Error && error.name === 'ThrottlingException') throw new RotaError('CloudTrailBusy', {}, { cause: error });
    throw error;
  }
}

async function usesOf(trail: CloudTrailClient, operation: string, asked: Asked, pace: Pace): Promise<Found> {
  const uses: TrailUse[] = [];
  let next: string | undefined;
  for (let page = 0; page < (asked.mostPages ?? usualPages); page++) {
    if (page >= usualPages || pace.wasRefused) await sleep(betweenPagesMs);
    const { Events = [], NextToken, $metadata } = await trail.send(
      new LookupEventsCommand({
        LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: operation }],
        StartTime: new Date(asked.sinceMs),
        ...(next === undefined ? {} : { NextToken: next }),
      }),
    );
    // The SDK asks again by itself.
    if (($metadata.attempts ?? 1) > 1) pace.wasRefused = true;
    uses.push(...Events.flatMap((event) => usesIn(event, asked)));
    if (NextToken === undefined) return { uses, complete: true };
    next = NextToken;
  }
  return { uses, complete: false };
}

/** CloudTrail User Guide, "cloudtrail-event-reference-record-contents". */
interface CloudTrailRecord {
  readonly userIdentity?: { readonly arn?: string; readonly invokedBy?: string };
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly requestID?: string;
  readonly requestParameters?: { readonly keyId?: string; readonly sourceKeyId?: string; readonly destinationKeyId?: string } | null;
  readonly resources?: readonly { readonly ARN?: string }[] | null;
}

/** The uses that an event tells of: of each of the keys that it was about. */
function usesIn({ EventName = '', EventTime, CloudTrailEvent = '{}' }: Event, { keys }: Asked): TrailUse[] {
  const record = JSON.parse(CloudTrailEvent) as CloudTrailRecord;
  const { userIdentity: { arn: caller, invokedBy } = {}, errorCode, requestID } = record;
  const { keyId, sourceKeyId, destinationKeyId } = record.requestParameters ?? {};
  return keys
    .filter((key) => isAbout(record, key.keyId, key.arn))
    .map(({ arn }) => ({
      operation: EventName,
      principal: caller ?? invokedBy ?? 'unknown',
      at: isoSeconds(EventTime?.getTime() ?? 0),
      ...(errorCode === undefined ? {} : { error: errorCode }),
      keyArn: arn,
      named: { ...(keyId === undefined ? {} : { keyId }), ...(sourceKeyId === undefined ? {} : { sourceKeyId }), ...(destinationKeyId === undefined ? {} : { destinationKeyId }) },
      ...(caller === undefined || invokedBy === undefined ? {} : { through: invokedBy }),
      ...(requestID === undefined ? {} : { requestId: requestID }),
    }));
}

/** A call that was refused may name the key in its request or its message only. */
const isAbout = ({ resources, requestParameters, errorMessage = '' }: CloudTrailRecord, keyId: string, arn: string): boolean =>
  resources?.some((r) => r.ARN === arn) === true || [keyId, arn].includes(requestParameters?.keyId ?? '') || errorMessage.includes(arn);
