import { z } from 'zod';
import { principalMatches } from '../principal-arns.ts';
import type { Principal, Principals } from '../principals.ts';
import type { Caller, Service } from '../service.ts';
import { AwsError } from '../wire/errors.ts';
import type { Sessions } from './sessions.ts';

interface StsOptions {
  readonly principals: Principals;
  readonly sessions: Sessions;
  /** Real time: see `Sessions`. */
  readonly now: () => number;
}

/** What a session lasts: by itself, and at most where the caller is itself a session ("role chaining"). AWS STS API Reference, AssumeRole. */
const usualSeconds = 3600;

/** "Request Parameters" of AssumeRole, AWS STS API Reference. */
const assumeRoleInput = z.strictObject({
  RoleArn: z.string().min(20).max(2048),
  RoleSessionName: z.string().regex(/^[\w+=,.@-]{2,64}$/),
  DurationSeconds: z.coerce.number().int().min(900).max(43_200).default(usualSeconds),
  ExternalId: z.string().regex(/^[\w+=,.@:/-]{2,1224}$/).optional(),
});

/** AWS STS for AssumeRole and GetCallerIdentity. Input is that of the Query protocol: texts. */
export function makeSts({ principals, sessions, now }: StsOptions): Service {
  const operations: Readonly<Record<string, (input: Record<string, unknown>, caller: Caller) => Record<string, unknown>>> = {
    AssumeRole: (input, caller) => {
      const { RoleArn, RoleSessionName, DurationSeconds, ExternalId } = read(assumeRoleInput, input);
      const role = principals.withArn(RoleArn);
      // Of a role that is not there AWS says the same as of one that does not trust the caller.
      if (role === undefined || !trusts(role, caller.arn, ExternalId)) throw new AwsError('AccessDenied', `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`, 403);
      checkDuration(DurationSeconds, role, caller);
      const { accessKeyId, secretAccessKey, token, expiresMs } = sessions.begin(role, RoleSessionName, now() + DurationSeconds * 1000);
      const { arn, userId } = sessions.principalOf(token, accessKeyId, now());
      return {
        AssumedRoleUser: { AssumedRoleId: userId, Arn: arn },
        Credentials: { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: token, Expiration: new Date(expiresMs).toISOString() },
      };
    },
    GetCallerIdentity: (input, { arn, userId, accountId }) => {
      read(z.strictObject({}), input);
      return { Arn: arn, UserId: userId, Account: accountId };
    },
  };
  return {
    handle(operation, input, caller) {
      const run = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
      if (run === undefined) return Promise.reject(new AwsError('InvalidAction', `The embedded STS knows ${Object.keys(operations).join(' and ')} only, not ${operation}.`));
      return new Promise((resolve) => resolve(run(input, caller)));
    },
    close: () => Promise.resolve(),
  };
}

const trusts = ({ trust }: Principal, callerArn: string, externalId: string | undefined): boolean =>
  trust !== undefined && trust.principals.some((named) => principalMatches(named, callerArn)) && (trust.externalId === undefined || trust.externalId === externalId);

/** Throws ValidationError, in AWS's words, where a session may not last so long. */
function checkDuration(seconds: number, { trust }: Principal, caller: Caller): void {
  if (caller.arn.includes(':assumed-role/') && seconds > usualSeconds) throw invalid('The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.');
  if (seconds > (trust?.longestSessionSeconds ?? usualSeconds)) throw invalid('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.');
}

const invalid = (message: string): AwsError => new AwsError('ValidationError', message);

function read<T>(schema: z.ZodType<T>, input: Record<string, unknown>): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalid(issue?.code === 'unrecognized_keys' ? `The embedded STS does not know ${issue.keys.join(', ')}.` : `1 validation error detected: Value at '${issue?.path.join('.') ?? ''}' failed to satisfy constraint: ${issue?.message ?? ''}`);
}
