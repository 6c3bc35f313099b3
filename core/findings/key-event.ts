import { z } from 'zod';
import type { FactType } from '../notice/facts.ts';

/** Calls of KMS after which a key may stand otherwise. CloudTrail's names; KMS Developer Guide, "Logging AWS KMS API calls". */
export const watchedCalls = [
  ...['CreateKey', 'ReplicateKey', 'EnableKey', 'DisableKey', 'EnableKeyRotation', 'DisableKeyRotation', 'RotateKeyOnDemand', 'ImportKeyMaterial', 'DeleteImportedKeyMaterial'],
  ...['ScheduleKeyDeletion', 'CancelKeyDeletion', 'PutKeyPolicy', 'CreateAlias', 'UpdateAlias', 'DeleteAlias', 'TagResource', 'UntagResource'],
] as const;

/** What KMS does by itself, as CloudTrail tells it. */
export const watchedServiceEvents = ['RotateKey', 'DeleteExpiredKeyMaterial', 'DeleteKey'] as const;

/** KMS's own events. KMS Developer Guide, "Monitoring with Amazon EventBridge". */
export const watchedKmsEvents = ['KMS CMK Rotation', 'KMS Imported Key Material Expiration', 'KMS CMK Deletion'] as const;

/** Rota's own: while a rotation moves its key no event looks at that key, so what is over then is looked at when it has switched or ended. */
export const watchedFacts = ['Rota Rotation Switched', 'Rota Rotation Ended'] as const satisfies readonly FactType[];

/** An event of EventBridge about keys, as far as it is read here. */
export const KeyEvent = z.object({
  id: z.string(),
  source: z.string(),
  account: z.string(),
  region: z.string(),
  'detail-type': z.string(),
  resources: z.array(z.string()).default([]),
  detail: z.looseObject({
    eventName: z.string().optional(),
    errorCode: z.string().optional(),
    'key-id': z.string().optional(),
    requestParameters: z.looseObject({ aliasName: z.string().optional() }).nullish(),
    responseElements: z.looseObject({ keyId: z.string().optional() }).nullish(),
    resources: z.array(z.looseObject({ ARN: z.string().optional(), type: z.string().optional() })).nullish(),
    userIdentity: z.looseObject({ arn: z.string().optional() }).optional(),
    // Of Rota's own.
    keyIds: z.array(z.string()).optional(),
    aliases: z.array(z.string()).optional(),
  }),
});
export type KeyEvent = z.infer<typeof KeyEvent>;

/** What an event is about. */
export interface EventSubject {
  readonly keyIds: readonly string[];
  readonly aliases: readonly string[];
  /** As evidence: `event DisableKeyRotation 7c2f… by arn:…`. */
  readonly seenBy: string;
}

const keyIdIn = (text: string | undefined): string[] => {
  const id = /(?:^|key\/)(mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(text ?? '')?.[1];
  return id === undefined ? [] : [id];
};

/** Which keys and which aliases may stand otherwise after an event; nothing for a call that failed. */
export function subjectOf({ id, 'detail-type': type, resources, detail }: KeyEvent): EventSubject | undefined {
  if (detail.errorCode !== undefined) return undefined;
  const { eventName = type, requestParameters, responseElements, userIdentity, aliases = [] } = detail;
  const keyIds = [...resources, ...(detail.resources ?? []).map((r) => r.ARN), responseElements?.keyId, detail['key-id'], ...(detail.keyIds ?? [])].flatMap(keyIdIn);
  const alias = requestParameters?.aliasName;
  const by = userIdentity?.arn === undefined ? '' : ` by ${userIdentity.arn}`;
  return { keyIds: [...new Set(keyIds)], aliases: alias === undefined ? aliases : [alias], seenBy: `event ${eventName} ${id}${by}` };
}
