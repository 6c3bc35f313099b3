import { DecryptCommand, EncryptCommand } from '@aws-sdk/client-kms';
import type { Clients, Names } from './clients.ts';

/** The question or wait that a token belongs to: KMS opens it for no other. */
const contextOf = (owner: string) => ({ approvalId: owner });

/** Encrypts a task token for its table. `owner` is the id of the question or wait that it belongs to. */
export async function sealToken({ kms }: Pick<Clients, 'kms'>, { tokenKey }: Names, owner: string, taskToken: string): Promise<Uint8Array> {
  const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: tokenKey, Plaintext: Buffer.from(taskToken, 'utf8'), EncryptionContext: contextOf(owner) }));
  return CiphertextBlob ?? new Uint8Array();
}

/** Opens a token that was sealed for this owner. Only the API's role may. */
export async function openToken({ kms }: Pick<Clients, 'kms'>, owner: string, encryptedToken: Uint8Array): Promise<string> {
  const { Plaintext } = await kms.send(new DecryptCommand({ CiphertextBlob: encryptedToken, EncryptionContext: contextOf(owner) }));
  return Buffer.from(Plaintext ?? []).toString('utf8');
}
