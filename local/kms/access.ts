import { principalArnOf } from '../principal-arns.ts';
import { AwsError } from '../wire/errors.ts';
import { makeAwsManagedKey, notOpenMessage, openToAll } from './aws-managed.ts';
import { conditionValues } from './condition-values.ts';
import { arnOf, type Key } from './key.ts';
import { homeOf, type Call } from './operation.ts';
import { decide } from './policy.ts';
import type { Alias } from './records.ts';
import type { Region } from './region.ts';
import { refuseByState } from './states.ts';

/** The operations that reach keys of other accounts (aws-facts 1.14). */
const crossAccount: ReadonlySet<string> = new Set([
  'DescribeKey',
  'GetKeyRotationStatus',
  'GetPublicKey',
  'ListGrants',
  'CreateGrant',
  'Encrypt',
  'Decrypt',
  'ReEncrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateMac',
  'VerifyMac',
  'Sign',
  'Verify',
  'DeriveSharedSecret',
]);

/** The operations that take an alias for a key: cryptographic ones, DescribeKey and GetPublicKey (aws-facts 1.8). */
const takesAlias: ReadonlySet<string> = new Set([...crossAccount].filter((name) => !/Grant|Rotation/.test(name)));

/**
 * The key that `reference` names (id, ARN, and where AWS takes it alias or alias ARN), after every check that stands
 * before an operation: it exists, its policy does not deny, AWS managed keys are left alone, its state allows.
 * `action` differs from the operation's name for ReEncrypt only.
 */
export function reach(call: Call, reference: string, action = call.operation): Key {
  const key = resolve(call, reference);
  call.quotas?.use(call.operation, key, call.caller);
  authorize(call, key, action, reference);
  refuseByState(call.operation, key);
  return key;
}

/** The key that `reference` names, unchecked. Throws NotFoundException or InvalidArnException. */
export function resolve(call: Call, reference: string): Key {
  if (!reference.startsWith('arn:')) return find(call, homeOf(call), reference);
  const parts = /^arn:aws:kms:([a-z0-9-]+):(\d{12}):(?:key\/([a-zA-Z0-9-]+)|(alias\/[a-zA-Z0-9:/_-]+))$/.exec(reference);
  const [, regionName, accountId, keyId, alias] = parts ?? [];
  if (regionName === undefined || accountId === undefined || (alias !== undefined && !takesAlias.has(call.operation))) {
    throw new AwsError('InvalidArnException', `Invalid arn ${reference}`);
  }
  if (regionName !== call.caller.region) throw new AwsError('NotFoundException', `Invalid arn ${regionName}`);
  return find(call, call.store.region(accountId, regionName), keyId ?? alias ?? '');
}

function find(call: Call, region: Region, name: string): Key {
  if (name.startsWith('alias/')) {
    if (!takesAlias.has(call.operation)) throw new AwsError('NotFoundException', `Invalid keyId '${name}'`);
    const alias = region.aliases.get(name);
    if (alias === undefined) throw aliasNotFound(region, name);
    return targetOf(call, alias);
  }
  const key = region.keys.get(name);
  if (key === undefined) {
    const arn = arnOf({ id: name, accountId: region.accountId, region: region.name });
    throw new AwsError('NotFoundException', `Key '${arn}' does not exist`);
  }
  return key;
}

export const aliasNotFound = (region: Region, name: string): AwsError =>
  new AwsError('NotFoundException', `Alias arn:aws:kms:${region.name}:${region.accountId}:${name} is not found.`);

/** The key of an alias. The key of an AWS alias is made when it is first needed. */
export function targetOf(call: Call, alias: Alias): Key {
  if (alias.targetKeyId === undefined) {
    const { key, changes } = makeAwsManagedKey(alias, call.nowMs, call.store.seal);
    call.store.commit(...changes);
    return key;
  }
  const key = call.store.key(alias.accountId, alias.region, alias.targetKeyId);
  if (key === undefined) throw new Error(`${alias.name} points to ${alias.targetKeyId}, which is gone`);
  return key;
}

/** Throws AccessDeniedException, in AWS's words, unless the caller may do this with the key. */
export function authorize(call: Call, key: Key, name: string, reference: string): void {
  call.keyArns.add(arnOf(key));
  const action = `kms:${name}`;
  const denied = (why: string): AwsError =>
    new AwsError('AccessDeniedException', `User: ${call.caller.arn} is not authorized to perform: ${action} on resource: ${arnOf(key)} ${why}`);
  const question = { action, callerArn: call.caller.arn, keyArn: arnOf(key), valuesOf: conditionValues({ call, key, reference, action: name }) };
  // AWS managed keys are used by AWS's services, which no policy of an organisation restricts.
  if (key.manager === 'CUSTOMER') call.serviceControl.check(question);
  const verdict = decide(key.policy, question);
  if (verdict === 'deny') throw denied('with an explicit deny in a resource-based policy');
  if (key.manager === 'AWS' && !openToAll.has(call.operation)) throw new AwsError('AccessDeniedException', notOpenMessage(call.caller.arn, action, key));
  // Inside the account identity policies decide too, and those live elsewhere; another account needs the key's own word.
  if (key.accountId === call.caller.accountId) return;
  if (!crossAccount.has(call.operation)) throw denied(`because ${call.operation} does not reach keys of other accounts`);
  if (verdict !== 'allow' && !hasGrant(call, key, name)) throw denied(`because no resource-based policy allows the ${action} action`);
}

function hasGrant(call: Call, key: Key, name: string): boolean {
  const grants = call.store.region(key.accountId, key.region).grantsOf(key.id);
  // A grant to a role is for each of its sessions ("Grants in AWS KMS", grantee principal).
  const grantees = [call.caller.arn, principalArnOf(call.caller.arn)];
  return [...grants.values()].some(
    (grant) => grantees.includes(grant.grantee) && grant.operations.includes(name) && grant.constraints === undefined,
  );
}
