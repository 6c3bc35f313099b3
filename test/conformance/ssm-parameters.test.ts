import { DeleteParameterCommand, GetParameterCommand, GetParameterHistoryCommand, GetParametersByPathCommand, PutParameterCommand, SSMClient, type PutParameterCommandInput } from '@aws-sdk/client-ssm';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { startEmbeddedAws, type EmbeddedAws } from '../../local/server.ts';
import { accountId, admin, client, nameOf, newFolder, options, reader, region } from '../embedded-aws.ts';

/** Parameter Store as the Systems Manager API reference has it: PutParameter, GetParameter, GetParameterHistory, DeleteParameter. */
let folder: string;
let embedded: EmbeddedAws;
let ssm: SSMClient;
const Name = '/rota/keys/payments';

async function open(): Promise<void> {
  const opened = await startEmbeddedAws(options(folder));
  onTestFinished(() => opened.close());
  embedded = opened;
  ssm = new SSMClient(client(embedded.url));
}

beforeEach(async () => {
  folder = await newFolder();
  await open();
});

const put = (Value: string, more: Partial<PutParameterCommandInput> = {}) => ssm.send(new PutParameterCommand({ Name, Value, Type: 'String', ...more }));
const get = async (name = Name) => (await ssm.send(new GetParameterCommand({ Name: name }))).Parameter;

test('each put makes the next version; each is there by its number', async () => {
  expect(await put('one', { Description: 'first' })).toMatchObject({ Version: 1, Tier: 'Standard' });
  expect(await nameOf(put('two'))).toBe('ParameterAlreadyExists');
  expect(await put('two', { Overwrite: true })).toMatchObject({ Version: 2 });
  expect(await get()).toMatchObject({ Name, Type: 'String', Value: 'two', Version: 2, DataType: 'text', ARN: `arn:aws:ssm:${region}:${accountId}:parameter${Name}` });
  expect((await get())?.LastModifiedDate).toBeInstanceOf(Date);
  expect(await get(`${Name}:1`)).toMatchObject({ Value: 'one', Version: 1, Selector: ':1' });
  expect(await nameOf(get(`${Name}:3`))).toBe('ParameterVersionNotFound');
  const { Parameters } = await ssm.send(new GetParameterHistoryCommand({ Name }));
  expect(Parameters).toMatchObject([{ Version: 1, Value: 'one', Description: 'first', LastModifiedUser: admin.arn, Tier: 'Standard' }, { Version: 2, Value: 'two' }]);
});

test('history comes by pages, and ends with the last 100 versions', async () => {
  for (let n = 1; n <= 103; n += 1) await put(String(n), { Overwrite: true });
  const seen: (number | undefined)[] = [];
  let NextToken: string | undefined;
  do {
    const page: { Parameters?: { Version?: number | undefined }[] | undefined; NextToken?: string | undefined } = await ssm.send(new GetParameterHistoryCommand({ Name, MaxResults: 40, NextToken }));
    seen.push(...(page.Parameters ?? []).map(({ Version }) => Version));
    ({ NextToken } = page);
  } while (NextToken !== undefined);
  expect(seen).toEqual(Array.from({ length: 100 }, (_, n) => n + 4));
  expect(await nameOf(ssm.send(new GetParameterHistoryCommand({ Name, NextToken: 'made up' })))).toBe('InvalidNextToken');
});

test('what is not there is ParameterNotFound; what is deleted begins again', async () => {
  const asked = [ssm.send(new GetParameterCommand({ Name })), ssm.send(new GetParameterHistoryCommand({ Name })), ssm.send(new DeleteParameterCommand({ Name }))];
  expect(await Promise.all(asked.map(nameOf))).toEqual(['ParameterNotFound', 'ParameterNotFound', 'ParameterNotFound']);
  await put('one');
  await put('two', { Overwrite: true });
  await ssm.send(new DeleteParameterCommand({ Name }));
  expect(await nameOf(get())).toBe('ParameterNotFound');
  expect(await put('three')).toMatchObject({ Version: 1 });
});

test('a standard parameter has 4096 bytes, an advanced one 8192, and stays advanced', async () => {
  await put('x'.repeat(4096));
  expect(await nameOf(put('x'.repeat(4097), { Overwrite: true }))).toBe('ValidationException');
  expect(await put('x'.repeat(8192), { Overwrite: true, Tier: 'Advanced' })).toMatchObject({ Version: 2, Tier: 'Advanced' });
  expect(await nameOf(put('x'.repeat(8193), { Overwrite: true }))).toBe('ValidationException');
  expect(await put('x'.repeat(5000), { Overwrite: true })).toMatchObject({ Version: 3, Tier: 'Advanced' });
  expect(await nameOf(put('small', { Overwrite: true, Tier: 'Standard' }))).toBe('ValidationException');
});

test('all is there again after a restart', async () => {
  await put('one');
  await put('two', { Overwrite: true });
  await put('gone', { Name: 'gone' });
  await ssm.send(new DeleteParameterCommand({ Name: 'gone' }));
  const before = await get();
  await embedded.close();
  await open();
  expect(await get()).toEqual(before);
  expect(await get(`${Name}:1`)).toMatchObject({ Value: 'one' });
  expect(await nameOf(get('gone'))).toBe('ParameterNotFound');
});

test.each<[what: string, input: Partial<PutParameterCommandInput>, name: string]>([
  ['a secure string', { Type: 'SecureString' }, 'UnsupportedParameterType'],
  ['no type', { Type: undefined }, 'ValidationException'],
  ['no value', { Value: '' }, 'ValidationException'],
  ['a nested parameter', { Value: '{{ssm:other}}' }, 'ValidationException'],
  ['a reserved name', { Name: '/aws/x' }, 'ValidationException'],
  ['a name with a space', { Name: '/a b' }, 'ValidationException'],
  ['a hierarchy without its first slash', { Name: 'a/b' }, 'ValidationException'],
  ['sixteen levels', { Name: '/a'.repeat(16) }, 'HierarchyLevelLimitExceededException'],
  ['a pattern', { AllowedPattern: '.*' }, 'ValidationException'],
  ['tags', { Tags: [{ Key: 'a', Value: 'b' }] }, 'ValidationException'],
])('a put with %s is refused', async (_what, input, name) => {
  expect(await nameOf(put('value', input))).toBe(name);
});

test('other operations are refused by name, and whoever may not', async () => {
  expect(await nameOf(ssm.send(new GetParametersByPathCommand({ Path: '/' })))).toBe('UnknownOperationException');
  expect(await nameOf(new SSMClient(client(embedded.url, reader)).send(new GetParameterCommand({ Name })))).toBe('AccessDeniedException');
});
