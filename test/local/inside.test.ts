import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { CreateKeyCommand, KMSClient, ListKeysCommand } from '@aws-sdk/client-kms';
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { client, nameOf, reader, rotaLocal, start } from '../embedded-aws.ts';

test('clients in this process get over no socket what they get over one', async () => {
  const { url, sdkHandler } = await start();
  const inside = { ...client(url), requestHandler: sdkHandler };
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

test('inside too a signature is checked, and what its principal may do', async () => {
  const { url, sdkHandler } = await start();
  const as = (who: typeof reader) => new KMSClient({ ...client(url, who), requestHandler: sdkHandler });
  expect(await nameOf(as(reader).send(new ListKeysCommand({})))).toBe('no error');
  expect(await nameOf(as(reader).send(new CreateKeyCommand({})))).toBe('AccessDeniedException');
  expect(await nameOf(as({ ...reader, secretAccessKey: 'guessed' }).send(new ListKeysCommand({})))).toBe('InvalidSignatureException');
});

test('an answer that is dropped is a lost connection, which the SDK repeats; a closed AWS refuses', async () => {
  const aws = await start();
  const { url, sdkHandler } = aws;
  const once = new DynamoDBClient({ ...client(url), requestHandler: sdkHandler });
  const drop = () => rotaLocal(url, 'AddFault', { service: 'dynamodb', operation: 'ListTables', kind: 'drop-answer' });
  await drop();
  await expect(once.send(new ListTablesCommand({}))).rejects.toMatchObject({ name: 'TimeoutError', code: 'ECONNRESET' });
  await drop();
  const thrice = new DynamoDBClient({ ...client(url), requestHandler: sdkHandler, maxAttempts: 3 });
  expect((await thrice.send(new ListTablesCommand({}))).$metadata.attempts).toBe(2);
  await aws.close();
  await expect(once.send(new ListTablesCommand({}))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
