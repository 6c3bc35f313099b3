import { startEmbeddedAws, type EmbeddedAws, type EmbeddedAwsOptions } from '../local/server.ts';

export const accountId = '000000000000';
export const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret' };

/** An embedded AWS with one principal who may do everything, no functions and an app that says "app". */
export const startBareAws = (folder: string, more: Partial<EmbeddedAwsOptions> = {}): Promise<EmbeddedAws> =>
  startEmbeddedAws({
    folder,
    port: 0,
    region: 'eu-central-1',
    accountId,
    principals: [{ id: 'p', arn: `arn:aws:iam::${accountId}:user/p`, accountId, ...credentials, allow: ['*'] }],
    lambdas: () => new Map(),
    http: () => () => Promise.resolve(new Response('app')),
    ...more,
  });
