import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateStateMachineCommand, DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startEmbeddedAws, type EmbeddedAws } from '../../local/server.ts';
import { accountId, options } from '../embedded-options.ts';

// State machines that call the other services of the embedded AWS. Shapes and names as recorded on AWS (LocalStack snapshots services/* and
// error_handling/*), for the principal whose role the machine has.

const role = `arn:aws:iam::${accountId}:role/machine`;
const credentials = { accessKeyId: 'AKIDP', secretAccessKey: 'p' };
let folder = '';
let aws: EmbeddedAws;
let sfn: SFNClient;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rota-services-'));
  const user = { id: 'p', arn: `arn:aws:iam::${accountId}:user/p`, accountId, ...credentials, allow: ['*'] };
  const machine = { id: 'm', arn: role, accountId, accessKeyId: 'AKIDM', secretAccessKey: 'm', allow: ['dynamodb:*', 's3:CreateBucket', 's3:PutObject', 's3:GetObject', 's3:ListBucket', 'states:*', 'lambda:*', 'tag:GetResources'] };
  aws = await startEmbeddedAws(options(folder, { principals: [user, machine], lambdas: () => new Map([['f', () => Promise.resolve('done')]]) }));
  sfn = new SFNClient({ endpoint: aws.url, region: 'eu-central-1', credentials, maxAttempts: 1 });
});
afterAll(async () => {
  sfn.destroy();
  await aws.close();
  await rm(folder, { recursive: true, force: true });
});

interface Ended {
  readonly status?: string | undefined;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
  readonly result: unknown;
}

/** Runs one Task to its end. */
async function call(resource: string, Arguments: unknown, more: object = {}): Promise<Ended> {
  const definition = JSON.stringify({ QueryLanguage: 'JSONata', StartAt: 'A', States: { A: { Type: 'Task', Resource: `arn:aws:states:::${resource}`, Arguments, End: true, ...more } } });
  const { stateMachineArn } = await sfn.send(new CreateStateMachineCommand({ name: `m-${crypto.randomUUID()}`, definition, roleArn: role }));
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn }));
  return vi.waitFor(async () => {
    const { status, error, cause, output } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    if (status === 'RUNNING') throw new Error('still running');
    return { status, error, cause, result: output === undefined ? undefined : (JSON.parse(output) as unknown) };
  });
}

describe('DynamoDB', () => {
  const item = { pk: { S: 'a' }, n: { N: '1' } };
  beforeAll(async () => {
    const table = { TableName: 'things', BillingMode: 'PAY_PER_REQUEST', AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }], KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }] };
    expect(await call('aws-sdk:dynamodb:createTable', table)).toMatchObject({ status: 'SUCCEEDED', result: { TableDescription: { CreationDateTime: expect.stringMatching(/^\d{4}-.*Z$/) as string } } });
    expect(await call('aws-sdk:dynamodb:putItem', { TableName: 'things', Item: item })).toMatchObject({ result: {} });
  });

  test('aws-sdk shows the answer alone, the optimized integration its HTTP part too', async () => {
    const key = { TableName: 'things', Key: { pk: { S: 'a' } } };
    expect((await call('aws-sdk:dynamodb:getItem', key)).result).toEqual({ Item: item });
    expect((await call('dynamodb:getItem', key)).result).toEqual({ Item: item, SdkHttpMetadata: expect.objectContaining({ HttpStatusCode: 200 }) as object, SdkResponseMetadata: { RequestId: expect.any(String) as string } });
  });

  test.each([
    ['aws-sdk:dynamodb:putItem', { TableName: 'none', Item: item }, 'DynamoDb.ResourceNotFoundException', /not found \(Service: DynamoDb, Status Code: 400, Request ID: \S+\)$/],
    ['dynamodb:putItem', { TableName: 'none', Item: item }, 'DynamoDB.ResourceNotFoundException', /not found \(Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ResourceNotFoundException; Request ID: \S+; Proxy: null\)$/],
    ['dynamodb:putItem', { TableName: 'things' }, 'DynamoDB.AmazonDynamoDBException', /Error Code: ValidationException/],
    ['dynamodb:putItem', { TableName: 'things', Item: item, ConditionExpression: 'attribute_not_exists(pk)' }, 'DynamoDB.ConditionalCheckFailedException', /./],
    ['aws-sdk:dynamodb:transactWriteItems', {}, 'DynamoDb.UnknownOperationException', /transactWriteItems|TransactWriteItems/i],
  ] as const)('%s fails as %#', async (resource, args, error, cause) => {
    expect(await call(resource, args)).toMatchObject({ status: 'FAILED', error, cause: expect.stringMatching(cause) as string });
  });
});

