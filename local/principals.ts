import { AwsError } from './wire/errors.ts';

/** Somebody who signs requests: a person, or the role of a function. */
export interface Principal {
  readonly id: string;
  readonly arn: string;
  readonly accountId: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** IAM actions with `*` as wildcard. */
  readonly allow: readonly string[];
}

const pattern = (action: string): RegExp => new RegExp(`^${action.split('*').map((p) => p.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`, 'i');

/** Throws `AccessDeniedException`, in IAM's words, unless this principal's policy allows the action. */
export function checkAllowed({ arn, allow }: Principal, action: string): void {
  if (allow.some((allowed) => pattern(allowed).test(action))) return;
  throw new AwsError('AccessDeniedException', `User: ${arn} is not authorized to perform: ${action} because no identity-based policy allows the ${action} action`, 403);
}
