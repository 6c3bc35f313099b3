import { digestOf, type Json } from '../canonical-json.ts';

/** The statement by which Rota keeps an old key; recognised by its Sid. */
const retentionSid = 'RotaRetention';

type Statement = Record<string, Json>;

const statementsOf = (policy: Json): Statement[] => {
  const list = (policy as { Statement?: Json }).Statement ?? [];
  return (Array.isArray(list) ? list : [list]) as Statement[];
};

/**
 * The policy with the retention lock: nobody but the break-glass role schedules the deletion of this key, disables it or
 * deletes its imported material (P3). Applied twice it changes nothing. AWS KMS Developer Guide, "Key policies".
 */
export function withRetentionLock(policy: Json, breakGlassRoleArn: string): Json {
  const lock = {
    Sid: retentionSid,
    Effect: 'Deny',
    Principal: { AWS: '*' },
    Action: ['kms:ScheduleKeyDeletion', 'kms:DisableKey', 'kms:DeleteImportedKeyMaterial'],
    Resource: '*',
    Condition: { ArnNotEquals: { 'aws:PrincipalArn': breakGlassRoleArn } },
  };
  return { ...(policy as object), Statement: [...statementsOf(withoutRetentionLock(policy)), lock] };
}

/** The policy without the retention lock: what a successor starts with. */
export const withoutRetentionLock = (policy: Json): Json => ({
  ...(policy as object),
  Statement: statementsOf(policy).filter((s) => s.Sid !== retentionSid),
});

/** Which statements one policy has and the other lacks. */
export function policyDifference(from: Json, to: Json): { added: Json[]; removed: Json[] } {
  const lacks = (policy: Json, statement: Statement) =>
    !statementsOf(policy).some((other) => digestOf(other) === digestOf(statement));
  return {
    added: statementsOf(to).filter((s) => lacks(from, s)),
    removed: statementsOf(from).filter((s) => lacks(to, s)),
  };
}

/** Digest of a policy, whatever the order of the fields that KMS gives it back in. */
export const policyDigest = (policy: Json): string => digestOf(policy);
