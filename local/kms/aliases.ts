import { z } from 'zod';
import { AwsError } from '../wire/errors.ts';
import { aliasNotFound, authorize, reach, resolve, targetOf } from './access.ts';
import * as field from './fields.ts';
import { arnOf, seconds, type Key } from './key.ts';
import { pageOf, paging } from './listing.ts';
import { homeOf, operation, type Call, type Output } from './operation.ts';
import type { Alias } from './records.ts';
import { specOf } from './specs.ts';

/** AWS's limit on aliases per key (aws-facts 1.8). */
const mostAliases = 50;

const refuse = (code: string, message: string): AwsError => new AwsError(code, message);

const aliasArn = (alias: Pick<Alias, 'name' | 'accountId' | 'region'>): string => `arn:aws:kms:${alias.region}:${alias.accountId}:${alias.name}`;

const targetInput = z.strictObject({ AliasName: field.aliasName, TargetKeyId: field.keyId });

/** `alias/aws/` belongs to AWS: no one else makes, moves or deletes such a name (SDK:CreateAliasRequest). */
function checkName(call: Call, name: string): void {
  if (!/^alias\/[a-zA-Z0-9/_-]+$/.test(name)) {
    throw refuse('InvalidAliasNameException', 'Alias must start with the prefix "alias/", followed by letters, digits, "/", "_" and "-".');
  }
  if (!name.startsWith('alias/aws/')) return;
  if (call.operation === 'CreateAlias') throw refuse('InvalidAliasNameException', 'Alias names that begin with alias/aws/ are reserved for AWS.');
  const arn = aliasArn({ name, accountId: call.caller.accountId, region: call.caller.region });
  throw refuse('AccessDeniedException', `User: ${call.caller.arn} is not authorized to perform: kms:${call.operation} on resource: ${arn}`);
}

/** The target of an alias is a customer managed key of the caller's account, by id or ARN. */
function reachTarget(call: Call, target: string): Key {
  const key = reach(call, target);
  if (homeOf(call).aliasNamesOf(key.id).size >= mostAliases) throw refuse('LimitExceededException', `${arnOf(key)} already has ${mostAliases} aliases.`);
  return key;
}

const CreateAlias = operation(targetInput, (call, { AliasName, TargetKeyId }) => {
  checkName(call, AliasName);
  const home = homeOf(call);
  const taken = home.aliases.get(AliasName);
  if (taken !== undefined) throw refuse('AlreadyExistsException', `An alias with the name ${aliasArn(taken)} already exists`);
  const key = reachTarget(call, TargetKeyId);
  const { accountId, region } = key;
  call.store.commit({ alias: { name: AliasName, accountId, region, targetKeyId: key.id, createdMs: call.nowMs, updatedMs: call.nowMs } });
  return {};
});

/** Same type and same usage, but not same spec: RSA_2048 to RSA_4096 passes, and RSA to ECC (aws-facts 1.8). */
const UpdateAlias = operation(targetInput, (call, { AliasName, TargetKeyId }) => {
  checkName(call, AliasName);
  const home = homeOf(call);
  const alias = home.aliases.get(AliasName);
  if (alias === undefined) throw aliasNotFound(home, AliasName);
  const from = targetOf(call, alias);
  authorize(call, from, 'UpdateAlias', AliasName);
  const to = home.aliasNamesOf(resolve(call, TargetKeyId).id).has(AliasName) ? reach(call, TargetKeyId) : reachTarget(call, TargetKeyId);
  if (specOf(from.spec).type !== specOf(to.spec).type || from.usage !== to.usage) {
    throw refuse(
      'ValidationException',
      `Alias ${aliasArn(alias)} cannot be changed from ${arnOf(from)} (${from.spec}, ${from.usage}) to ${arnOf(to)} (${to.spec}, ${to.usage}): the current and new target must be of the same type and have the same key usage.`,
    );
  }
  call.store.commit({ alias: { ...alias, targetKeyId: to.id, updatedMs: call.nowMs } });
  return {};
});

const DeleteAlias = operation(z.strictObject({ AliasName: field.aliasName }), (call, { AliasName }) => {
  checkName(call, AliasName);
  const home = homeOf(call);
  const alias = home.aliases.get(AliasName);
  if (alias === undefined) throw aliasNotFound(home, AliasName);
  authorize(call, targetOf(call, alias), 'DeleteAlias', AliasName);
  call.store.commit({ aliasGone: { name: alias.name, accountId: alias.accountId, region: alias.region } });
  return {};
});

const ListAliases = operation(
  z.strictObject({ KeyId: field.keyId.optional(), Limit: field.limit(100), Marker: field.marker }),
  (call, { KeyId, Limit = 50, Marker }) => {
    const home = homeOf(call);
    if (KeyId === undefined) {
      const page = home.aliases.page(Marker, Limit);
      return { Aliases: page.items.map(entryOf), ...paging(page) };
    }
    const names = [...home.aliasNamesOf(reach(call, KeyId).id)];
    const page = pageOf(names, Marker, Limit);
    return { Aliases: page.items.flatMap((name) => home.aliases.get(name) ?? []).map(entryOf), ...paging(page) };
  },
);

/** An AWS alias whose key nobody has needed yet has neither target nor dates (SDK:ListAliasesCommand). */
const entryOf = (alias: Alias): Output => ({
  AliasName: alias.name,
  AliasArn: aliasArn(alias),
  ...(alias.targetKeyId === undefined
    ? {}
    : { TargetKeyId: alias.targetKeyId, CreationDate: seconds(alias.createdMs), LastUpdatedDate: seconds(alias.updatedMs) }),
});

export const aliasOperations = { CreateAlias, UpdateAlias, DeleteAlias, ListAliases };
