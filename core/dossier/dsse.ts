import { createHash, createPublicKey, verify } from 'node:crypto';
import { z } from 'zod';

/** DSSE v1.0, envelope.md. Base64 as Node writes it: standard alphabet, padded. */
export const Envelope = z.strictObject({
  payloadType: z.literal('application/vnd.in-toto+json'),
  payload: z.base64(),
  signatures: z.tuple([z.strictObject({ keyid: z.string(), sig: z.base64() })]),
});
export type Envelope = z.infer<typeof Envelope>;

export const payloadType = 'application/vnd.in-toto+json';

/** Pre-authentication encoding: "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body. DSSE v1.0, protocol.md. */
export const preAuthenticationEncoding = (type: string, payload: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `, 'utf8'), payload]);

/** What KMS signs: the SHA-256 of the encoding, since a message may have 4096 bytes at most (Sign, MessageType DIGEST). */
export const digestToSign = (payload: Buffer): Buffer =>
  createHash('sha256').update(preAuthenticationEncoding(payloadType, payload)).digest();

/** Names a public key: SHA-256 of its SPKI DER, hex. */
export const keyIdOfSpki = (spki: Uint8Array): string => createHash('sha256').update(spki).digest('hex');

/** Whether this ECDSA P-256 SHA-256 signature (DER) over the payload was made with the key of this SPKI. */
export function signatureHolds(payload: Buffer, signature: Buffer, spki: Buffer): boolean {
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  return verify('sha256', preAuthenticationEncoding(payloadType, payload), { key, dsaEncoding: 'der' }, signature);
}
