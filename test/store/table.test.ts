import { CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { Table } from '../../store/table.ts';
import { admin, region, start } from '../embedded-aws.ts';

async function tableOf(keys: readonly string[]): Promise<{ table: Table; dynamo: DynamoDBClient }> {
  const aws = await start();
  const dynamo = new DynamoDBClient({ endpoint: aws.url, region, credentials: admin });
  await dynamo.send(
    new CreateTableCommand({
      TableName: 'things',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: keys.map((AttributeName, i) => ({ AttributeName, KeyType: i === 0 ? 'HASH' : 'RANGE' })),
    }),
  );
  return { table: new Table(dynamo, 'things'), dynamo };
}

test('an item comes back as it was put: numbers, bytes, sets and nothing for what is undefined', async () => {
  const { table } = await tableOf(['id']);
  const item = { id: 'a', count: 3, share: 0.25, bytes: Buffer.from([0, 255]), ids: new Set(['x', 'y']), list: [1, 'two', { three: null }], there: true };
  expect(await table.put({ ...item, absent: undefined, inside: { absent: undefined } })).toBe(true);
  const found = await table.get({ id: 'a' });
  expect({ ...found, bytes: Buffer.from(found?.bytes as Uint8Array) }).toEqual({ ...item, inside: {} });
  expect(await table.get({ id: 'b' })).toBeUndefined();
});

test('a write whose condition does not hold changes nothing and says so', async () => {
  const { table } = await tableOf(['id']);
  const isNew = { only: 'attribute_not_exists(id)' };
  expect(await table.put({ id: 'a', n: 1 }, isNew)).toBe(true);
  expect(await table.put({ id: 'a', n: 2 }, isNew)).toBe(false);
  expect(await table.update({ id: 'a' }, { change: 'SET n = :n', only: 'n = :was', values: { ':n': 3, ':was': 2 } })).toBe(false);
  expect(await table.updated({ id: 'a' }, { change: 'SET n = :n', only: 'n = :was', values: { ':n': 3, ':was': 2 } })).toBeUndefined();
  expect(await table.delete({ id: 'a' }, { only: '#n = :was', names: { '#n': 'n' }, values: { ':was': 2 } })).toBe(false);
  expect(await table.get({ id: 'a' })).toEqual({ id: 'a', n: 1 });
  expect(await table.updated({ id: 'a' }, { change: 'ADD n :n', values: { ':n': 3 } })).toEqual({ id: 'a', n: 4 });
  expect(await table.update({ id: 'b' }, { change: 'SET n = :n', values: { ':n': 1 } })).toBe(true);
  expect(await table.delete({ id: 'a' })).toBe(true);
  expect(await table.scan()).toEqual([{ id: 'b', n: 1 }]);
});

test('an error other than a condition that does not hold is thrown', async () => {
  const { dynamo } = await tableOf(['id']);
  await expect(new Table(dynamo, 'nowhere').put({ id: 'a' })).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

// DynamoDB API Reference, Query and Scan: a page ends after 1 MB.
test('a partition and a table of more than one page are answered whole', async () => {
  const { table } = await tableOf(['id', 'at']);
  const text = 'x'.repeat(300_000);
  for (const at of ['1', '2', '3', '4', '5', '6']) await table.put({ id: 'a', at, text });
  await table.put({ id: 'b', at: '9', text });
  const ofA = { where: 'id = :a', values: { ':a': 'a' } };
  expect((await table.query(ofA)).map(({ at }) => at)).toEqual(['1', '2', '3', '4', '5', '6']);
  expect((await table.query({ ...ofA, where: 'id = :a AND #at > :from', filter: 'attribute_not_exists(gone)', names: { '#at': 'at' }, values: { ':a': 'a', ':from': '4' } })).map(({ at }) => at)).toEqual(['5', '6']);
  expect((await table.last(ofA))?.at).toBe('6');
  expect(await table.last({ where: 'id = :a', values: { ':a': 'c' } })).toBeUndefined();
  expect(await table.scan()).toHaveLength(7);
  expect((await table.scan({ filter: 'id = :b', values: { ':b': 'b' } })).map(({ at }) => at)).toEqual(['9']);
});

// DynamoDB API Reference, BatchGetItem: at most 100 items and 16 MB; dynalite leaves none unprocessed, so here somebody does.
test('many items at once, of which DynamoDB leaves some for another request', async () => {
  const { table, dynamo } = await tableOf(['id']);
  const ids = Array.from({ length: 130 }, (_, i) => String(i));
  for (const id of ids) await table.put({ id, text: 'x', more: { deep: id } });
  dynamo.middlewareStack.add(
    (next) => async (args) => {
      const { RequestItems } = args.input as { RequestItems?: { things: { Keys: object[] } } };
      const left = RequestItems?.things.Keys.splice(60) ?? [];
      const answer = await next(args);
      if (left.length > 0) Object.assign(answer.output, { UnprocessedKeys: { things: { Keys: left } } });
      return answer;
    },
    { step: 'initialize' },
  );
  const found = await table.batchGet([...ids, 'none'].map((id) => ({ id })), { projection: '#id, more.deep', names: { '#id': 'id' } });
  expect(found).toHaveLength(130);
  expect(found.find(({ id }) => id === '129')).toEqual({ id: '129', more: { deep: '129' } });
  expect(await table.batchGet([])).toEqual([]);
});

test('every read is consistent, and a write asks for no more than it answers', async () => {
  const sent: object[] = [];
  const send = (command: { input: object }): Promise<object> => {
    sent.push(command);
    return Promise.resolve({});
  };
  const table = new Table({ send } as unknown as DynamoDBClient, 'things');
  await table.get({ id: 'a' });
  await table.put({ id: 'a' });
  await table.update({ id: 'a' }, { change: 'SET n = :n', values: { ':n': 1 } });
  const [get, put, update] = sent as [GetItemCommand, PutItemCommand, UpdateItemCommand];
  expect(get.input.ConsistentRead).toBe(true);
  expect(put.input).toEqual({ TableName: 'things', Item: { id: { S: 'a' } } });
  expect(update.input.ReturnValues).toBe('NONE');
});
