import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { CreateKeyCommand, KMSClient, ListKeysCommand } from '@aws-sdk/client-kms';
import { CreateBucketCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { AnswerDropped, Faults } from '../../local/faults.ts';
import type { EmbeddedAws } from '../../local/server.ts';
import { credentials, startBareAws } from '../embedded-aws.ts';
import { AwsError } from '../../local/wire/errors.ts';

const ran = vi.fn(() => Promise.resolve('done'));
const around = (faults: Faults, service = 'kms', operation = 'Sign') => faults.around(service, operation, ran);
afterEach(() => {
  ran.mockReset();
  ran.mockImplementation(() => Promise.resolve('done'));
});

/** What each of `count` calls came to: its answer, or the name of its error. */
async function outcomes(faults: Faults, count: number): Promise<string[]> {
  const said: string[] = [];
  for (let n = 0; n < count; n += 1) said.push(await around(faults).catch((error: unknown) => (error instanceof AwsError ? error.code : String(error))));
  return said;
}

describe('which calls a fault meets', () => {
  test('none where there is none', async () => {
    expect(await outcomes(new Faults(), 2)).toEqual(['done', 'done']);
  });

  test('skip calls pass, count calls fail, the rest pass', async () => {
    const faults = new Faults();
    faults.add({ service: 'kms', operation: 'Sign', kind: 'throttle', skip: 2, count: 3 });
    const t = 'ThrottlingException';
    expect(await outcomes(faults, 7)).toEqual(['done', 'done', t, t, t, 'done', 'done']);
    expect(faults.list()).toEqual([]);
  });

  test('the next one only, unless it says otherwise', async () => {
    const faults = new Faults();
    faults.add({ service: 'kms', operation: 'Sign', kind: 'server-error' });
    expect(await outcomes(faults, 2)).toEqual(['KMSInternalException', 'done']);
  });

  test('those of its service and operation, where * is any', async () => {
    const faults = new Faults();
    faults.add({ service: 'kms', operation: 'Sign', kind: 'throttle' });
    expect(await around(faults, 'kms', 'Verify')).toBe('done');
    expect(await around(faults, 'states', 'Sign')).toBe('done');
    await expect(around(faults)).rejects.toThrow(AwsError);
    faults.add({ service: 's3', operation: '*', kind: 'throttle' });
    expect(await around(faults, 'kms', 'PutObject')).toBe('done');
    await expect(around(faults, 's3', 'PutObject')).rejects.toThrow(AwsError);
  });

  test('two faults for one operation come one after the other', async () => {
    const faults = new Faults();
    faults.add({ service: 'kms', operation: 'Sign', kind: 'throttle' });
    faults.add({ service: 'kms', operation: '*', kind: 'server-error' });
    expect(await outcomes(faults, 3)).toEqual(['ThrottlingException', 'KMSInternalException', 'done']);
  });

  test('none after a clear', async () => {
    const faults = new Faults();
    faults.add({ service: 'kms', operation: '*', kind: 'throttle', count: 5 });
    expect(faults.list()).toHaveLength(1);
    faults.clear();
    expect(faults.list()).toEqual([]);
    expect(await outcomes(faults, 1)).toEqual(['done']);
  });
});

describe('what a fault does', () => {
  test.each([
    ['kms', 'throttle', 'ThrottlingException', 400],
    ['dynamodb', 'throttle', 'ProvisionedThroughputExceededException', 400],
    ['s3', 'throttle', 'SlowDown', 503],
    ['kms', 'server-error', 'KMSInternalException', 500],
    ['dynamodb', 'server-error', 'InternalServerError', 500],
    ['s3', 'server-error', 'InternalError', 500],
    ['states', 'server-error', 'InternalFailure', 500],
  ])('%s, %s: %s, and the call does not happen', async (service, kind, code, httpStatus) => {
    const faults = new Faults();
    faults.add({ service, operation: '*', kind });
    await expect(around(faults, service)).rejects.toMatchObject({ code, httpStatus });
    expect(ran).not.toHaveBeenCalled();
  });

  test('delay: the call happens, once, and is answered', async () => {
    const faults = new Faults();
    faults.add({ service: 'kms', operation: '*', kind: 'delay', delayMs: 1 });
    expect(await around(faults)).toBe('done');
    expect(ran).toHaveBeenCalledOnce();
  });

  test('drop-answer: the call happens, its answer is lost', async () => {
    const faults = new Faults();
    faults.add({ service: 'kms', operation: '*', kind: 'drop-answer' });
    await expect(around(faults)).rejects.toThrow(AnswerDropped);
    expect(ran).toHaveBeenCalledOnce();
  });

  test('drop-answer: a call that fails fails with its own error', async () => {
    const faults = new Faults();
    faults.add({ service: 'kms', operation: '*', kind: 'drop-answer' });
    ran.mockImplementation(() => Promise.reject(new Error('its own')));
    await expect(around(faults)).rejects.toThrow('its own');
  });
});

test.each([
  {},
  { service: 'kms', operation: '*' },
  { service: 'kms', operation: '*', kind: 'explode' },
  { service: 1, operation: '*', kind: 'throttle' },
  { service: 'kms', kind: 'throttle' },
  { service: 'kms', operation: '*', kind: 'throttle', count: -1 },
  { service: 'kms', operation: '*', kind: 'throttle', skip: 1.5 },
  { service: 'kms', operation: '*', kind: 'delay' },
  { service: 'kms', operation: '*', kind: 'delay', delayMs: '1' },
])('a fault of another form is refused: %j', (given) => {
  const faults = new Faults();
  expect(() => faults.add(given)).toThrow(expect.objectContaining({ code: 'ValidationException' }) as Error);
  expect(faults.list()).toEqual([]);
});

describe('over the wire', () => {
  let folder = '';
  let aws: EmbeddedAws;
  let kms: KMSClient;
  let dynamo: DynamoDBClient;
  let s3: S3Client;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rota-faults-'));
    aws = await startBareAws(folder);
    const config = { endpoint: aws.url, region: 'eu-central-1', credentials, maxAttempts: 1 };
    kms = new KMSClient(config);
    dynamo = new DynamoDBClient(config);
    s3 = new S3Client({ ...config, forcePathStyle: true });
  });
  afterAll(async () => {
    for (const client of [kms, dynamo, s3]) client.destroy();
    await aws.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** The admin service, through the KMS client's signing and sending: only the target differs. */
  async function admin(operation: string, input: Record<string, unknown> = {}): Promise<void> {
    const client = new KMSClient({ endpoint: aws.url, region: 'eu-central-1', credentials, maxAttempts: 1 });
    client.middlewareStack.add(
      (next) => (args) => {
        const request = args.request as { headers: Record<string, string>; body: string };
        request.headers['x-amz-target'] = `RotaLocal.${operation}`;
        request.body = JSON.stringify(input);
        request.headers['content-length'] = String(Buffer.byteLength(request.body));
        return next(args);
      },
      { step: 'build', name: 'toAdmin' },
    );
    await client.send(new ListKeysCommand({}));
    client.destroy();
  }

  const keys = async () => (await kms.send(new ListKeysCommand({}))).Keys?.map((k) => k.KeyId) ?? [];

  test('a dropped answer: the client sees a broken connection, the key was made', async () => {
    const before = await keys();
    await admin('AddFault', { service: 'kms', operation: 'CreateKey', kind: 'drop-answer' });
    await expect(kms.send(new CreateKeyCommand({}))).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await keys()).toHaveLength(before.length + 1);
    await kms.send(new CreateKeyCommand({}));
    expect(await keys()).toHaveLength(before.length + 2);
  });

  test('a dropped answer of DynamoDB and of S3', async () => {
    await admin('AddFault', { service: 'dynamodb', operation: 'ListTables', kind: 'drop-answer' });
    await expect(dynamo.send(new ListTablesCommand({}))).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect((await dynamo.send(new ListTablesCommand({}))).TableNames).toEqual([]);
    await admin('AddFault', { service: 's3', operation: 'CreateBucket', kind: 'drop-answer' });
    await expect(s3.send(new CreateBucketCommand({ Bucket: 'dropped' }))).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect((await s3.send(new ListBucketsCommand({}))).Buckets?.map((b) => b.Name)).toEqual(['dropped']);
  });

  test('throttling and a server error, in the words of each service; nothing was done', async () => {
    const before = await keys();
    for (const kind of ['throttle', 'server-error']) for (const service of ['kms', 'dynamodb', 's3']) await admin('AddFault', { service, operation: { kms: 'CreateKey', dynamodb: 'ListTables', s3: 'CreateBucket' }[service], kind });
    const seen: string[] = [];
    const note = (error: unknown) => void seen.push(`${(error as Error).name} ${(error as { $metadata: { httpStatusCode: number } }).$metadata.httpStatusCode}`);
    for (let n = 0; n < 2; n += 1) {
      await kms.send(new CreateKeyCommand({})).catch(note);
      await dynamo.send(new ListTablesCommand({})).catch(note);
      await s3.send(new CreateBucketCommand({ Bucket: 'throttled' })).catch(note);
    }
    expect(seen).toEqual(['ThrottlingException 400', 'ProvisionedThroughputExceededException 400', 'SlowDown 503', 'KMSInternalException 500', 'InternalServerError 500', 'InternalError 500']);
    expect(await keys()).toEqual(before);
    expect((await s3.send(new ListBucketsCommand({}))).Buckets?.map((b) => b.Name)).not.toContain('throttled');
  });

  test('a client that tries again gets through a throttle and a delay', async () => {
    const patient = new KMSClient({ endpoint: aws.url, region: 'eu-central-1', credentials, maxAttempts: 3 });
    await admin('AddFault', { service: 'kms', operation: 'CreateKey', kind: 'throttle' });
    await admin('AddFault', { service: 'kms', operation: 'CreateKey', kind: 'delay', delayMs: 5 });
    const { KeyMetadata } = await patient.send(new CreateKeyCommand({}));
    expect(await keys()).toContain(KeyMetadata?.KeyId);
    patient.destroy();
  });

  test('faults can be cleared, and one of another form is refused', async () => {
    await admin('AddFault', { service: 'kms', operation: '*', kind: 'throttle', count: 100 });
    await expect(keys()).rejects.toMatchObject({ name: 'ThrottlingException' });
    await admin('ClearFaults');
    await keys();
    await expect(admin('AddFault', { service: 'kms', operation: '*', kind: 'explode' })).rejects.toMatchObject({ name: 'ValidationException' });
  });
});
