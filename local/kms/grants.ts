import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { AwsError } from '../wire/errors.ts';
import { authorize, reach, resolve } from './access.ts';
import * as field from './fields.ts';
import { arnOf, isSymmetric, seconds, type Key } from './key.ts';
import { paging } from './listing.ts';
import { endDryRun, operation, type Call, type Output } from './operation.ts';
import { principalArnOf } from '../principal-arns.ts';
import type { Grant } from './records.ts';
import type { Seal } from '../seal.ts';

/** AWS's limit on grants per key (aws-facts 1.11). */
const mostGrants = 50_000;

const refuse = (code: string, message: string): AwsError => new AwsError(code, message);

const principal = z.string().min(1).max(256).regex(/^[\w+=,.@:/-]+$/);
const grantId = z.string().min(1).max(128);

const grantOperations = [
  'Decrypt',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
  'Sign',
  'Verify',
  'GetPublicKey',
  'CreateGrant',
  'RetireGrant',
  'DescribeKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateMac',
  'VerifyMac',
  'DeriveSharedSecret',
  'Encapsulate',
  'Decapsulate',
] as const;

const createInput = z.strictObject({
  KeyId: field.keyId,
  GranteePrincipal: principal,
  RetiringPrincipal: principal.optional(),
  Operations: z.array(z.enum(grantOperations)).min(1),
  Constraints: z
    .strictObject({ EncryptionContextSubset: field.encryptionContext, EncryptionContextEquals: field.encryptionContext })
    .optional(),
  GrantTokens: field.grantTokens,
  Name: z.string().min(1).max(256).regex(/^[a-zA-Z0-9:/_-]+$/).optional(),
  DryRun: field.flag,
});

const CreateGrant = operation(createInput, (call, input) => {
  const key = reach(call, input.KeyId);
  if (input.Constraints !== undefined && !isSymmetric(key)) {
    throw refuse('ValidationException', 'Encryption context constraints are only for grants on symmetric encryption keys.');
  }
  endDryRun(input.DryRun);
  const grants = grantsOn(call, key);
  const wanted = contentOf(input);
  // A name makes the call idempotent: the same request gives the same grant, with a new token (SDK:CreateGrantRequest).
  const same = input.Name === undefined ? undefined : [...grants.values()].find((grant) => grant.name === input.Name && isSame(grant, wanted));
  if (same !== undefined) return { GrantId: same.id, GrantToken: tokenOf(same, call.store.seal) };
  if (grants.size >= mostGrants) throw refuse('LimitExceededException', `${arnOf(key)} already has ${mostGrants} grants.`);
  const { accountId, region } = key;
  const grant: Grant = { id: randomBytes(32).toString('hex'), accountId, region, keyId: key.id, createdMs: call.nowMs, ...wanted };
  call.store.commit({ grant });
  return { GrantId: grant.id, GrantToken: tokenOf(grant, call.store.seal) };
});

type Content = Pick<Grant, 'name' | 'grantee' | 'retiring' | 'operations' | 'constraints'>;

function contentOf({ Name, GranteePrincipal, RetiringPrincipal, Operations, Constraints }: z.output<typeof createInput>): Content {
  const constraints = Object.entries(Constraints ?? {}).flatMap(([kind, context]) => (context === undefined ? [] : [[kind, context] as const]));
  return {
    name: Name,
    grantee: GranteePrincipal,
    retiring: RetiringPrincipal,
    operations: Operations,
    constraints: constraints.length === 0 ? undefined : Object.fromEntries(constraints),
  };
}

const isSame = ({ name, grantee, retiring, operations, constraints }: Content, other: Content): boolean =>
  JSON.stringify([name, grantee, retiring, operations, constraints]) ===
  JSON.stringify([other.name, other.grantee, other.retiring, other.operations, other.constraints]);

const grantsOn = (call: Call, key: Key) => call.store.region(key.accountId, key.region).grantsOf(key.id);

const sealContext = 'grant token';

/** Each answer has another token for the same grant; whoever holds one can retire it. */
const tokenOf = (grant: Grant, seal: Seal): string => seal.seal(Buffer.from(JSON.stringify([`${grant.accountId}/${grant.region}`, grant.keyId, grant.id])), sealContext);

