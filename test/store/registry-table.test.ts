import { GetCommand, PutCommand, UpdateCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { expect, test } from 'vitest';
import type { RegisteredKey, Registry } from '../../core/registry/registry-schema.ts';
import { RegistryTable } from '../../store/registry-table.ts';

test('a registry of many keys is written ten keys at once, and holds when all of them are there', async () => {
  let underWay = 0;
  let most = 0;
  const written: string[] = [];
  const send = async (command: GetCommand | PutCommand | UpdateCommand): Promise<object> => {
    if (command instanceof GetCommand) return {};
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay--;
    written.push(command instanceof PutCommand ? String(command.input.Item?.item) : 'pointer');
    return {};
  };
  const keys = Array.from({ length: 95 }, (_, i) => ({ alias: `alias/key-${i}` }) as RegisteredKey);
  const registry = { version: 1, people: [], keys } as unknown as Registry;
  await new RegistryTable({ send } as unknown as DynamoDBDocumentClient, 'registry').apply(registry, 'pat', '2026-11-27T08:00:00Z');
  expect(most).toBe(10);
  expect(written.filter((item) => item.startsWith('key#')).sort()).toEqual(keys.map(({ alias }) => `key#${alias}`).sort());
  expect(written.at(-1)).toBe('pointer');
});
