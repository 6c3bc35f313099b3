import { digestOf, type Json } from '../canonical-json.ts';

/** The statement by which Rota keeps an old key; recognised by its Sid. */
const retentionSid = 'RotaRetention';
/** The statement by which a key that is followed by another no longer protects anything new. */
const stopSid = 'RotaStopped';

type Statement = Record<string, Json>;

const statementsOf = (policy: Json): Statement[] => {
  const list = (policy as { Statement?: Json }).Statement ?? [];
  return (Array.isArray(list) ? list : [list]) as Statement[];
};

/** What nobody but the break-glass role may do to an old key. */
const neverTo = ['kms:ScheduleKeyDeletion', 'kms:DisableKey', 'kms:DeleteImportedKeyMaterial'];

/**
 * The policy with the retention lock: nobody but the break-glass role schedules the deletion of this key, disables it or
 * deletes its imported material (P3). Applied twice it changes nothing. AWS KMS Developer Guide, "Key policies".
 */
export const withRetentionLock = (policy: Json, breakGlassRoleArn: string): Json => locked(policy, breakGlassRoleArn, neverTo);

/** The same lock with a gap for DisableKey, for the moment in which an approved retirement disables the key. */
export const withRetentionLockAjar = (policy: Json, breakGlassRoleArn: string): Json => locked(policy, breakGlassRoleArn, [...retentionLock(true)]);

/** What the retention lock denies; set ajar, all but DisableKey. */
export const retentionLock = (ajar: boolean): readonly string[] => (ajar ? neverTo.filter((a) => a !== 'kms:DisableKey') : neverTo);

/**
 * What a policy denies to all but one of these roles, whatever its statements are called and however they are written: who puts the lock back by
 * hand may write it otherwise. A statement with any other condition, or for some principals only, is no lock.
 */
export function deniesOfRetention(policy: Json, breakGlassRoleArns: readonly string[]): ReadonlySet<string> {
  const conditions = new Set(breakGlassRoleArns.flatMap((arn) => [arn, [arn]]).map((written) => digestOf(butFor(written))));
  const locks = statementsOf(policy).filter(({ Effect, Principal, Resource, Condition }) => Effect === 'Deny' && isEverybody(Principal) && oneOf(Resource) === '*' && conditions.has(digestOf(Condition ?? {})));
  return new Set(locks.flatMap(({ Action }) => (typeof Action === 'string' ? [Action] : ((Action ?? []) as string[]))));
}

const butFor = (arn: Json): Json => ({ ArnNotEquals: { 'aws:PrincipalArn': arn } });
const oneOf = (value: Json | undefined): Json | undefined => (Array.isArray(value) && value.length === 1 ? value[0] : value);
const isEverybody = (principal: Json | undefined): boolean => principal === '*' || oneOf((principal as { AWS?: Json } | undefined)?.AWS) === '*';

function locked(policy: Json, breakGlassRoleArn: string, Action: string[]): Json {
  const lock = {
    Sid: retentionSid,
    Effect: 'Deny',
    Principal: { AWS: '*' },
    Action,
    Resource: '*',
    Condition: butFor(breakGlassRoleArn),
  };
  return { ...(policy as object), Statement: [...statementsOf(withoutRetentionLock(policy)), lock] };
}

const without = (policy: Json, ...sids: readonly string[]): Json => ({
  ...(policy as object),
  Statement: statementsOf(policy).filter((s) => !sids.includes(typeof s.Sid === 'string' ? s.Sid : '')),
});

/** The policy without the retention lock. */
export const withoutRetentionLock = (policy: Json): Json => without(policy, retentionSid);

/**
 * The policy with the stop: nobody makes anything new with this key; what it made before still opens. For Encrypt or Sign the
 * whole key is denied, whoever asks. Applied twice it changes nothing.
 */
export const withStop = (policy: Json, actions: readonly string[]): Json => {
  const rest = withoutStop(policy);
  const stop = { Sid: stopSid, Effect: 'Deny', Principal: { AWS: '*' }, Action: [...actions], Resource: '*' };
  return actions.length === 0 ? rest : { ...(rest as object), Statement: [...statementsOf(rest), stop] };
};

/** The policy without the stop. */
export const withoutStop = (policy: Json): Json => without(policy, stopSid);

/** Whether the policy has the stop. */
export const hasStop = (policy: Json): boolean => statementsOf(policy).some((s) => s.Sid === stopSid);

/** The policy without any statement of Rota's: what a successor starts with. */
export const withoutRotaStatements = (policy: Json): Json => without(policy, retentionSid, stopSid);

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
