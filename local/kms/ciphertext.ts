import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AwsError } from '../wire/errors.ts';

/** Who made a symmetric ciphertext. */
export interface Header {
  readonly accountId: string;
  readonly keyId: string;
  readonly materialId: string;
}

export type EncryptionContext = Readonly<Record<string, string>>;

/*
 * Layout, fixed lengths throughout:
 *   version 0x01 | account id, 12 ASCII | key id, 36 ASCII | material id, 32 | nonce, 12 | AES-256-GCM ciphertext | tag, 16
 * The header and the encryption context are authenticated, so a ciphertext is bound to its KMS key, not to its material only.
 */
const version = 0x01;
const keyIdAt = 13;
const materialIdAt = 49;
const headerBytes = 81;
const nonceBytes = 12;
const tagBytes = 16;

const invalid = (): AwsError => new AwsError('InvalidCiphertextException', 'The ciphertext is not valid for this key and encryption context.');

export function encryptUnder(material: Buffer, header: Header, context: EncryptionContext, plaintext: Buffer): Buffer {
  const head = Buffer.concat([Buffer.of(version), Buffer.from(header.accountId + header.keyId, 'latin1'), Buffer.from(header.materialId, 'hex')]);
  if (head.length !== headerBytes) throw new Error(`a ciphertext header of ${head.length} bytes`);
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', material, nonce).setAAD(Buffer.concat([head, canonical(context)]));
  return Buffer.concat([head, nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** What a ciphertext says of itself; nothing of it is proven before `decryptUnder`. Throws InvalidCiphertextException. */
export function headerOf(ciphertext: Buffer): Header {
  if (ciphertext.length < headerBytes + nonceBytes + tagBytes || ciphertext[0] !== version) throw invalid();
  return {
    accountId: ciphertext.toString('latin1', 1, keyIdAt),
    keyId: ciphertext.toString('latin1', keyIdAt, materialIdAt),
    materialId: ciphertext.toString('hex', materialIdAt, headerBytes),
  };
}

/** The plaintext; the caller zeroes it. Throws InvalidCiphertextException unless ciphertext, context and material belong together. */
export function decryptUnder(material: Buffer, context: EncryptionContext, ciphertext: Buffer): Buffer {
  const nonce = ciphertext.subarray(headerBytes, headerBytes + nonceBytes);
  const decipher = createDecipheriv('aes-256-gcm', material, nonce, { authTagLength: tagBytes });
  decipher.setAAD(Buffer.concat([ciphertext.subarray(0, headerBytes), canonical(context)])).setAuthTag(ciphertext.subarray(-tagBytes));
  const plaintext = decipher.update(ciphertext.subarray(headerBytes + nonceBytes, -tagBytes));
  try {
    decipher.final();
  } catch {
    plaintext.fill(0);
    throw invalid();
  }
  return plaintext;
}

/** The pairs of a context, sorted by key: order does not matter (SDK:EncryptRequest), everything else does. */
const canonical = (context: EncryptionContext): Buffer =>
  Buffer.from(JSON.stringify(Object.entries(context).sort(([one], [other]) => (one < other ? -1 : 1))));
