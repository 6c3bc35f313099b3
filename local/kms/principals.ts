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
