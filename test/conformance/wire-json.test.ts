import { CreateKeyCommand, DecryptCommand, DescribeKeyCommand, EncryptCommand, KMSClient, NotFoundException } from '@aws-sdk/client-kms';
import { expect, test } from 'vitest';
import { admin, call, client, reader, sign, start } from '../embedded-aws.ts';

/** The awsJson1_0 and 1_1 protocols (Smithy specification), and what IAM answers to whoever may not. */

async function post(url: string, service: string, target: string, body: string, type = 'application/x-amz-json-1.1'): Promise<Response> {
  const { headers } = await sign(url, { service, headers: { 'content-type': type, 'x-amz-target': target }, body });
  return fetch(url, { method: 'POST', headers, body });
}

const typeOf = async (answer: Response): Promise<string> => `${answer.status} ${((await answer.json()) as { __type: string }).__type}`;

test('blobs and errors are those that the SDK knows', async () => {
  const kms = new KMSClient(client((await start()).url));
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}));
  const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: KeyMetadata?.KeyId, Plaintext: Buffer.from('hello') }));
  const { Plaintext } = await kms.send(new DecryptCommand({ CiphertextBlob }));
  expect(Buffer.from(Plaintext ?? []).toString()).toBe('hello');
  await expect(kms.send(new DescribeKeyCommand({ KeyId: '00000000-0000-0000-0000-000000000000' }))).rejects.toBeInstanceOf(NotFoundException);
});

test.each(['{"Limit":', '[]', '"text"', 'null', '\u0000'])('the body %j is a SerializationException', async (body) => {
  const { url } = await start();
  expect(await typeOf(await post(url, 'kms', 'TrentService.ListKeys', body))).toBe('400 SerializationException');
});

test('what is not there is refused by name', async () => {
  const { url } = await start();
  expect(await typeOf(await post(url, 'kms', 'TrentService.MakeCoffee', '{}'))).toBe('400 UnknownOperationException');
  expect(await typeOf(await post(url, 'kms', 'TrentService.constructor', '{}'))).toBe('400 UnknownOperationException');
  expect(await typeOf(await post(url, 'sqs', 'AmazonSQS.SendMessage', '{}'))).toBe('400 UnknownOperationException');
  expect(await typeOf(await post(url, 'events', 'AWSEvents.PutRule', '{}'))).toBe('400 UnknownOperationException');
  expect(await typeOf(await post(url, 'tagging', 'ResourceGroupsTaggingAPI_20170126.TagResources', '{}'))).toBe('400 UnknownOperationException');
  expect(await typeOf(await post(url, 'dynamodb', 'DynamoDB_20120810.TransactWriteItems', '{}'))).toBe('400 UnknownOperationException');
  expect(await typeOf(await post(url, 'rota-local', 'RotaLocal.toString', '{}'))).toBe('400 UnknownOperationException');
});

test('every answer has a request id of its own and the content type of its protocol', async () => {
  const { url } = await start();
  const kms = await post(url, 'kms', 'TrentService.ListKeys', '{}');
  const states = await post(url, 'states', 'AWSStepFunctions.ListStateMachines', '{}', 'application/x-amz-json-1.0');
  const refused = await post(url, 'kms', 'TrentService.DescribeKey', '{"KeyId":"alias/none"}');
  expect([kms, states, refused].map((a) => `${a.status} ${a.headers.get('content-type') ?? ''}`)).toEqual(['200 application/x-amz-json-1.1', '200 application/x-amz-json-1.0', '400 application/x-amz-json-1.1']);
  const ids = [kms, states, refused].map((a) => a.headers.get('x-amzn-requestid'));
  expect(new Set(ids).size).toBe(3);
  expect(refused.headers.get('x-amzn-errortype')).toBe('NotFoundException');
});

test('whoever may not is told which action is missing, before anything happens', async () => {
  const { url } = await start();
  const refused = await call(url, 'kms', 'TrentService.CreateKey', {}, reader);
  expect(refused.status).toBe(403);
  expect(await refused.json()).toMatchObject({
    __type: 'AccessDeniedException',
    message: 'User: arn:aws:iam::111122223333:user/reader is not authorized to perform: kms:CreateKey because no identity-based policy allows the kms:CreateKey action',
  });
  expect(await (await call(url, 'kms', 'TrentService.ListKeys', {}, reader)).json()).toMatchObject({ Keys: [] });
  for (const [service, target] of [['events', 'AWSEvents.PutEvents'], ['tagging', 'ResourceGroupsTaggingAPI_20170126.GetResources'], ['dynamodb', 'DynamoDB_20120810.ListTables'], ['rota-local', 'RotaLocal.GetClock']] as const)
    expect(await typeOf(await call(url, service, target, {}, reader))).toBe('403 AccessDeniedException');
});

test('ReEncrypt needs the right on both sides', async () => {
  const half = { ...admin, id: 'half', arn: 'arn:aws:iam::111122223333:user/half', accessKeyId: 'AKIATESTHALF', allow: ['kms:ReEncryptFrom'] };
  const { url } = await start({ principals: [half] });
  const refused = await call(url, 'kms', 'TrentService.ReEncrypt', {}, half);
  expect(await refused.json()).toMatchObject({ __type: 'AccessDeniedException', message: expect.stringContaining('kms:ReEncryptTo') as string });
});
