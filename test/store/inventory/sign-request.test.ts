import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { expect, test } from 'vitest';
import { RequestSigner } from '../../../store/inventory/sign-request.ts';

const at = new Date('2026-11-27T04:30:15.123Z');
const long = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };

test.each([
  ['KMS', { service: 'kms', region: 'eu-central-1', host: 'kms.eu-central-1.amazonaws.com', target: 'TrentService.DescribeKey', body: '{"KeyId":"x"}' }, long],
  ['a session', { service: 'kms', region: 'cn-north-1', host: 'kms.cn-north-1.amazonaws.com.cn', target: 'TrentService.ListKeys', body: '{}' }, { ...long, sessionToken: 'IQoJb3JpZ2luX2Vj//8=' }],
  ['a port, and text beyond ASCII', { service: 'tagging', region: 'us-east-1', host: '127.0.0.1:4599', target: 'ResourceGroupsTaggingAPI_20170126.GetResources', body: '{"TagFilters":[{"Key":"größe"}]}' }, long],
])('signs as the SDK does: %s', async (_, request, credentials) => {
  const { service, region, host, target, body } = request;
  const mine = new RequestSigner().headers(request, credentials, at);
  const sdk = new SignatureV4({ service, region, credentials, sha256: Sha256 });
  const url = new URL(`https://${host}`);
  const theirs = await sdk.sign(
    { method: 'POST', protocol: 'https:', hostname: url.hostname, path: '/', query: {}, headers: { host, 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target }, body },
    { signingDate: at, unsignableHeaders: new Set(['x-amz-content-sha256']) },
  );
  // The SDK adds the hash of the body as a header; KMS does not need it.
  expect(mine['x-amz-date']).toBe(theirs.headers['x-amz-date']);
  expect(mine.authorization).toBe(theirs.headers.authorization);
});

test('the signing key follows the day and the credentials', () => {
  const signer = new RequestSigner();
  const request = { service: 'kms', region: 'eu-central-1', host: 'h', target: 't', body: '{}' };
  const other = { ...long, accessKeyId: 'AKIDOTHER', secretAccessKey: 'another' };
  const fresh = (credentials: typeof long, time: Date) => new RequestSigner().headers(request, credentials, time).authorization;
  const tomorrow = new Date('2026-11-28T00:00:01Z');
  for (const [credentials, time] of [[long, at], [other, at], [long, tomorrow], [long, at]] as const) expect(signer.headers(request, credentials, time).authorization).toBe(fresh(credentials, time));
});
