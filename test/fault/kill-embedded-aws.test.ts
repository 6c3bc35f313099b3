import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateKeyCommand, KMSClient, ListKeysCommand } from '@aws-sdk/client-kms';
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, onTestFinished, test } from 'vitest';
import { startEmbeddedAws } from '../../local/server.ts';
import { client, newFolder, options, rotaLocal } from '../embedded-aws.ts';

const keysOf = async (kms: KMSClient): Promise<number> => (await kms.send(new ListKeysCommand({}))).Keys?.length ?? 0;

/** Starts an embedded AWS in a process of its own; `gone` resolves to the signal that ended it. */
async function spawnEmbedded(folder: string): Promise<{ url: string; gone: Promise<unknown> }> {
  const here = (path: string): string => JSON.stringify(join(import.meta.dirname, path));
  const script = `
    import { startEmbeddedAws } from ${here('../../local/server.ts')};
    import { options } from ${here('../embedded-options.ts')};
    console.log((await startEmbeddedAws(options(${JSON.stringify(folder)}))).url);`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const gone = once(child, 'exit').then(([, signal]: unknown[]) => signal);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { url: line.toString().trim(), gone };
}

test.each([
  ['crash-before', 1],
  ['crash-after', 2],
] as const)('%s kills the process: started again on the folder, exactly what happened before is there', async (kind, made) => {
  const folder = await newFolder();
  const { url, gone } = await spawnEmbedded(folder);
  const kms = new KMSClient(client(url));
  const dynamo = new DynamoDBClient(client(url));
  const s3 = new S3Client(client(url));
  await kms.send(new CreateKeyCommand({}));
  await s3.send(new CreateBucketCommand({ Bucket: 'dossiers' }));
  await s3.send(new PutObjectCommand({ Bucket: 'dossiers', Key: 'first', Body: 'kept' }));
  await dynamo.send(new CreateTableCommand({ TableName: 'ledger', BillingMode: 'PAY_PER_REQUEST', AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }], KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }] }));
  await dynamo.send(new PutItemCommand({ TableName: 'ledger', Item: { id: { S: 'step' } } }));
  await rotaLocal(url, 'AdvanceClock', { seconds: 86_400 });
  await expect(startEmbeddedAws(options(folder))).rejects.toThrow(`${folder} is in use by another process`);
  await rotaLocal(url, 'AddFault', { service: 'kms', operation: 'CreateKey', kind });
  await expect(kms.send(new CreateKeyCommand({}))).rejects.toThrow();
  expect(await gone).toBe('SIGKILL');

  const again = await startEmbeddedAws(options(folder));
  onTestFinished(() => again.close());
  expect(await keysOf(new KMSClient(client(again.url)))).toBe(made);
  expect(await (await new S3Client(client(again.url)).send(new GetObjectCommand({ Bucket: 'dossiers', Key: 'first' }))).Body?.transformToString()).toBe('kept');
  expect((await new DynamoDBClient(client(again.url)).send(new GetItemCommand({ TableName: 'ledger', Key: { id: { S: 'step' } } }))).Item).toEqual({ id: { S: 'step' } });
  expect(await rotaLocal(again.url, 'GetClock')).toMatchObject({ offsetSeconds: 86_400 });
  expect(await rotaLocal(again.url, 'ListFaults')).toEqual({ faults: [] });
});

test('a put that was answered before a kill is there, whole; one that was not is there whole or not at all', async () => {
  const folder = await newFolder();
  const { url, gone } = await spawnEmbedded(folder);
  const s3 = new S3Client(client(url));
  await s3.send(new CreateBucketCommand({ Bucket: 'dossiers' }));
  await rotaLocal(url, 'AddFault', { service: 's3', operation: 'PutObject', kind: 'crash-before', skip: 10 });
  const body = 'x'.repeat(50_000);
  const answers = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => s3.send(new PutObjectCommand({ Bucket: 'dossiers', Key: `object-${i}`, Body: body })).then(() => `object-${i}`)));
  await gone;
  const again = await startEmbeddedAws(options(folder));
  onTestFinished(() => again.close());
  const after = new S3Client(client(again.url));
  const found = ((await after.send(new ListObjectsV2Command({ Bucket: 'dossiers' }))).Contents ?? []).map(({ Key }) => Key ?? '');
  expect(found).toEqual(expect.arrayContaining(answers.flatMap((a) => (a.status === 'fulfilled' ? [a.value] : []))));
  for (const Key of found) expect(await (await after.send(new GetObjectCommand({ Bucket: 'dossiers', Key }))).Body?.transformToString()).toBe(body);
});
