import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { CreateKeyCommand, KMSClient, ListKeysCommand } from '@aws-sdk/client-kms';
import { CreateBucketCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { AnswerDropped, Faults } from '../../local/faults.ts';
import { AwsError } from '../../local/wire/errors.ts';
import { admin, client, nameOf, principal, rotaLocal, start } from '../embedded-aws.ts';

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
    ['lambda', 'throttle', 'Lambda.TooManyRequestsException', 429],
    ['lambda', 'server-error', 'Lambda.ServiceException', 500],
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
  { service: '', operation: '*', kind: 'throttle' },
  { service: 'kms', operation: '*', kind: 'throttle', count: 0 },
  { service: 'kms', operation: '*', kind: 'throttle', chance: 0.5 },
  { service: 'kms', operation: '*', kind: 'delay' },
  { service: 'kms', operation: '*', kind: 'delay', delayMs: '1' },
])('a fault of another form is refused: %j', (given) => {
  const faults = new Faults();
  expect(() => faults.add(given)).toThrow(expect.objectContaining({ code: 'ValidationException' }) as Error);
  expect(faults.list()).toEqual([]);
});

describe('over the wire', () => {
  const keys = async (kms: KMSClient): Promise<number> => (await kms.send(new ListKeysCommand({}))).Keys?.length ?? 0;
  const fault = (url: string, service: string, operation: string, kind: string, more: object = {}) => rotaLocal(url, 'AddFault', { service, operation, kind, ...more });

  test('a dropped answer: the client sees a broken connection, the effect is there', async () => {
    const { url } = await start();
    const kms = new KMSClient(client(url));
    const dynamo = new DynamoDBClient(client(url));
    const s3 = new S3Client(client(url));
    await fault(url, 'kms', 'CreateKey', 'drop-answer');
    await fault(url, 'dynamodb', 'ListTables', 'drop-answer');
    await fault(url, 's3', 'CreateBucket', 'drop-answer');
    const broken = { code: 'ECONNRESET' };
    await expect(kms.send(new CreateKeyCommand({}))).rejects.toMatchObject(broken);
    await expect(dynamo.send(new ListTablesCommand({}))).rejects.toMatchObject(broken);
    await expect(s3.send(new CreateBucketCommand({ Bucket: 'dropped' }))).rejects.toMatchObject(broken);
    expect(await keys(kms)).toBe(1);
    expect((await s3.send(new ListBucketsCommand({}))).Buckets?.map((b) => b.Name)).toEqual(['dropped']);
  });

  test('throttling and a server error, in the words of each service; nothing was done', async () => {
    const { url } = await start();
    const kms = new KMSClient(client(url));
    const dynamo = new DynamoDBClient(client(url));
    const s3 = new S3Client(client(url));
    for (const kind of ['throttle', 'server-error']) for (const service of ['kms', 'dynamodb', 's3']) await fault(url, service, '*', kind);
    const ask = () => Promise.all([nameOf(kms.send(new CreateKeyCommand({}))), nameOf(dynamo.send(new ListTablesCommand({}))), nameOf(s3.send(new CreateBucketCommand({ Bucket: 'dossiers' })))]);
    expect(await ask()).toEqual(['ThrottlingException', 'ProvisionedThroughputExceededException', 'SlowDown']);
    expect(await ask()).toEqual(['KMSInternalException', 'InternalServerError', 'InternalError']);
    expect(await keys(kms)).toBe(0);
    expect(await ask()).toEqual(['no error', 'no error', 'no error']);
  });

  test('one of a principal hits that principal only', async () => {
    const { url } = await start({ principals: [admin, principal('other', ['*'])] });
    const kms = new KMSClient(client(url));
    const kmsOfOther = new KMSClient(client(url, principal('other', ['*'])));
    await fault(url, 'kms', 'ListKeys', 'throttle', { skip: 1, principal: 'other' });
    const names: string[] = [];
    for (let n = 0; n < 3; n += 1) names.push(await nameOf(kms.send(new ListKeysCommand({}))), await nameOf(kmsOfOther.send(new ListKeysCommand({}))));
    expect(names).toEqual(['no error', 'no error', 'no error', 'ThrottlingException', 'no error', 'no error']);
  });

  test('a client that tries again gets through a throttle and a delay', async () => {
    const { url } = await start();
    const patient = new KMSClient({ ...client(url), maxAttempts: 3 });
    await fault(url, 'kms', 'CreateKey', 'throttle');
    await fault(url, 'kms', 'CreateKey', 'delay', { delayMs: 5 });
    await patient.send(new CreateKeyCommand({}));
    expect(await keys(patient)).toBe(1);
  });

  test('the list shows what is left; faults can be cleared', async () => {
    const { url } = await start();
    const one = { service: 'kms', operation: 'CreateKey', kind: 'throttle', skip: 2, count: 3 };
    await rotaLocal(url, 'AddFault', one);
    expect(await rotaLocal(url, 'ListFaults')).toEqual({ faults: [one] });
    await rotaLocal(url, 'ClearFaults');
    expect(await rotaLocal(url, 'ListFaults')).toEqual({ faults: [] });
    await expect(rotaLocal(url, 'AddFault', { ...one, kind: 'explode' })).rejects.toThrow('ValidationException');
  });
});
