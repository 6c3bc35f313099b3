import { DisableKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import { z } from 'zod';
import { isoSeconds } from '../../core/clock.ts';
import { RotaError } from '../../core/errors.ts';
import { Sha256Hex } from '../../core/ids.ts';
import { policyDigest, withRetentionLock, withRetentionLockAjar } from '../../core/plan/key-policy.ts';
import { aliasesOf, describeKey, policyOf } from '../../store/key-facts.ts';
import { checkApprovedActions } from '../approval/check-approved.ts';
import { checkOutsideFreeze } from '../freeze/held-now.ts';
import { changePolicy, changePolicyActions } from '../key/change-policy.ts';
import { rotationInput, task } from '../task.ts';
import { approvedRetirement } from './approved-retirement.ts';
import { nextLookSeconds } from './check-wanted.ts';

/** From then on AWS's refusal is no matter of a policy that has not spread yet. */
const patience = 5;

/**
 * Disables the key, and is the only task that may. The retention lock denies that to everybody but the break-glass role: it is set ajar, the
 * key is disabled, and the lock is closed again. Killed in between, the repeat finds how far it came: the lock ajar, or the key Disabled.
 */
export const disableKey = task({
  name: 'disable-key',
  input: rotationInput.extend({ planDigest: Sha256Hex }),
  output: z.strictObject({ keyId: z.string(), disabledAt: z.string(), watchUntil: z.string(), watchSeconds: z.int() }),
  errors: ['PlanChanged', 'FreezeHolds', 'RegistryEmpty', 'ApprovalMissing', 'ApprovalForged', 'KeyNotRetirable', 'ChangeNotVisibleYet'],
  actions: [...checkApprovedActions, ...changePolicyActions, 'kms:DescribeKey', 'kms:ListAliases', 'kms:DisableKey'],
  run: async ({ rotationId, planDigest }, context) => {
    const { head, store, clients, clock, now, attempts } = context;
    const { keyId, breakGlassRoleArn, watchSeconds } = await approvedRetirement(context, planDigest);
    const { KeyState: state = 'unknown' } = await describeKey(clients.kms, keyId);
    if (state !== 'Disabled') {
      if (state !== 'Enabled') throw new RotaError('KeyNotRetirable', { keyId, reason: `it is ${state}` });
      // Somebody may have put the key back to use since the question: an alias of Rota's must not resolve to a Disabled key (P2).
      const aliases = await aliasesOf(clients.kms, keyId);
      if (aliases.length > 0) throw new RotaError('KeyNotRetirable', { keyId, reason: `${aliases.join(', ')} points to it again` });
      await checkOutsideFreeze(context, 'retire', () => isAjar(clients.kms, keyId, breakGlassRoleArn));
    }
    // Known before it is so: whoever hears of a Disabled key that is kept must find that this was approved.
    await store.ledger.settle(rotationId, { disablesAt: head.disablesAt ?? now });
    if (state !== 'Disabled') {
      await changePolicy(clients.kms, keyId, (policy) => withRetentionLockAjar(policy, breakGlassRoleArn), 'has the retention lock ajar');
      await disable(clients.kms, keyId, attempts);
    }
    await changePolicy(clients.kms, keyId, (policy) => withRetentionLock(policy, breakGlassRoleArn), 'has the retention lock');
    if ((await describeKey(clients.kms, keyId)).KeyState !== 'Disabled') throw new RotaError('ChangeNotVisibleYet', { what: `${keyId} is Disabled` });
    const nowMs = clock.now();
    const watchUntil = isoSeconds(nowMs + watchSeconds * 1000);
    return { keyId, disabledAt: isoSeconds(nowMs), watchUntil, watchSeconds: nextLookSeconds(watchSeconds, watchUntil, nowMs) };
  },
});

async function isAjar(kms: KMSClient, keyId: string, breakGlassRoleArn: string): Promise<boolean> {
  const policy = await policyOf(kms, keyId);
  return policyDigest(policy) === policyDigest(withRetentionLockAjar(policy, breakGlassRoleArn));
}

async function disable(kms: KMSClient, keyId: string, attempts: number): Promise<void> {
  await kms.send(new DisableKeyCommand({ KeyId: keyId })).catch((error: unknown) => {
    if (!(error instanceof Error) || error.name !== 'AccessDeniedException' || attempts >= patience) throw error;
    throw new RotaError('ChangeNotVisibleYet', { what: `the retention lock of ${keyId} is ajar` }, { cause: error });
  });
}
