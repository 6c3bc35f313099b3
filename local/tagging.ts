import type { RequestRates } from './request-rates.ts';
import type { Service } from './service.ts';
import { AwsError } from './wire/errors.ts';

/** The resources of an account in a Region, each with its tags. */
export type TaggedResources = (accountId: string, region: string) => Iterable<{ readonly arn: string; readonly tags: Readonly<Record<string, string>> }>;

/** AWS General Reference, "AWS Resource Groups and Tagging endpoints and quotas"; the number is unconfirmed. */
const getResourcesPerSecond = 15;

interface TagFilter {
  readonly Key: string;
  readonly Values?: readonly string[];
}

const knownFields: ReadonlySet<string> = new Set(['ResourceTypeFilters', 'TagFilters', 'ResourcesPerPage', 'PaginationToken']);

/** Resource Groups Tagging, GetResources over KMS keys. As in AWS, a key without tags is not listed. */
export const makeTagging = (keys: TaggedResources, rates?: RequestRates): Service => ({
  handle(operation, input, caller) {
    const { accountId, region } = caller;
    if (operation !== 'GetResources')
      return Promise.reject(new AwsError('UnknownOperationException', `The embedded tagging service knows GetResources only, not ${operation}.`));
    if (rates?.admits(caller, 'GetResources', getResourcesPerSecond) === false) return Promise.reject(new AwsError('ThrottledException', 'Rate exceeded'));
    return new Promise((resolve) => resolve(getResources(input, keys(accountId, region))));
  },
  close: () => Promise.resolve(),
});

function getResources(input: Record<string, unknown>, resources: ReturnType<TaggedResources>): Record<string, unknown> {
  const unknown = Object.keys(input).find((field) => !knownFields.has(field));
  if (unknown !== undefined) throw invalid(`the embedded tagging service does not know ${unknown}`);
  const { ResourceTypeFilters: types = [], TagFilters: filters = [], ResourcesPerPage: perPage = 100, PaginationToken: token = '' } = input as {
    ResourceTypeFilters?: string[];
    TagFilters?: TagFilter[];
    ResourcesPerPage?: number;
    PaginationToken?: string;
  };
  if (!Number.isInteger(perPage) || perPage < 1 || perPage > 100) throw invalid('ResourcesPerPage must be between 1 and 100');
  if (types.length > 0 && !types.some((type) => type === 'kms' || type === 'kms:key')) return { ResourceTagMappingList: [], PaginationToken: '' };
  const after = readToken(token);
  const matching = [];
  for (const resource of resources) {
    const { arn, tags } = resource;
    if (arn > after && Object.keys(tags).length > 0 && filters.every((filter) => matches(filter, tags))) matching.push(resource);
  }
  matching.sort((a, b) => (a.arn < b.arn ? -1 : 1));
  const page = matching.slice(0, perPage);
  const last = page.at(-1);
  return {
    ResourceTagMappingList: page.map(({ arn, tags }) => ({ ResourceARN: arn, Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) })),
    PaginationToken: last !== undefined && matching.length > page.length ? Buffer.from(last.arn).toString('base64url') : '',
  };
}

/** All filters must match; in one filter any value does, and none means any. */
const matches = ({ Key, Values = [] }: TagFilter, tags: Readonly<Record<string, string>>): boolean =>
  Object.hasOwn(tags, Key) && (Values.length === 0 || Values.includes(tags[Key] ?? ''));

function readToken(token: string): string {
  if (token === '') return '';
  const arn = Buffer.from(token, 'base64url').toString();
  if (!arn.startsWith('arn:')) throw new AwsError('PaginationTokenExpiredException', 'The PaginationToken is not one of this service.');
  return arn;
}

const invalid = (why: string): AwsError => new AwsError('InvalidParameterException', `GetResources: ${why}.`);
