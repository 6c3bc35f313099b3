import { sequence } from './der.ts';

/** What key material looks like when it is handed in in the wrong form, and the command that puts it right. */
export interface Disguise {
  readonly found: string;
  readonly convert: string;
}

/** A DER file of a kind that is known. Without `convert` no command makes key material of it. */
export interface DerFile {
  readonly found: string;
  readonly convert?: string;
  readonly isPkcs8?: true;
}

const toPkcs8 = '`openssl pkcs8 -topk8 -nocrypt -in FILE -outform DER -out FILE.der`';
const derToPkcs8 = '`openssl pkcs8 -topk8 -nocrypt -inform DER -in FILE -outform DER -out FILE.der`';

/** Random bytes shorter than this could be hex or base64 by chance; from here on the chance is below 2^-31. */
const leastTextBytes = 16;

/**
 * Recognises text where bytes are due. PEM is told by its first line wherever it stands (openssl may write attributes
 * before it); hex and base64 by every byte being of their alphabet. Looks at bytes only: the material never becomes a string.
 */
export function textDisguise(material: Buffer): Disguise | undefined {
  if (material.includes('-----BEGIN ')) return { found: 'PEM text', convert: toPkcs8 };
  if (material.length < leastTextBytes) return undefined;
  if (material.every(isHex)) return { found: 'hex text', convert: '`xxd -r -p FILE FILE.bin`' };
  if (material.every(isBase64)) return { found: 'base64 text', convert: '`openssl base64 -d -in FILE -out FILE.bin`, with -A if it is one long line' };
  return undefined;
}

const alphabet = (characters: string) => {
  const bytes = new Set(Buffer.from(characters));
  return (byte: number) => bytes.has(byte);
};
const isHex = alphabet('0123456789abcdefABCDEF :\r\n');
const isBase64 = alphabet('0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+/=\r\n');

/** DER files that people take for one another, told by the tags inside their outer SEQUENCE, in hex. */
const derShapes: readonly (DerFile & { readonly tags: RegExp })[] = [
  { tags: /^02 30 04( a0)?( a1| 81)?$/, found: 'a private key in PKCS#8', isPkcs8: true }, // RFC 5208 section 5, RFC 5958 section 2
  { tags: /^02 02 02 02 02 02 02 02 02( 30)?$/, found: 'an RSA private key in PKCS#1', convert: derToPkcs8 }, // RFC 8017 A.1.2
  { tags: /^02 04( a0)?( a1)?$/, found: 'an EC private key in SEC1', convert: derToPkcs8 }, // RFC 5915 section 3
  { tags: /^30 04$/, found: 'an encrypted private key', convert: derToPkcs8 },
  { tags: /^30 03$/, found: 'a public key' }, // RFC 5280 section 4.1
  { tags: /^30 30 03$/, found: 'a certificate' }, // RFC 5280 section 4.1
  { tags: /^02 30 30$/, found: 'a PKCS#12 file', convert: '`openssl pkcs12 -nocerts -noenc -in FILE`, then `openssl pkcs8 -topk8 -nocrypt -outform DER`' }, // RFC 7292 section 4
];

/** Recognises a DER file of some kind, PKCS#8 included. */
export function derFile(material: Buffer): DerFile | undefined {
  const inner = sequence(material)?.map(({ tag }) => tag.toString(16).padStart(2, '0')).join(' ');
  return inner === undefined ? undefined : derShapes.find(({ tags }) => tags.test(inner));
}
