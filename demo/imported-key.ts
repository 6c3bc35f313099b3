import { randomBytes } from 'node:crypto';
import {
  CreateAliasCommand,
  CreateKeyCommand,
  GetParametersForImportCommand,
  ImportKeyMaterialCommand,
  type CreateKeyCommandInput,
  type KMSClient,
} from '@aws-sdk/client-kms';
import { wrapMaterial } from '../core/material/wrap.ts';
import { withSecretAsync } from '../core/material/zeroed.ts';

/**
 * Makes a key with imported material, as a bank has it before Rota comes: created, wrapped, imported, named. `makeMaterial` gives
 * the raw bytes, or a private key in PKCS#8.
 */
export async function makeImportedKey(kms: KMSClient, alias: string, key: CreateKeyCommandInput = {}, makeMaterial = (): Buffer => randomBytes(32)): Promise<string> {
  const WrappingAlgorithm = key.KeySpec?.startsWith('RSA_') === true ? 'RSA_AES_KEY_WRAP_SHA_256' : 'RSAES_OAEP_SHA_256';
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Origin: 'EXTERNAL', ...key }));
  const keyId = KeyMetadata?.KeyId ?? '';
  const parameters = await kms.send(new GetParametersForImportCommand({ KeyId: keyId, WrappingAlgorithm, WrappingKeySpec: 'RSA_4096' }));
  const wrapped = await withSecretAsync(
    makeMaterial,
    (material) => wrapMaterial({ algorithm: WrappingAlgorithm, publicKeySpki: parameters.PublicKey ?? new Uint8Array(), material }),
  );
  await kms.send(
    new ImportKeyMaterialCommand({ KeyId: keyId, ImportToken: parameters.ImportToken, EncryptedKeyMaterial: wrapped, ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }),
  );
  await kms.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: keyId }));
  return keyId;
}
