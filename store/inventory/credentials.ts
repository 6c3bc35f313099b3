import { performance } from 'node:perf_hooks';
import { fromNodeProviderChain, fromTemporaryCredentials } from '@aws-sdk/credential-providers';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

export type CredentialSource = () => Promise<AwsCredentials>;

/** The caller's own credentials, or those of a role that they assume. The SDK's providers find and make them. */
export function credentialSource(given: AwsCredentials | undefined, roleArn: string | undefined, sts: { readonly region: string; readonly endpoint?: string }): CredentialSource {
  const own: CredentialSource = given === undefined ? fromNodeProviderChain() : () => Promise.resolve(given);
  if (roleArn === undefined) return remembered(own);
  return remembered(fromTemporaryCredentials({ params: { RoleArn: roleArn, RoleSessionName: 'rota-inventory' }, masterCredentials: own, clientConfig: sts }));
}

/** Long before a session ends there is a new one: roles that assume roles have an hour at most. */
const askAgainMs = 10 * 60_000;

/** One question for thousands of requests. */
function remembered(source: CredentialSource, now: () => number = () => performance.now()): CredentialSource {
  let known: { readonly credentials: Promise<AwsCredentials>; readonly atMs: number } | undefined;
  return () => {
    if (known === undefined || now() - known.atMs > askAgainMs) {
      const asked = source();
      known = { credentials: asked, atMs: now() };
      asked.catch(() => (known = undefined));
    }
    return known.credentials;
  };
}
