import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { CreateKeyCommand, KMSClient, ListKeysCommand } from '@aws-sdk/client-kms';
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { client, nameOf, rotaLocal, start } from '../embedded-aws.ts';

test('clients in this process get over no socket what they get over one', async () => {
  const { url, inside: as } = await start();
  const inside = { ...client(url), ...as('admin') };
  const { KeyMetadata, $metadata } = await new KMSClient(inside).send(new CreateKeyCommand({ Description: 'zwei Wörter + ein Zeichen %' }));
  expect($metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
  const outside = new KMSClient(client(url));
  expect((await outside.send(new ListKeysCommand({}))).Keys?.map((k) => k.KeyId)).toEqual([KeyMetadata?.KeyId]);

  const s3 = new S3Client({ ...inside, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: 'papers' }));
  await s3.send(new PutObjectCommand({ Bucket: 'papers', Key: 'a folder/ü+1.txt', Body: 'what it says', IfNoneMatch: '*' }));
  expect(await nameOf(s3.send(new PutObjectCommand({ Bucket: 'papers', Key: 'a folder/ü+1.txt', Body: 'another', IfNoneMatch: '*' })))).toBe('PreconditionFailed');
  expect((await s3.send(new ListObjectsV2Command({ Bucket: 'papers', Prefix: 'a folder/ü+' }))).Contents?.map((c) => c.Key)).toEqual(['a folder/ü+1.txt']);
  expect(await (await s3.send(new GetObjectCommand({ Bucket: 'papers', Key: 'a folder/ü+1.txt' }))).Body?.transformToString()).toBe('what it says');
});

test('inside too a principal may do what its identity policy allows, and is who it is', async () => {
  const { url, inside } = await start();
  const as = (id: string) => new KMSClient({ ...client(url), ...inside(id) });
  expect(await nameOf(as('reader').send(new ListKeysCommand({})))).toBe('no error');
  expect(await nameOf(as('reader').send(new CreateKeyCommand({})))).toBe('AccessDeniedException');
  await as('admin').send(new CreateKeyCommand({}));
  const { Events } = await new CloudTrailClient({ ...client(url), ...inside('admin') }).send(new LookupEventsCommand({ LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'CreateKey' }] }));
  expect(Events?.map((e) => e.Username)).toEqual(['admin']);
  expect(() => inside('nobody')).toThrow('no principal is called nobody');
});

test('an answer that is dropped is a lost connection, which the SDK repeats; a closed AWS refuses', async () => {
  const aws = await start();
  const { url, inside } = aws;
  const once = new DynamoDBClient({ ...client(url), ...inside('admin') });
  const drop = () => rotaLocal(url, 'AddFault', { service: 'dynamodb', operation: 'ListTables', kind: 'drop-answer' });
  await drop();
  await expect(once.send(new ListTablesCommand({}))).rejects.toMatchObject({ name: 'TimeoutError', code: 'ECONNRESET' });
  await drop();
  const thrice = new DynamoDBClient({ ...client(url), ...inside('admin'), maxAttempts: 3 });
  expect((await thrice.send(new ListTablesCommand({}))).$metadata.attempts).toBe(2);
  await aws.close();
  await expect(once.send(new ListTablesCommand({}))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
