import { UpdateAliasCommand, type KMSClient } from '@aws-sdk/client-kms';
import { RotaError } from '../../core/errors.ts';
import { describeKey } from '../../store/key-facts.ts';

export const moveAliasActions = ['kms:DescribeKey', 'kms:UpdateAlias'] as const;

export interface Move {
  readonly alias: string;
  readonly from: string;
  readonly to: string;
}

/**
 * Points one alias from one key to another: read, compare, update, read back. KMS has no compare-and-swap on aliases, so
 * what stands there is looked at first and last. Answers whether it had to move. Throws `AliasMovedElsewhere` where a
 * third key stands, `ChangeNotVisibleYet` (retried) while KMS still shows the old one.
 */
export async function moveAlias(kms: KMSClient, { alias, from, to }: Move): Promise<boolean> {
  const found = (await describeKey(kms, alias)).KeyId;
  if (found === to) return false;
  if (found !== from) throw new RotaError('AliasMovedElsewhere', { alias, expected: from, found });
  await kms.send(new UpdateAliasCommand({ AliasName: alias, TargetKeyId: to }));
  const now = (await describeKey(kms, alias)).KeyId;
  if (now === from) throw new RotaError('ChangeNotVisibleYet', { what: `${alias} points to ${to}` });
  if (now !== to) throw new RotaError('AliasMovedElsewhere', { alias, expected: to, found: now });
  return true;
}
