import { constants, createDecipheriv, privateDecrypt } from 'node:crypto';
import forge from 'node-forge';

type Node = forge.asn1.Asn1;
const children = (node: Node | undefined): Node[] => node?.value as Node[];
const bytes = (node: Node | undefined): Buffer => Buffer.from(node?.value as string, 'latin1');

/** Opens a CMS EnvelopedData (RFC 5652 section 6.1) with a recovery key, as its holder would with OpenSSL. */
export function openEscrow(der: Buffer, privateKeyPem: string): Buffer {
  const [, content] = children(forge.asn1.fromDer(der.toString('latin1')));
  const [, recipients, encrypted] = children(children(content)[0]);
  const [, , , encryptedKey] = children(children(recipients)[0]);
  const [, algorithm, ciphertext] = children(encrypted);
  const key = privateDecrypt({ key: privateKeyPem, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, bytes(encryptedKey));
  const decipher = createDecipheriv('aes-256-cbc', key, bytes(children(algorithm)[1]));
  return Buffer.concat([decipher.update(bytes(ciphertext)), decipher.final()]);
}
