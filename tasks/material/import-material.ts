import { ExpirationModelType, ImportKeyMaterialCommand, type KMSClient } from '@aws-sdk/client-kms';
import { z } from 'zod';
import { RotaError } from '../../core/errors.ts';
import { describeKey } from '../../store/key-facts.ts';
import { newKeyIdOf } from '../plan-of.ts';
import { roundInput, stepWithRound, task } from '../task.ts';
import { wrappedName, type WrappedMaterial } from './wrap-generated.ts';

/**
 * Imports the wrapped material of this round. The same bytes under the same token: sent twice, KMS takes them as the same
 * material again. An expired token is not an error of the rotation, it sends it back to wrap (ImportTokenExpired).
 */
export const importMaterial = task({
  name: 'import-material',
  input: roundInput,
  output: z.strictObject({ keyMaterialId: z.string(), fingerprint: z.string() }),
  errors: ['ImportTokenExpired', 'ImportRefused'],
  actions: ['kms:ImportKeyMaterial', 'kms:DescribeKey'],
  step: stepWithRound('import-material'),
  run: async ({ rotationId, round }, { head, repeated, clients, store }) => {
    const keyId = newKeyIdOf(head);
    const wrapped = (await store.ledger.kept(rotationId, wrappedName(round))) as WrappedMaterial | undefined;
    if (wrapped === undefined) throw new Error(`rotation ${rotationId} has no wrapped material of round ${round}`);
    const { fingerprint } = wrapped;
    if (repeated) {
      // An earlier attempt sent these very bytes; Enabled means that they arrived.
      const there = await importedId(clients.kms, keyId);
      if (there !== undefined) return { keyMaterialId: there, fingerprint };
    }
    return { keyMaterialId: await send(clients.kms, keyId, wrapped), fingerprint };
  },
});

/** Id of the material that a key has; keys other than symmetric ones have no such id and answer "imported". */
async function importedId(kms: KMSClient, keyId: string): Promise<string | undefined> {
  const { KeyState, CurrentKeyMaterialId } = await describeKey(kms, keyId);
  return KeyState === 'Enabled' ? (CurrentKeyMaterialId ?? 'imported') : undefined;
}

async function send(kms: KMSClient, keyId: string, wrapped: WrappedMaterial): Promise<string> {
  try {
    const { KeyMaterialId } = await kms.send(
      new ImportKeyMaterialCommand({
        KeyId: keyId,
        ImportToken: Buffer.from(wrapped.importToken, 'base64'),
        EncryptedKeyMaterial: Buffer.from(wrapped.encryptedKeyMaterial, 'base64'),
        ExpirationModel: ExpirationModelType.KEY_MATERIAL_DOES_NOT_EXPIRE,
      }),
    );
    return KeyMaterialId ?? 'imported';
  } catch (error) {
    const { name, message } = error as Error;
    if (name === 'ExpiredImportTokenException') throw new RotaError('ImportTokenExpired', { keyId, expiredAt: wrapped.expiresAt }, { cause: error });
    if (['IncorrectKeyMaterialException', 'InvalidCiphertextException', 'InvalidImportTokenException'].includes(name))
      throw new RotaError('ImportRefused', { keyId, why: `${name}: ${message}` }, { cause: error });
    throw error;
  }
}
