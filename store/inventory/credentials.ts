import { performance } from 'node:perf_hooks';
import { fromNodeProviderChain, fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { RotaError } from '../../core/errors.ts';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** Answers what to sign with; not what AWS has `refused` as expired, if there is anything newer. */
export type CredentialSource = (refused?: AwsCredentials) => Promise<AwsCredentials>;

/**
 * The caller's own credentials, or those of a role that they assume. The SDK's providers find and make them. Rejects with `RoleNotAssumed` where the
 * role or the caller's own rights forbid it.
 */
export function credentialSource(given: AwsCredentials | undefined, roleArn: string | undefined, sts: { readonly region: string; readonly endpoint?: string }): CredentialSource {
  const own = given === undefined ? fromNodeProviderChain() : () => Promise.resolve(given);
  if (roleArn === undefined) return remembered(own);
  const assume = fromTemporaryCredentials({ params: { RoleArn: roleArn, RoleSessionName: 'rota-inventory' }, masterCredentials: own, clientConfig: sts });
  return remembered(() =>
    assume().catch((error: unknown) => {
      throw error instanceof Error && error.name === 'AccessDenied' ? new RotaError('RoleNotAssumed', { roleArn, message: error.message }, { cause: error }) : error;
    }),
  );
}

/** Long before a session ends there is a new one: roles that assume roles have an hour at most. */
const askAgainMs = 10 * 60_000;

/** One question for thousands of requests. A clock that stands still while a machine sleeps may miss the end of a session: who is refused asks anew, once for all. */
function remembered(source: () => Promise<AwsCredentials>, now: () => number = () => performance.now()): CredentialSource {
  let known: { readonly credentials: Promise<AwsCredentials>; readonly atMs: number; accessKeyId?: string } | undefined;
  return (refused) => {
    if (known === undefined || now() - known.atMs > askAgainMs || (refused !== undefined && refused.accessKeyId === known.accessKeyId)) {
      const asked = source();
      const asking: typeof known = { credentials: asked, atMs: now() };
      known = asking;
      asked.then(
        ({ accessKeyId }) => (asking.accessKeyId = accessKeyId),
        () => (known = undefined),
      );
    }
    return known.credentials;
  };
}
