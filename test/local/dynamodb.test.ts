import { CreateTableCommand, DescribeTableCommand, DynamoDBClient, GetItemCommand, ListTablesCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import db from 'dynalite/db/index.js';
import { expect, onTestFinished, test } from 'vitest';
import { openDynamoDb } from '../../local/dynamodb.ts';
import { startEmbeddedAws } from '../../local/server.ts';
import { accountId, admin, client, nameOf, newFolder, options, region } from '../embedded-aws.ts';

test('DynamoDB: tables are active at once, conditions hold, and both survive a restart', async () => {
  const folder = await newFolder();
  const first = await startEmbeddedAws(options(folder));
  const dynamo = new DynamoDBClient(client(first.url));
  const made = await dynamo.send(new CreateTableCommand({ TableName: 'ledger', BillingMode: 'PAY_PER_REQUEST', AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }], KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }] }));
  expect(made.TableDescription?.TableArn).toBe(`arn:aws:dynamodb:${region}:${accountId}:table/ledger`);
  expect((await dynamo.send(new DescribeTableCommand({ TableName: 'ledger' }))).Table?.TableStatus).toBe('ACTIVE');
  const put = (by: string) => dynamo.send(new PutItemCommand({ TableName: 'ledger', Item: { id: { S: 'step' }, by: { S: by } }, ConditionExpression: 'attribute_not_exists(id)' }));
  const names = await Promise.all([nameOf(put('a')), nameOf(put('b')), nameOf(put('c'))]);
  expect(names.sort()).toEqual(['ConditionalCheckFailedException', 'ConditionalCheckFailedException', 'no error']);
  expect(await nameOf(dynamo.send(new GetItemCommand({ TableName: 'ledger', Key: {} })))).toBe('ValidationException');
  const before = (await dynamo.send(new GetItemCommand({ TableName: 'ledger', Key: { id: { S: 'step' } } }))).Item;
  await first.close();

  const second = await startEmbeddedAws(options(folder));
  onTestFinished(() => second.close());
  const again = new DynamoDBClient(client(second.url));
  expect((await again.send(new ListTablesCommand({}))).TableNames).toEqual(['ledger']);
  expect((await again.send(new GetItemCommand({ TableName: 'ledger', Key: { id: { S: 'step' } } }))).Item).toEqual(before);
});

test.each([
  ['CREATING', 'ACTIVE'],
  ['UPDATING', 'ACTIVE'],
  ['DELETING', 'gone'],
])('a table that a kill left %s is %s after the next start', async (left, then) => {
  const folder = await newFolder();
  const caller = { arn: admin.arn, userId: admin.id, accountId, region, sourceIp: '127.0.0.1', requestId: 'r' };
  const first = await openDynamoDb({ folder, accountId, region });
  await first.handle('CreateTable', { TableName: 'ledger', BillingMode: 'PAY_PER_REQUEST', AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }], KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }] }, caller);
  await first.close();
  const store = db.create({ path: folder, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  await store.db.open();
  await new Promise<void>((resolve, reject) =>
    store.getTable('ledger', false, (_error, table) => store.tableDb.put('ledger', { ...table, TableStatus: left }, (error) => (error === null ? resolve() : reject(error)))),
  );
  await store.db.close();

  const second = await openDynamoDb({ folder, accountId, region });
  onTestFinished(() => second.close());
  const status = await second.handle('DescribeTable', { TableName: 'ledger' }, caller).then(
    ({ Table }) => (Table as { TableStatus: string }).TableStatus,
    (error: unknown) => ((error as Error).name === 'ResourceNotFoundException' ? 'gone' : String(error)),
  );
  expect(status).toBe(then);
});
