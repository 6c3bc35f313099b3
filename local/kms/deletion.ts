import { z } from 'zod';
import { AwsError } from '../wire/errors.ts';
import { reach } from './access.ts';
import * as field from './fields.ts';
import { arnOf, dayMs, isReplica, seconds, stateOf } from './key.ts';
import { operation } from './operation.ts';

const ScheduleKeyDeletion = operation(
  z.strictObject({ KeyId: field.keyId, PendingWindowInDays: z.int().min(1).max(365).default(30) }),
  (call, { KeyId, PendingWindowInDays: windowDays }) => {
    const key = reach(call, KeyId);
    if (windowDays < 7 || windowDays > 30) throw new AwsError('ValidationException', 'PendingWindowInDays must be between 7 and 30 days (inclusive).');
    const waitsForReplicas = !isReplica(key) && call.store.family(key).some(isReplica);
    const atMs = waitsForReplicas ? null : call.nowMs + windowDays * dayMs;
    const doomed = { ...key, enabled: false, deletion: { windowDays, atMs } };
    call.store.commit({ key: doomed });
    return {
      KeyId: arnOf(key),
      KeyState: stateOf(doomed),
      PendingWindowInDays: windowDays,
      ...(atMs === null ? {} : { DeletionDate: seconds(atMs) }),
    };
  },
);

/** The key comes back Disabled; enabling it is a call of its own (SDK:CancelKeyDeletionCommand). */
const CancelKeyDeletion = operation(z.strictObject({ KeyId: field.keyId }), (call, { KeyId }) => {
  const key = reach(call, KeyId);
  call.store.commit({ key: { ...key, enabled: false, deletion: undefined } });
  return { KeyId: arnOf(key) };
});

export const deletionOperations = { ScheduleKeyDeletion, CancelKeyDeletion };