const listInput = z.strictObject({
  KeyId: field.keyId,
  GrantId: grantId.optional(),
  GranteePrincipal: principal.optional(),
  Limit: field.limit(100),
  Marker: field.marker,
});

const ListGrants = operation(listInput, (call, { KeyId, GrantId, GranteePrincipal, Limit = 50, Marker }) => {
  const key = reach(call, KeyId);
  const wanted = (grant: Grant): boolean =>
    (GrantId === undefined || grant.id === GrantId) && (GranteePrincipal === undefined || grant.grantee === GranteePrincipal);
  const page = grantsOn(call, key).page(Marker, Limit, wanted);
  return { Grants: page.items.map((grant) => entryOf(key, grant)), ...paging(page) };
});

const entryOf = (key: Key, grant: Grant): Output => ({
  KeyId: arnOf(key),
  GrantId: grant.id,
  ...(grant.name === undefined ? {} : { Name: grant.name }),
  CreationDate: seconds(grant.createdMs),
  GranteePrincipal: grant.grantee,
  ...(grant.retiring === undefined ? {} : { RetiringPrincipal: grant.retiring }),
  IssuingAccount: `arn:aws:iam::${grant.accountId}:root`,
  Operations: [...grant.operations],
  ...(grant.constraints === undefined ? {} : { Constraints: grant.constraints }),
});

const RevokeGrant = operation(z.strictObject({ KeyId: field.keyId, GrantId: grantId, DryRun: field.flag }), (call, { KeyId, GrantId, DryRun }) => {
  const key = reach(call, KeyId);
  remove(call, key, GrantId, DryRun);
  return {};
});

const retireInput = z.strictObject({
  GrantToken: z.string().min(1).max(8192).optional(),
  KeyId: field.keyId.optional(),
  GrantId: grantId.optional(),
  DryRun: field.flag,
});

/** By token, or by key ARN and grant id. The retiring principal, the grantee that may retire, and the account's own may do it. */
const RetireGrant = operation(retireInput, (call, { GrantToken, KeyId, GrantId, DryRun }) => {
  if (GrantToken !== undefined ? KeyId !== undefined || GrantId !== undefined : KeyId === undefined || GrantId === undefined) {
    throw refuse('ValidationException', 'Give either GrantToken, or KeyId and GrantId.');
  }
  const { key, id } = GrantToken === undefined ? { key: resolve(call, KeyId ?? ''), id: GrantId ?? '' } : readToken(call, GrantToken);
  const me = [call.caller.arn, principalArnOf(call.caller.arn)];
  const grant = grantsOn(call, key).get(id);
  const named = grant !== undefined && (me.includes(grant.retiring ?? '') || (grant.operations.includes('RetireGrant') && me.includes(grant.grantee)));
  if (!named) authorize(call, key, 'RetireGrant', key.id);
  remove(call, key, id, DryRun);
  return {};
});

function remove(call: Call, key: Key, id: string, dryRun: boolean | undefined): void {
  const grant = grantsOn(call, key).get(id);
  if (grant === undefined) throw refuse('NotFoundException', `Grant ID ${id} not found`);
  endDryRun(dryRun);
  call.store.commit({ grantGone: { id, keyId: key.id, accountId: key.accountId, region: key.region } });
}

function readToken(call: Call, token: string): { key: Key; id: string } {
  let content: [string, string, string];
  try {
    content = JSON.parse(call.store.seal.unseal(token, sealContext).toString()) as typeof content;
  } catch {
    throw refuse('InvalidGrantTokenException', 'The grant token is not valid.');
  }
  const [place, keyId, id] = content;
  const [accountId = '', region = ''] = place.split('/');
  const key = call.store.key(accountId, region, keyId);
  if (key === undefined) throw refuse('InvalidGrantTokenException', 'The key of the grant token does not exist.');
  return { key, id };
}

/** Throws InvalidGrantTokenException unless each token is one that CreateGrant gave here. Grants beyond that change nothing inside an account. */
export function checkGrantTokens(call: Call, tokens: readonly string[] | undefined): void {
  for (const token of tokens ?? []) readToken(call, token);
}

export const grantOperationTable = { CreateGrant, ListGrants, RevokeGrant, RetireGrant };
