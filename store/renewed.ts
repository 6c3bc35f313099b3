import { DescribeKeyCommand, ListKeyRotationsCommand, NotFoundException, type KMSClient } from '@aws-sdk/client-kms';

export const renewedActions = ['kms:DescribeKey', 'kms:ListKeyRotations'] as const;

/** An Enabled key to which an alias leads. */
export interface EnabledKey {
  readonly keyId: string;
  /** Epoch milliseconds. */
  readonly madeMs: number;
  /** Whether it may have got other material since, in place. */
  readonly rotatesInPlace: boolean;
}

/** Where an alias leads; undefined where it is gone or leads to a key that is not Enabled, which are findings of their own. */
export async function enabledKeyOf(kms: KMSClient, alias: string): Promise<EnabledKey | undefined> {
  try {
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: alias }));
    if (KeyMetadata?.KeyId === undefined || KeyMetadata.KeyState !== 'Enabled') return undefined;
    return { keyId: KeyMetadata.KeyId, madeMs: KeyMetadata.CreationDate?.getTime() ?? 0, rotatesInPlace: KeyMetadata.KeySpec === 'SYMMETRIC_DEFAULT' };
  } catch (error) {
    if (error instanceof NotFoundException) return undefined;
    throw error;
  }
}

/** What is known before KMS is asked; epoch milliseconds. */
interface Known {
  /** When the present material must have come to be at the latest for anybody to mind: of a key that is itself younger no rotation can be older. */
  readonly dueMs: number;
  /** Since when it was there at the last sweep, which has asked for rotations in place. */
  readonly sweptMs?: number | undefined;
}

/** Whether the rotations in place must be asked for: of these KMS tells 100 a second, to everybody in the account (core/kms-quotas.ts). */
export const wantsRotations = ({ madeMs, rotatesInPlace }: EnabledKey, { dueMs, sweptMs }: Known): boolean => rotatesInPlace && madeMs <= dueMs && sweptMs === undefined;

/** When the present material of a key came to be, epoch milliseconds. */
export async function materialSinceMs(kms: KMSClient, key: EnabledKey, known: Known): Promise<number> {
  const { keyId, madeMs } = key;
  if (!wantsRotations(key, known)) return Math.max(madeMs, known.sweptMs ?? 0);
  const { Rotations = [] } = await kms.send(new ListKeyRotationsCommand({ KeyId: keyId, Limit: 1000 }));
  return Math.max(madeMs, ...Rotations.map(({ RotationDate }) => RotationDate?.getTime() ?? 0));
}
