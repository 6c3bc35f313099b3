import { randomBytes } from 'node:crypto';
import { enablingAction, lastUseAction, lookingActions, sweepRoleName } from '../core/inventory/sweep-role.ts';

/** A role of an account beside Rota's own, with the credentials that only the embedded AWS ever signs by. */
interface AccountRole {
  readonly id: string;
  readonly arn: string;
  readonly accountId: string;
  readonly allow: readonly string[];
  readonly trust: { readonly principals: readonly string[] };
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Another account of the embedded AWS, for rehearsals of sweeps and inventories of many. */
export interface EmbeddedAccount {
  readonly accountId: string;
  /** Looks at every key and may switch rotation on: runbooks/sweep.md. */
  readonly sweepRoleArn: string;
  /** By its usual name in a member account; whoever rehearses makes keys with it. */
  readonly adminRoleArn: string;
}

const sweepRights = [...lookingActions, enablingAction, lastUseAction];
const adminRights = ['kms:*', 'tag:*', 'cloudtrail:LookupEvents', 'sts:AssumeRole'];

const roleArn = (accountId: string, name: string): string => `arn:aws:iam::${accountId}:role/${name}`;

export const embeddedAccount = (accountId: string): EmbeddedAccount => ({ accountId, sweepRoleArn: roleArn(accountId, sweepRoleName), adminRoleArn: roleArn(accountId, 'OrganizationAccountAccessRole') });

/** The roles of an account. `sweepers` are Rota's tasks and people who may take an inventory, `platform` the people who run the organisation. */
export function rolesOf({ accountId, sweepRoleArn, adminRoleArn }: EmbeddedAccount, trusted: { readonly sweepers: readonly string[]; readonly platform: readonly string[] }): AccountRole[] {
  const role = (arn: string, allow: readonly string[], principals: readonly string[]): AccountRole => ({
    id: `${accountId}/${arn.slice(arn.lastIndexOf('/') + 1)}`,
    arn,
    accountId,
    allow,
    trust: { principals },
    accessKeyId: `ROLE${randomBytes(8).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64url'),
  });
  return [role(sweepRoleArn, sweepRights, [...trusted.sweepers, ...trusted.platform]), role(adminRoleArn, adminRights, trusted.platform)];
}
