import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand, ResourceNotFoundException } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { CreateKeyCommand, DecryptCommand, DescribeKeyCommand, EncryptCommand, KMSClient, NotFoundException } from '@aws-sdk/client-kms';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateStateMachineCommand, DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { EmbeddedAws } from '../../local/server.ts';
import { accountId, credentials, startBareAws } from '../embedded-aws.ts';

// The clients of the AWS SDK as they are, one round trip of each.

let folder = '';
let aws: EmbeddedAws;
let config: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string }; maxAttempts: number };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rota-clients-'));
  aws = await startBareAws(folder, { lambdas: () => new Map([['double', (payload) => Promise.resolve({ doubled: 2 * (payload as { n: number }).n })]]) });
  config = { endpoint: aws.url, region: 'eu-central-1', credentials, maxAttempts: 1 };
});
afterAll(async () => {
  await aws.close();
  await rm(folder, { recursive: true, force: true });
});

test('KMS: a key is made, encrypts and decrypts', async () => {
  const kms = new KMSClient(config);
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Description: 'round trip' }));
  const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: KeyMetadata?.KeyId, Plaintext: Buffer.from('hello') }));
  const { Plaintext } = await kms.send(new DecryptCommand({ CiphertextBlob }));
  expect(Buffer.from(Plaintext ?? []).toString()).toBe('hello');
  const missing = kms.send(new DescribeKeyCommand({ KeyId: '00000000-0000-0000-0000-000000000000' }));
  await expect(missing).rejects.toBeInstanceOf(NotFoundException);
  kms.destroy();
});

test('DynamoDB: an item is put and read again', async () => {
  const dynamo = new DynamoDBClient(config);
  await dynamo.send(
    new CreateTableCommand({
      TableName: 'things',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    }),
  );
  const item = { pk: { S: 'ü/1' }, n: { N: '42' } };
  await vi.waitFor(() => dynamo.send(new PutItemCommand({ TableName: 'things', Item: item })), { timeout: 10_000 });
  const { Item } = await dynamo.send(new GetItemCommand({ TableName: 'things', Key: { pk: { S: 'ü/1' } }, ConsistentRead: true }));
  expect(Item).toEqual(item);
  await expect(dynamo.send(new GetItemCommand({ TableName: 'nothing', Key: { pk: { S: '1' } } }))).rejects.toBeInstanceOf(ResourceNotFoundException);
  dynamo.destroy();
});

test('S3: an object is put and read again', async () => {
  const s3 = new S3Client({ ...config, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: 'round-trip' }));
  const { VersionId } = await s3.send(new PutObjectCommand({ Bucket: 'round-trip', Key: 'a', Body: 'hello', ContentType: 'text/plain', Metadata: { note: 'one' } }));
  const got = await s3.send(new GetObjectCommand({ Bucket: 'round-trip', Key: 'a' }));
  expect(got).toMatchObject({ ContentType: 'text/plain', Metadata: { note: 'one' }, VersionId });
  expect(await got.Body?.transformToString()).toBe('hello');
  s3.destroy();
});

test('Step Functions: an execution calls a function and succeeds', async () => {
  const sfn = new SFNClient(config);
  const definition = {
    QueryLanguage: 'JSONata',
    StartAt: 'Double',
    States: {
      Double: {
        Type: 'Task',
        Resource: 'arn:aws:states:::lambda:invoke',
        Arguments: { FunctionName: 'double', Payload: { n: '{% $states.input.n %}' } },
        Output: '{% $states.result.Payload %}',
        End: true,
      },
    },
  };
  const { stateMachineArn } = await sfn.send(new CreateStateMachineCommand({ name: 'machine', roleArn: `arn:aws:iam::${accountId}:role/machine`, definition: JSON.stringify(definition) }));
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, input: '{"n":21}' }));
  const ended = await vi.waitFor(
    async () => {
      const execution = await sfn.send(new DescribeExecutionCommand({ executionArn }));
      expect(execution.status).not.toBe('RUNNING');
      return execution;
    },
    { timeout: 20_000 },
  );
  expect(ended).toMatchObject({ status: 'SUCCEEDED', output: '{"doubled":42}' });
  sfn.destroy();
});

test('EventBridge: events are taken, one that lacks a field is not', async () => {
  const events = new EventBridgeClient(config);
  const answer = await events.send(
    new PutEventsCommand({
      Entries: [
        { Source: 'rota', DetailType: 'thing', Detail: '{"a":1}' },
        { Source: 'rota', Detail: '{}' },
      ],
    }),
  );
  expect(answer.FailedEntryCount).toBe(1);
  expect(answer.Entries?.[0]?.EventId).toMatch(/^[0-9a-f-]{36}$/);
  expect(answer.Entries?.[1]?.ErrorCode).toBe('InvalidArgument');
  events.destroy();
});
