import { Readable } from 'node:stream';
import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import { DescribeKeyCommand, GetKeyLastUsageCommand, paginateListKeys } from '@aws-sdk/client-kms';
import { expect, test } from 'vitest';
import type { KmsCall } from '../../core/dossier/statement.ts';
import { makeClients, watched, type AwsAccess } from '../../store/clients.ts';

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

test('each piece of work sees its own calls only, failed ones too, though all share a client', async () => {
  const { clients } = busy(0);
  const clock = { now: () => Date.parse('2026-11-28T08:00:00Z') };
  const logs: KmsCall[][] = [[], []];
  const turns: string[] = [];
  const pace = { ready: (operation: string) => Promise.resolve(void turns.push(operation)), refused: () => Promise.resolve() };
  const [first, second] = logs.map((log, i) => watched(clients, clock, { log, ...(i === 0 ? {} : { pace }) }));
  const command = new DescribeKeyCommand({ KeyId: 'alias/payments' });
  await clients.kms.send(new DescribeKeyCommand({ KeyId: 'alias/payments' }));
  await Promise.all([first?.kms.send(new DescribeKeyCommand({ KeyId: 'alias/payments' })), second?.kms.send(new GetKeyLastUsageCommand({ KeyId: 'alias/payments' }))]);
  await first?.kms.send(command);
  await first?.kms.send(command);
  for await (const page of paginateListKeys({ client: second?.kms ?? clients.kms }, {})) expect(page.Keys).toBeUndefined();
  await clients.kms.send(new DescribeKeyCommand({ KeyId: 'alias/payments' }));
  expect(logs.map((log) => log.map(({ operation }) => operation))).toEqual([['DescribeKey', 'DescribeKey', 'DescribeKey'], ['GetKeyLastUsage', 'ListKeys']]);
  expect(turns).toEqual(['GetKeyLastUsage', 'ListKeys']);
});

test('a call that fails is seen with its error, and each attempt of it has its turn', { timeout: 30_000 }, async () => {
  const { clients } = busy(3);
  const log: KmsCall[] = [];
  const told: string[] = [];
  const pace = { ready: () => Promise.resolve(void told.push('ready')), refused: () => Promise.resolve(void told.push('refused')) };
  const { kms, kmsOnce } = watched(clients, { now: () => 0 }, { log, pace });
  const command = new GetKeyLastUsageCommand({ KeyId: 'alias/payments' });
  await expect(kmsOnce.send(command)).rejects.toMatchObject({ name: 'ThrottlingException' });
  expect(told).toEqual(['ready', 'refused']);
  await kms.send(command);
  expect(told.slice(2)).toEqual(['ready', 'refused', 'ready', 'refused', 'ready']);
  expect(log).toEqual([
    { operation: 'GetKeyLastUsage', at: '1970-01-01T00:00:00Z', requestId: 'none', error: 'ThrottlingException' },
    { operation: 'GetKeyLastUsage', at: '1970-01-01T00:00:00Z', requestId: 'none' },
  ]);
});
