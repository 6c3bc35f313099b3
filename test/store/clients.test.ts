import { Readable } from 'node:stream';
import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import { GetKeyLastUsageCommand } from '@aws-sdk/client-kms';
import { expect, test } from 'vitest';
import { makeClients, type AwsAccess } from '../../store/clients.ts';

/** An AWS that is asked too much for a while. */
function busy(refusals: number) {
  let asked = 0;
  const requestHandler = {
    handle: () => {
      const refused = ++asked <= refusals;
      const body = JSON.stringify(refused ? { __type: 'ThrottlingException', message: 'Rate exceeded' } : {});
      return Promise.resolve({ response: { statusCode: refused ? 400 : 200, headers: { 'content-type': 'application/x-amz-json-1.1' }, body: Readable.from([Buffer.from(body)]) } });
    },
  };
  const signer = { sign: (request: unknown) => Promise.resolve(request) };
  const access = { region: 'eu-central-1', endpoint: 'http://127.0.0.1:1', credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }, inside: { requestHandler, signer } as unknown as NonNullable<AwsAccess['inside']> };
  return { clients: makeClients(access), asked: () => asked };
}

// CloudTrail API Reference, LookupEvents: two requests a second for an account and Region.
test('CloudTrail is asked again until its turn comes', { timeout: 30_000 }, async () => {
  const { clients, asked } = busy(3);
  await clients.trail.send(new LookupEventsCommand({}));
  expect(asked()).toBe(4);
});

test('any other service thrice, for the workflow tries again', { timeout: 30_000 }, async () => {
  const { clients, asked } = busy(3);
  await expect(clients.kms.send(new GetKeyLastUsageCommand({ KeyId: '00000000-0000-4000-8000-000000000000' }))).rejects.toMatchObject({ name: 'ThrottlingException' });
  expect(asked()).toBe(3);
});
