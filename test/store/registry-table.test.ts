import { GetItemCommand, PutItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import type { RegisteredKey, Registry } from '../../core/registry/registry-schema.ts';
import { RegistryTable } from '../../store/registry-table.ts';
import { Table } from '../../store/table.ts';

test('a registry of many keys is written ten keys at once, and holds when all of them are there', async () => {
  let underWay = 0;
  let most = 0;
  const written: string[] = [];
  const send = async (command: object): Promise<object> => {
    if (command instanceof GetItemCommand) return {};
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay--;
    written.push(command instanceof PutItemCommand ? String(command.input.Item?.item?.S) : 'pointer');
    return {};
  };
  const keys = Array.from({ length: 95 }, (_, i) => ({ alias: `alias/key-${i}` }) as RegisteredKey);
  const registry = { version: 1, people: [], keys } as unknown as Registry;
  await new RegistryTable(new Table({ send } as unknown as DynamoDBClient, 'registry')).apply(registry, 'pat', '2026-11-27T08:00:00Z');
  expect(most).toBe(10);
  expect(written.filter((item) => item.startsWith('key#')).sort()).toEqual(keys.map(({ alias }) => `key#${alias}`).sort());
  expect(written.at(-1)).toBe('pointer');
});
