import { createHash } from 'node:crypto';

/** The ARN that `aws:PrincipalArn` has: of the role for a role session, else the caller's own. */
export function principalArnOf(callerArn: string): string {
  const session = /^arn:aws:sts::(\d{12}):assumed-role\/([^/]+)\//.exec(callerArn);
  // The role's path is not in a session's ARN; roles of the embedded AWS have none.
  return session === null ? callerArn : `arn:aws:iam::${session[1] ?? ''}:role/${session[2] ?? ''}`;
}

export const accountOf = (arn: string): string => arn.split(':')[4] ?? '';

/** Whether a Principal element names the caller: everyone, its account, its role, or itself. */
export function principalMatches(principal: string, callerArn: string): boolean {
  if (principal === '*' || principal === callerArn || principal === principalArnOf(callerArn)) return true;
  const account = accountOf(callerArn);
  return principal === account || principal === `arn:aws:iam::${account}:root`;
}

/** Who a session of a role is, as policies and CloudTrail name it. IAM User Guide, "IAM identifiers". */
export function sessionOf(roleArn: string, sessionName: string): { readonly arn: string; readonly userId: string } {
  const roleName = roleArn.slice(roleArn.lastIndexOf('/') + 1);
  return { arn: `arn:aws:sts::${accountOf(roleArn)}:assumed-role/${roleName}/${sessionName}`, userId: `${roleIdOf(roleArn)}:${sessionName}` };
}

/** AWS draws a role's id when the role is made; here a role has the same one after each start. */
const roleIdOf = (roleArn: string): string => `AROA${createHash('sha256').update(roleArn).digest('hex').slice(0, 17).toUpperCase()}`;
