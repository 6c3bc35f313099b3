import { paginateListKeys, type KMSClient } from '@aws-sdk/client-kms';
import { atOnce } from '../core/at-once.ts';
import { tagsOf } from './key-facts.ts';

export const taggedKeysActions = ['kms:ListKeys', 'kms:ListResourceTags'] as const;

const noTags: Record<string, string> = {};

/** At some 10 ms an answer half of the 2,000 requests a second that KMS allows: 100,000 keys take two minutes. KMS Developer Guide, "Request quotas". */
const looksAtOnce = 10;

/**
 * The keys that carry this tag with this value, each asked for its own tags: slow with many keys, but the tagging API lags behind. Keys
 * whose tags nobody may read (AWS managed keys, strangers' policies) are passed over.
 */
export async function keysTagged(kms: KMSClient, tag: string, value: string): Promise<string[]> {
  const found: string[] = [];
  for await (const page of paginateListKeys({ client: kms, pageSize: 1000 }, {}))
    found.push(...(await atOnce(looksAtOnce, page.Keys ?? [], async ({ KeyId: keyId = '' }) => ((await readableTags(kms, keyId))[tag] === value ? [keyId] : []))).flat());
  return found;
}

const readableTags = (kms: KMSClient, keyId: string): Promise<Record<string, string>> =>
  tagsOf(kms, keyId).catch((error: unknown) => {
    if ((error as Error).name === 'AccessDeniedException') return noTags;
    throw error;
  });
