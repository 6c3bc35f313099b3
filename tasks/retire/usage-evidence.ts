import { LookupEventsCommand, type CloudTrailClient, type Event } from '@aws-sdk/client-cloudtrail';
import { GetKeyLastUsageCommand, type KMSClient } from '@aws-sdk/client-kms';
import { isoSeconds } from '../../core/clock.ts';

export const usageEvidenceActions = ['kms:GetKeyLastUsage', 'cloudtrail:LookupEvents'] as const;

/** Somebody's use of a key, or attempt to use it, as CloudTrail has it. */
interface KeyUse {
  readonly operation: string;
  readonly principal: string;
  readonly at: string;
  /** The error that it ended with; absent for a use that worked. */
  readonly error?: string;
}

export interface UsageEvidence {
  /** The last cryptographic operation of any kind that worked, up to an hour late. AWS KMS API Reference, GetKeyLastUsage. */
  readonly lastUsage?: { readonly operation: string; readonly at: string };
  /** CloudTrail's event history since `since`, newest first; `complete` is false where there was more than was read. */
  readonly uses: readonly KeyUse[];
  readonly complete: boolean;
}

/** Of each operation: ten pages of 50, at 2 requests a second. CloudTrail API Reference, LookupEvents. */
const mostPages = 10;

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

/** By event name, since CloudTrail knows the key of a call by resource name for changing calls only. */
async function trailOf(trail: CloudTrailClient, asked: Asked): Promise<Pick<UsageEvidence, 'uses' | 'complete'>> {
  const found = [];
  for (const operation of asked.operations) found.push(await usesOf(trail, operation, asked));
  return { uses: found.flatMap((f) => f.uses).sort((a, b) => b.at.localeCompare(a.at)), complete: found.every((f) => f.complete) };
}

async function usesOf(trail: CloudTrailClient, operation: string, { arn, sinceMs }: Asked): Promise<Pick<UsageEvidence, 'uses' | 'complete'>> {
  const uses: KeyUse[] = [];
  let next: string | undefined;
  for (let page = 0; page < mostPages; page++) {
    const { Events = [], NextToken } = await trail.send(
      new LookupEventsCommand({
        LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: operation }],
        StartTime: new Date(sinceMs),
        ...(next === undefined ? {} : { NextToken: next }),
      }),
    );
    uses.push(...Events.filter((event) => isAbout(event, arn)).map(useOf));
    if (NextToken === undefined) return { uses, complete: true };
    next = NextToken;
  }
  return { uses, complete: false };
}

/** A refused call may name the key in its request alone. CloudTrail record contents, `resources`, `requestParameters`. */
function isAbout({ CloudTrailEvent = '{}' }: Event, arn: string): boolean {
  const { resources = [], requestParameters } = JSON.parse(CloudTrailEvent) as { resources?: { ARN?: string }[]; requestParameters?: { keyId?: string } | null };
  const named = requestParameters?.keyId;
  return resources.some((r) => r.ARN === arn) || named === arn || (named !== undefined && arn.endsWith(`/${named}`));
}

function useOf({ EventName = '', EventTime, CloudTrailEvent = '{}' }: Event): KeyUse {
  const { userIdentity, errorCode } = JSON.parse(CloudTrailEvent) as { userIdentity?: { arn?: string }; errorCode?: string };
  const at = isoSeconds(EventTime?.getTime() ?? 0);
  return { operation: EventName, principal: userIdentity?.arn ?? 'unknown', at, ...(errorCode === undefined ? {} : { error: errorCode }) };
}
