import { policyFor, type Policies } from '../../core/inventory/policies.ts';
import { lineageTags, type ObservedKey } from '../../core/inventory/observed-key.ts';
import { wantsRotations } from '../../core/inventory/renewal.ts';
import { ask, describeKey } from './ask-key.ts';
import type { PacedCalls } from './paced-calls.ts';
import { withHistory } from './read-keys.ts';

/** One key by its ARN, as a sweep would see it: for an event, that is about one. Of a key that is not there, `unanswered` says NotFoundException. */
export async function readKey(calls: PacedCalls, arn: string, policies: Policies, nowMs: number): Promise<ObservedKey> {
  const described = await describeKey(calls, arn);
  if (described.description === undefined) return { ...described, aliases: [], tags: {} };
  const listed = await ask<{ readonly Aliases: readonly { readonly AliasName: string }[] }>(calls, 'ListAliases', { KeyId: described.keyId, Limit: 50 });
  const tagged = await ask<{ readonly Tags: readonly { readonly TagKey: string; readonly TagValue: string }[] }>(calls, 'ListResourceTags', { KeyId: described.keyId, Limit: 50 });
  const wanted: readonly string[] = Object.values(lineageTags);
  const key: ObservedKey = {
    ...described,
    aliases: 'answer' in listed ? listed.answer.Aliases.map((alias) => alias.AliasName) : [],
    tags: 'answer' in tagged ? Object.fromEntries(tagged.answer.Tags.filter(({ TagKey }) => wanted.includes(TagKey)).map(({ TagKey, TagValue }) => [TagKey, TagValue])) : {},
  };
  return withHistory(calls, key, {
    wantsRotations: (description, aliases) => {
      const policy = policyFor({ aliases }, policies);
      return policy !== undefined && wantsRotations(description, policy, nowMs);
    },
    wantsLastUse: () => false,
  });
}
