import { LookupEventsCommand, type CloudTrailClient, type Event } from '@aws-sdk/client-cloudtrail';
import { GetKeyLastUsageCommand, type KMSClient } from '@aws-sdk/client-kms';
import { isoSeconds } from '../core/clock.ts';
import type { KeyUse, UsageEvidence } from '../core/plan/key-usage.ts';

export const usageEvidenceActions = ['kms:GetKeyLastUsage', 'cloudtrail:LookupEvents'] as const;

/** Of each operation: five pages of 50, at 2 requests a second. A plan of seven operations so stays below the 30 s of an API request. */
const mostPages = 5;

/** Where there is no trail to ask: its absence is told as incomplete evidence, and the key's last usage still counts. */
const noTrail = ['AccessDeniedException', 'UnknownOperationException', 'UnsupportedOperationException', 'OperationNotPermittedException'];

interface Asked {
  readonly keyId: string;
  readonly arn: string;
  /** The operations that count, by API name. */
  readonly operations: readonly string[];
  readonly sinceMs: number;
}

/** Who used a key since a time, for these operations. No signal alone is proof: AWS KMS Developer Guide, "monitoring-keys-determining-usage". */
export async function usageEvidence(kms: KMSClient, trail: CloudTrailClient, asked: Asked): Promise<UsageEvidence> {
  const { KeyLastUsage: last } = await kms.send(new GetKeyLastUsageCommand({ KeyId: asked.keyId }));
  const { uses, complete } = await trailOf(trail, asked).catch((error: unknown) => {
    if (error instanceof Error && noTrail.includes(error.name)) return { uses: [], complete: false };
    throw error;
  });
  if (last?.Operation === undefined || last.Timestamp === undefined) return { uses, complete };
  return { lastUsage: { operation: last.Operation, at: isoSeconds(last.Timestamp.getTime()) }, uses, complete };
}

/**
 * Asked by operation, since the event history finds by resource only calls that change something ("Logging AWS KMS API calls"); which
 * key a call was for stands in its record.
 */
async function trailOf(trail: CloudTrailClient, asked: Asked): Promise<Pick<UsageEvidence, 'uses' | 'complete'>> {
  const found = [];
  for (const operation of asked.operations) found.push(await usesOf(trail, operation, asked));
  return { uses: found.flatMap((f) => f.uses).sort((a, b) => b.at.localeCompare(a.at)), complete: found.every((f) => f.complete) };
}

async function usesOf(trail: CloudTrailClient, operation: string, asked: Asked): Promise<Pick<UsageEvidence, 'uses' | 'complete'>> {
  const uses: KeyUse[] = [];
  let next: string | undefined;
  for (let page = 0; page < mostPages; page++) {
    const { Events = [], NextToken } = await trail.send(
      new LookupEventsCommand({
        LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: operation }],
        StartTime: new Date(asked.sinceMs),
        ...(next === undefined ? {} : { NextToken: next }),
      }),
    );
    uses.push(...Events.flatMap((event) => useOf(event, asked)));
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
  readonly requestParameters?: { readonly keyId?: string } | null;
  readonly resources?: readonly { readonly ARN?: string }[] | null;
}

/** The use that an event tells of, if it was of this key. */
function useOf({ EventName = '', EventTime, CloudTrailEvent = '{}' }: Event, { keyId, arn }: Asked): KeyUse[] {
  const record = JSON.parse(CloudTrailEvent) as CloudTrailRecord;
  if (!isAbout(record, keyId, arn)) return [];
  const { userIdentity, errorCode } = record;
  const principal = userIdentity?.arn ?? userIdentity?.invokedBy ?? 'unknown';
  return [{ operation: EventName, principal, at: isoSeconds(EventTime?.getTime() ?? 0), ...(errorCode === undefined ? {} : { error: errorCode }) }];
}

/** A call that was refused may name the key in its request or its message only. */
const isAbout = ({ resources, requestParameters, errorMessage = '' }: CloudTrailRecord, keyId: string, arn: string): boolean =>
  resources?.some((r) => r.ARN === arn) === true || [keyId, arn].includes(requestParameters?.keyId ?? '') || errorMessage.includes(arn);
