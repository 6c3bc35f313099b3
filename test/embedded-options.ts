import type { EmbeddedAwsOptions, Principal } from '../local/server.ts';

export const region = 'eu-central-1';
export const accountId = '111122223333';

export const principal = (id: string, allow: readonly string[]): Principal => ({
  id,
  arn: `arn:aws:iam::${accountId}:user/${id}`,
  accountId,
  accessKeyId: `AKIATEST${id.toUpperCase()}`,
  secretAccessKey: `secret-of-${id}`,
  allow,
});

/** May do everything. */
export const admin = principal('admin', ['*']);
/** May read keys, and nothing else. */
export const reader = principal('reader', ['kms:Describe*', 'KMS:list*']);

export const options = (folder: string, change: Partial<EmbeddedAwsOptions> = {}): EmbeddedAwsOptions => ({
  folder,
  port: 0,
  region,
  accountId,
  principals: [admin, reader],
  lambdas: () => new Map(),
  http: () => () => Promise.resolve(new Response('the app')),
  ...change,
});
