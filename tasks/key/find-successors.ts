import { paginateListKeys, type KMSClient } from '@aws-sdk/client-kms';
import { tagsOf } from '../../store/key-facts.ts';

export const findSuccessorsActions = ['kms:ListKeys', 'kms:ListResourceTags'] as const;

const noTags: Record<string, string> = {};
const isDenied = (error: unknown): boolean => (error as Error).name === 'AccessDeniedException';

/**
 * The keys that carry the tag of this rotation. Keys whose tags nobody may read (AWS managed keys, strangers' policies)
 * are passed over: a successor's policy is the old key's, which lets this role read.
 */
export async function findSuccessors(kms: KMSClient, rotationId: string): Promise<string[]> {
  const found: string[] = [];
  for await (const page of paginateListKeys({ client: kms, pageSize: 1000 }, {}))
    for (const { KeyId: keyId = '' } of page.Keys ?? []) {
      const tags = await tagsOf(kms, keyId).catch((error: unknown) => {
        if (isDenied(error)) return noTags;
        throw error;
      });
      if (tags['rota:rotation'] === rotationId) found.push(keyId);
    }
  return found;
}
