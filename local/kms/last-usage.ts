import { z } from 'zod';
import { reach } from './access.ts';
import * as field from './fields.ts';
import { arnOf, seconds } from './key.ts';
import { operation } from './operation.ts';
import { trackingStartMs } from './records.ts';

/** SDK:GetKeyLastUsageResponse. AWS lags by up to an hour; this is exact. */
const GetKeyLastUsage = operation(z.strictObject({ KeyId: field.keyId }), (call, { KeyId }) => {
  const key = reach(call, KeyId);
  const use = call.store.lastUse(key);
  return {
    KeyId: arnOf(key),
    KeyCreationDate: seconds(key.createdMs),
    TrackingStartDate: seconds(Math.max(key.createdMs, trackingStartMs)),
    KeyLastUsage:
      use === undefined
        ? {}
        : { Operation: use.operation, Timestamp: seconds(use.atMs), CloudTrailEventId: use.eventId, KmsRequestId: use.requestId },
  };
});

export const lastUsageOperations = { GetKeyLastUsage };
