import { z } from 'zod';
import { AwsError } from '../wire/errors.ts';
import { reach } from './access.ts';
import * as field from './fields.ts';
import { pageOf, paging } from './listing.ts';
import { operation } from './operation.ts';

type Tags = Readonly<Record<string, string>>;

/** AWS's limit on tags per key (aws-facts 1.11). */
const mostTags = 50;

const tagError = (message: string): AwsError => new AwsError('TagException', message);

/** Adds tags to tags, replacing by key. Throws TagException (wrong or repeated) or LimitExceededException. */
export function withTags(tags: Tags, added: z.output<typeof field.tagList>): Tags {
  const seen = new Set<string>();
  for (const { TagKey } of added) {
    refuseReserved(TagKey);
    if (seen.has(TagKey)) throw tagError(`The tag key ${TagKey} is given twice.`);
    seen.add(TagKey);
  }
  const merged = Object.fromEntries([...Object.entries(tags), ...added.map(({ TagKey, TagValue }) => [TagKey, TagValue] as const)]);
  if (Object.keys(merged).length > mostTags) throw new AwsError('LimitExceededException', `A key can have at most ${mostTags} tags.`);
  return merged;
}

function refuseReserved(tagKey: string): void {
  if (/^aws:/i.test(tagKey)) throw tagError(`The tag key ${tagKey} begins with the reserved prefix aws:.`);
  if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u.test(tagKey)) throw tagError(`The tag key ${tagKey} has characters that tags cannot have.`);
}

const TagResource = operation(z.strictObject({ KeyId: field.keyId, Tags: field.tagList }), (call, { KeyId, Tags }) => {
  const key = reach(call, KeyId);
  call.store.commit({ key: { ...key, tags: withTags(key.tags, Tags) } });
  return {};
});

const UntagResource = operation(
  z.strictObject({ KeyId: field.keyId, TagKeys: z.array(z.string().min(1).max(128)) }),
  (call, { KeyId, TagKeys }) => {
    const key = reach(call, KeyId);
    TagKeys.forEach(refuseReserved);
    const tags = Object.fromEntries(Object.entries(key.tags).filter(([name]) => !TagKeys.includes(name)));
    call.store.commit({ key: { ...key, tags } });
    return {};
  },
);

const ListResourceTags = operation(
  z.strictObject({ KeyId: field.keyId, Limit: field.limit(50), Marker: field.marker }),
  (call, { KeyId, Limit = 50, Marker }) => {
    const page = pageOf(Object.entries(reach(call, KeyId).tags), Marker, Limit);
    return { Tags: page.items.map(([TagKey, TagValue]) => ({ TagKey, TagValue })), ...paging(page) };
  },
);

export const tagOperations = { TagResource, UntagResource, ListResourceTags };
