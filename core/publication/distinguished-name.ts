import { AttributeTypeAndValue, AttributeValue, Name, RelativeDistinguishedName } from '@peculiar/asn1-x509';
import { PublicationError } from './publication-error.ts';

interface Attribute {
  readonly oid: string;
  readonly as: 'utf8String' | 'printableString' | 'ia5String';
  readonly longest: number;
  /** Of characters; anything but control characters if unset. */
  readonly pattern?: RegExp;
  readonly repeats?: true;
}

/** RFC 4514 section 3, with the string types and upper bounds (in characters) of RFC 5280 appendix A.1 and RFC 4519. */
const attributes: Readonly<Record<string, Attribute>> = {
  CN: { oid: '2.5.4.3', as: 'utf8String', longest: 64 },
  L: { oid: '2.5.4.7', as: 'utf8String', longest: 128 },
  ST: { oid: '2.5.4.8', as: 'utf8String', longest: 128 },
  O: { oid: '2.5.4.10', as: 'utf8String', longest: 64 },
  OU: { oid: '2.5.4.11', as: 'utf8String', longest: 64, repeats: true },
  C: { oid: '2.5.4.6', as: 'printableString', longest: 2, pattern: /^[A-Z]{2}$/ },
  STREET: { oid: '2.5.4.9', as: 'utf8String', longest: 128 },
  DC: { oid: '0.9.2342.19200300.100.1.25', as: 'ia5String', longest: 63, pattern: /^[A-Za-z0-9-]+$/, repeats: true },
  UID: { oid: '0.9.2342.19200300.100.1.1', as: 'utf8String', longest: 256 },
};

/**
 * A subject such as `CN=tokens, O=Example\, Inc.` as X.509 name. RFC 4514: "," separates, "\" escapes, and what is written first comes
 * last in the certificate. Spaces around "," and "=" do not count. Refused (CertificateOrderInvalid): other attributes than the nine of
 * RFC 4514, several values joined by "+", hexadecimal values ("#..."), control characters, values that are too long.
 */
export function distinguishedName(subject: string): Name {
  const parts = split(subject).map(attribute);
  const twice = parts.find((p, i) => p.repeats !== true && parts.findIndex((other) => other.type === p.type) !== i);
  if (twice !== undefined) throw refused(subject, `${twice.label} stands in it twice`);
  return new Name(parts.reverse().map(({ type, value }) => new RelativeDistinguishedName([new AttributeTypeAndValue({ type, value })])));
}

/** At each "," that is not escaped. */
function split(subject: string): string[] {
  const parts: string[][] = [[]];
  for (const [piece] of subject.matchAll(/\\[^]?|[^]/gu)) {
    if (piece === ',') parts.push([]);
    else parts.at(-1)?.push(piece);
  }
  return parts.map((pieces) => pieces.join(''));
}

function attribute(part: string): { label: string; type: string; value: AttributeValue; repeats?: true } {
  const [, name = '', text = ''] = /^ *([A-Za-z0-9.]*) *= *([^]*)$/.exec(part) ?? [];
  const label = name.toUpperCase();
  const row = Object.hasOwn(attributes, label) ? attributes[label] : undefined;
  if (row === undefined) throw refused(part, `it must begin with one of ${Object.keys(attributes).join('=, ')}=`);
  const value = unescaped(part, text);
  const characters = Array.from(value).length;
  if (characters === 0 || characters > row.longest) throw refused(part, `${label} has 1 to ${row.longest} characters, not ${characters}`);
  if (row.pattern?.test(value) === false) throw refused(part, label === 'C' ? 'C is a country code of two capital letters' : `${label} has letters, digits and "-" only`);
  return { label, type: row.oid, value: new AttributeValue({ [row.as]: value }), ...(row.repeats && { repeats: row.repeats }) };
}

/** RFC 4514 section 2.4, read backwards. An escaped pair of hexadecimal digits is one byte of UTF-8. */
function unescaped(part: string, text: string): string {
  const token = /\\([0-9A-Fa-f]{2})|\\([ "#+,;<=>\\])|([^\\"+;<>])/uy;
  const bytes: Buffer[] = [];
  let trailingSpaces = 0;
  if (text.startsWith('#')) throw refused(part, 'a value that begins with "#" needs "\\" before it');
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const [, hex, special, plain] = token.exec(text) ?? [];
    if (hex === undefined && special === undefined && plain === undefined) throw refused(part, `${JSON.stringify(text[at])} needs "\\" before it, or after it one of the characters that are escaped`);
    trailingSpaces = plain === ' ' ? trailingSpaces + 1 : 0;
    bytes.push(hex === undefined ? Buffer.from(special ?? plain ?? '', 'utf8') : Buffer.from(hex, 'hex'));
  }
  return decoded(part, Buffer.concat(bytes.slice(0, bytes.length - trailingSpaces)));
}

function decoded(part: string, bytes: Buffer): string {
  let value: string;
  try {
    value = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw refused(part, 'its escaped bytes are not UTF-8');
  }
  if (/\p{Cc}/u.test(value)) throw refused(part, 'it has a control character, which a reader could not see');
  return value;
}

const refused = (text: string, why: string) => new PublicationError('CertificateOrderInvalid', `The subject ${JSON.stringify(text.trim())} cannot be used: ${why}.`);
