import { GetItemCommand, PutItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, onTestFinished, test } from 'vitest';
import { registryDigest } from '../../core/registry/registry-digest.ts';
import type { RegisteredKey, Registry } from '../../core/registry/registry-schema.ts';
import { paymentsRegistry } from '../../demo/cast.ts';
import { makeRecoveryCertificate } from '../../demo/recovery-certificate.ts';
import { defaultNames, makeClients } from '../../store/clients.ts';
import { RegistryTable } from '../../store/registry-table.ts';
import { setUp } from '../../store/set-up.ts';
import { Table } from '../../store/table.ts';
import { accountId, admin, region, start } from '../embedded-aws.ts';

const { certificatePem } = makeRecoveryCertificate('Recovery officer');
const people = ['alice', 'bob', 'pat'].map((id) => ({ id, name: id, arn: `arn:aws:iam::${accountId}:user/${id}`, roles: ['platform' as const], groups: ['security'] }));

/** 1.6 KB of JSON a key. */
function registryOf(count: number): Registry {
  const { keys, ...rest } = paymentsRegistry(people, certificatePem, accountId);
  return { ...rest, keys: keys.flatMap((key) => Array.from({ length: count }, (_, i): RegisteredKey => ({ ...key, alias: `alias/key-${i}` }))) };
}

async function startTable(): Promise<RegistryTable> {
  const aws = await start();
  const clients = makeClients({ region, endpoint: aws.url, credentials: admin });
  onTestFinished(() => clients.destroy());
  await setUp(clients, defaultNames, {});
  return new RegistryTable(new Table(clients.dynamo, defaultNames.registryTable));
}

// One item a key is 50 seconds of an estate of 50,000: DynamoDB takes 1,000 writes a second for one partition key, and API Gateway waits for 30.
test('a registry of many keys is few items, written ten at once, and holds when all of them are there', async () => {
  let underWay = 0;
  let most = 0;
  const written: string[] = [];
  const sizes: number[] = [];
  const send = async (command: object): Promise<object> => {
    if (command instanceof GetItemCommand) return {};
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay--;
    if (command instanceof PutItemCommand) sizes.push(command.input.Item?.keys?.B?.length ?? 0);
    written.push(command instanceof PutItemCommand ? String(command.input.Item?.item?.S) : 'pointer');
    return {};
  };
  await new RegistryTable(new Table({ send } as unknown as DynamoDBClient, 'registry')).apply(registryOf(5000), 'pat', '2026-11-27T08:00:00Z');
  expect(most).toBe(10);
  expect(written.length).toBeLessThan(60);
  expect(Math.max(...sizes)).toBeLessThan(100_000);
  expect(written.at(-1)).toBe('pointer');
});

test('each key of a registry is found by its alias, all of them come back, and one that is not there is none', async () => {
  const table = await startTable();
  const registry = registryOf(400);
  const { digest } = await table.apply(registry, 'pat', '2026-11-27T08:00:00Z');
  expect(registryDigest(await table.whole())).toBe(digest);
  for (const { alias } of registry.keys) expect((await table.key(alias)).alias).toBe(alias);
  await expect(table.key('alias/key-400')).rejects.toMatchObject({ name: 'AliasUnregistered' });
});

test('a reader sees the old registry or the new one, whatever is half written', async () => {
  const table = await startTable();
  await table.apply(registryOf(3), 'pat', '2026-11-27T08:00:00Z');
  const seen: number[] = [];
  const applied = table.apply(registryOf(1000), 'pat', '2026-11-27T09:00:00Z').then(() => 'applied');
  for (let ended = ''; ended === ''; ended = await Promise.race([applied, Promise.resolve('')])) seen.push((await table.whole()).keys.length);
  await applied;
  expect(new Set([...seen, (await table.whole()).keys.length])).toEqual(new Set([3, 1000]));
});

test('a registry without keys is one', async () => {
  const table = await startTable();
  await table.apply(registryOf(0), 'pat', '2026-11-27T08:00:00Z');
  expect((await table.whole()).keys).toEqual([]);
});
