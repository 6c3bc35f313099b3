import { paginateListKeys, type KMSClient } from '@aws-sdk/client-kms';
import { tagsOf } from './key-facts.ts';

export const taggedKeysActions = ['kms:ListKeys', 'kms:ListResourceTags'] as const;

const noTags: Record<string, string> = {};

/**
 * The keys that carry this tag with this value, each asked for its own tags: slow, but the tagging API lags behind. Keys
 * whose tags nobody may read (AWS managed keys, strangers' policies) are passed over.
 */
export async function keysTagged(kms: KMSClient, tag: string, value: string): Promise<string[]> {
  const found: string[] = [];
  for await (const page of paginateListKeys({ client: kms, pageSize: 1000 }, {}))
    for (const { KeyId: keyId = '' } of page.Keys ?? []) {
      const tags = await tagsOf(kms, keyId).catch((error: unknown) => {
        if ((error as Error).name === 'AccessDeniedException') return noTags;
        throw error;
      });
      if (tags[tag] === value) found.push(keyId);
    }
  return found;
}
