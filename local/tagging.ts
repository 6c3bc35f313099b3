import type { Caller, Service } from './service.ts';
import { AwsError } from './wire/errors.ts';

interface Tagged {
  readonly arn: string;
  readonly tags: Record<string, string>;
}

/** Resource Groups Tagging, GetResources, over KMS keys. */
export class Tagging implements Service {
  readonly #keys: (accountId: string, region: string) => Iterable<Tagged>;

  constructor(keys: (accountId: string, region: string) => Iterable<Tagged>) {
    this.#keys = keys;
  }

  async handle(operation: string, input: Record<string, unknown>, { accountId, region }: Caller): Promise<Record<string, unknown>> {
    if (operation !== 'GetResources') throw new AwsError('UnknownOperationException', `The embedded tagging service does not do ${operation}.`);
    const types = (input.ResourceTypeFilters ?? []) as string[];
    const filters = (input.TagFilters ?? []) as { Key: string; Values?: string[] }[];
    const size = typeof input.ResourcesPerPage === 'number' ? input.ResourcesPerPage : 50;
    const wanted = types.length === 0 || types.some((t) => t === 'kms' || t === 'kms:key');
    const from = Number(input.PaginationToken === undefined || input.PaginationToken === '' ? 0 : input.PaginationToken);
    const found = wanted ? [...this.#keys(accountId, region)].filter(({ tags }) => filters.every(({ Key, Values = [] }) => tags[Key] !== undefined && (Values.length === 0 || Values.includes(tags[Key])))) : [];
    return Promise.resolve({
      PaginationToken: from + size < found.length ? String(from + size) : '',
      ResourceTagMappingList: found.slice(from, from + size).map(({ arn, tags }) => ({ ResourceARN: arn, Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) })),
    });
  }

  async close(): Promise<void> {
    return Promise.resolve();
  }
}
