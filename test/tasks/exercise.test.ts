import { CreateAliasCommand, CreateKeyCommand, type KeySpec, type KeyUsageType, type KMSClient } from '@aws-sdk/client-kms';
import { expect, test } from 'vitest';
import { exercise } from '../../tasks/prove/exercise.ts';
import { startTasks } from './task-deps.ts';

const alias = 'alias/tokens';

/** Has KMS answer with the key that the alias stood at before, whenever one of these is asked by the alias. AWS KMS Developer Guide, "Eventual consistency" (accessing-kms). */
function answersLate(kms: KMSClient, oldKeyId: string, operations: readonly string[]): void {
  kms.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const { KeyId } = args.input as { KeyId?: string };
        return next(KeyId === alias && operations.includes(commandName.replace(/Command$/, '')) ? { ...args, input: { ...args.input, KeyId: oldKeyId } } : args);
      },
    { step: 'initialize' },
  );
}

test.each<[KeySpec, KeyUsageType]>([
  ['SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT'],
  ['HMAC_256', 'GENERATE_VERIFY_MAC'],
  ['ECC_NIST_P256', 'SIGN_VERIFY'],
  ['RSA_2048', 'ENCRYPT_DECRYPT'],
  ['ECC_NIST_P256', 'KEY_AGREEMENT'],
])('%s for %s: once the alias is answered by the new key, a request that still meets the old one is no failed proof', async (KeySpec, KeyUsage) => {
  const { clients } = await startTasks();
  const make = async (): Promise<string> => (await clients.kms.send(new CreateKeyCommand({ KeySpec, KeyUsage }))).KeyMetadata?.KeyId ?? '';
  const [oldKeyId, newKeyId] = [await make(), await make()];
  await clients.kms.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: newKeyId }));
  answersLate(clients.kms, oldKeyId, ['Decrypt', 'VerifyMac', 'Verify', 'GetPublicKey']);
  await expect(exercise(clients.kms, { keyId: alias, spec: KeySpec, usage: KeyUsage }, newKeyId, 'tokens-1')).resolves.toMatch(/^[0-9a-f]{64}$/);
});