describe('S3', () => {
  beforeAll(async () => {
    expect(await call('aws-sdk:s3:createBucket', { Bucket: 'bucket' })).toMatchObject({ status: 'SUCCEEDED' });
  });

  test.each([
    ['text data', '"text data"', '"2b5df3712557f503a9977a8ea893b2c9"'],
    [{ Dict: 'Value' }, '{"Dict":"Value"}', '"49e31cee5aec8faf3345893addb14346"'],
    [false, 'false', '"68934a3e9455fa72420237eb05902327"'],
  ])('a Body of %j is stored as its JSON', async (Body, stored, ETag) => {
    expect((await call('aws-sdk:s3:putObject', { Bucket: 'bucket', Key: 'a b/ü', Body, Metadata: { who: 'ann' } })).result).toMatchObject({ ETag });
    expect((await call('aws-sdk:s3:getObject', { Bucket: 'bucket', Key: 'a b/ü' })).result).toMatchObject({
      AcceptRanges: 'bytes', ContentLength: stored.length, ContentType: 'text/plain; charset=UTF-8', ETag, Metadata: { who: 'ann' }, Body: stored, LastModified: expect.stringMatching(/Z$/) as string,
    });
  });

  test('lists, and tells the head of an object', async () => {
    await call('aws-sdk:s3:putObject', { Bucket: 'bucket', Key: 'list/1', Body: 1 });
    expect((await call('aws-sdk:s3:listObjectsV2', { Bucket: 'bucket', Prefix: 'list/', MaxKeys: 5 })).result).toMatchObject({ KeyCount: 1, IsTruncated: false, Contents: [{ Key: 'list/1', Size: 1 }] });
    expect((await call('aws-sdk:s3:headObject', { Bucket: 'bucket', Key: 'list/1' })).result).toMatchObject({ ContentLength: 1 });
  });

  test.each([
    ['getObject', { Bucket: 'bucket', Key: 'none' }, 'S3.NoSuchKeyException'],
    ['getObject', { Bucket: 'none', Key: 'none' }, 'S3.NoSuchBucketException'],
    ['putObject', { Bucket: 'bucket', Key: 'k', Body: 1, ACL: 'public-read' }, 'S3.NotImplementedException'],
    ['deleteBucket', { Bucket: 'bucket' }, 'S3.NotImplementedException'],
    ['getObject', { Bucket: 'bucket' }, 'S3.S3Exception'],
  ])('%s fails as %#', async (action, args, error) => {
    expect(await call(`aws-sdk:s3:${action}`, args)).toMatchObject({ status: 'FAILED', error });
  });
});

describe('Step Functions', () => {
  test('states:startExecution takes Input as JSON and shows where the execution is', async () => {
    const definition = JSON.stringify({ QueryLanguage: 'JSONata', StartAt: 'A', States: { A: { Type: 'Succeed' } } });
    const { stateMachineArn } = await sfn.send(new CreateStateMachineCommand({ name: 'inner', definition, roleArn: role }));
    const { result } = await call('states:startExecution', { StateMachineArn: stateMachineArn, Input: { hello: 'World' } });
    const { ExecutionArn } = result as { ExecutionArn: string };
    expect(result).toEqual({ ExecutionArn: expect.stringContaining(':execution:inner:') as string, StartDate: expect.stringMatching(/Z$/) as string, SdkHttpMetadata: expect.any(Object) as object, SdkResponseMetadata: expect.any(Object) as object });
    expect((await sfn.send(new DescribeExecutionCommand({ executionArn: ExecutionArn }))).input).toBe('{"hello":"World"}');
  });

  test('a machine that is not there', async () => {
    expect(await call('states:startExecution', { StateMachineArn: `arn:aws:states:eu-central-1:${accountId}:stateMachine:none` })).toMatchObject({
      error: 'StepFunctions.StateMachineDoesNotExistException',
      cause: expect.stringMatching(/^State Machine Does Not Exist: .* \(Service: AWSStepFunctions; Status Code: 400; Error Code: StateMachineDoesNotExist; Request ID: \S+; Proxy: null\)$/) as string,
    });
  });
});

test('tagging: the resources with a tag', async () => {
  expect(await call('aws-sdk:resourcegroupstaggingapi:getResources', { TagFilters: [{ Key: 'none' }] })).toMatchObject({ status: 'SUCCEEDED', result: { ResourceTagMappingList: [] } });
});

test('what the role may not do', async () => {
  expect(await call('aws-sdk:kms:createKey', {})).toMatchObject({ status: 'FAILED', error: 'Kms.KmsException', cause: expect.stringContaining('kms:CreateKey') as string });
});
