import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { expect, test } from 'vitest';
import { call, client, start } from '../embedded-aws.ts';

test('tagging finds keys by type and tag, page by page', async () => {
  const { url } = await start();
  const kms = new KMSClient(client(url));
  for (let i = 0; i < 5; i++) await kms.send(new CreateKeyCommand({ Tags: [{ TagKey: 'owner', TagValue: i < 3 ? 'payments' : 'search' }, { TagKey: 'n', TagValue: String(i) }] }));
  await kms.send(new CreateKeyCommand({}));
  interface Page {
    readonly ResourceTagMappingList: { readonly Tags: { readonly Key: string; readonly Value: string }[] }[];
    readonly PaginationToken: string;
    readonly __type?: string;
  }
  const getResources = async (input: object) => (await (await call(url, 'tagging', 'ResourceGroupsTaggingAPI_20170126.GetResources', input)).json()) as Page;
  const found: (string | undefined)[] = [];
  let PaginationToken = '';
  do {
    const page = await getResources({ ResourceTypeFilters: ['kms:key'], TagFilters: [{ Key: 'owner', Values: ['payments', 'billing'] }], ResourcesPerPage: 2, PaginationToken });
    for (const { Tags } of page.ResourceTagMappingList) found.push(Tags.find(({ Key }) => Key === 'n')?.Value);
    ({ PaginationToken } = page);
  } while (PaginationToken !== '');
  expect(found.sort()).toEqual(['0', '1', '2']);
  const count = async (input: object) => (await getResources(input)).ResourceTagMappingList.length;
  expect(await count({})).toBe(5);
  expect(await count({ ResourceTypeFilters: ['s3'] })).toBe(0);
  expect(await count({ TagFilters: [{ Key: 'owner' }, { Key: 'n', Values: ['4'] }] })).toBe(1);
  expect((await getResources({ PaginationToken: 'made up' })).__type).toBe('PaginationTokenExpiredException');
  expect((await getResources({ ResourcesPerPage: 0 })).__type).toBe('InvalidParameterException');
  expect((await getResources({ IncludeComplianceDetails: true })).__type).toBe('InvalidParameterException');
});
