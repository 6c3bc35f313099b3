import { DescribeKeyCommand, ListKeyRotationsCommand, NotFoundException, type KMSClient } from '@aws-sdk/client-kms';

export const renewedActions = ['kms:DescribeKey', 'kms:ListKeyRotations'] as const;

export interface Renewed {
  readonly keyId: string;
  /** When its present material came to be, epoch milliseconds. */
  readonly sinceMs: number;
}

/**
 * Where an alias leads, and when the material there came to be; undefined where the alias is gone or leads to a key that is not Enabled, which are
 * findings of their own. A key that is itself younger than `dueMs` is not asked for its rotations: none can be older.
 */
export async function renewedOf(kms: KMSClient, alias: string, dueMs = Infinity): Promise<Renewed | undefined> {
  try {
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: alias }));
    if (KeyMetadata?.KeyId === undefined || KeyMetadata.KeyState !== 'Enabled') return undefined;
    const keyId = KeyMetadata.KeyId;
    const madeMs = KeyMetadata.CreationDate?.getTime() ?? 0;
    if (KeyMetadata.KeySpec !== 'SYMMETRIC_DEFAULT' || madeMs > dueMs) return { keyId, sinceMs: madeMs };
    const { Rotations = [] } = await kms.send(new ListKeyRotationsCommand({ KeyId: keyId, Limit: 1000 }));
    return { keyId, sinceMs: Math.max(madeMs, ...Rotations.map(({ RotationDate }) => RotationDate?.getTime() ?? 0)) };
  } catch (error) {
    if (error instanceof NotFoundException) return undefined;
    throw error;
  }
}
