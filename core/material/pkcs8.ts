import { elements, sequence, tags, dotted, type Element } from './der.ts';

/** A private key file taken apart: views into the file, nothing copied. */
export interface Pkcs8 {
  /** Object identifier of the key's algorithm, in dots. */
  readonly algorithmOid: string;
  /** What stands beside it: for EC the curve. */
  readonly parameters: Element | undefined;
  readonly privateKey: Buffer;
}

/**
 * Takes an unencrypted PKCS#8 PrivateKeyInfo apart, or says in half a sentence why it is none. RFC 5208 section 5, which is
 * the version that KMS names; the version 1 of RFC 5958, with the public key beside the private one, is refused.
 */
export function readPkcs8(material: Buffer): Pkcs8 | { readonly reason: string } {
  const [version, algorithm, privateKey, ...more] = sequence(material) ?? [];
  if (version?.tag !== tags.integer || algorithm?.tag !== tags.sequence || privateKey?.tag !== tags.octetString)
    return { reason: noPkcs8(material) };
  if (version.content.length !== 1 || version.content[0] !== 0)
    return { reason: 'it is of the newer form of RFC 5958, where KMS takes the form of RFC 5208, version 0' };
  if (more.length > 1 || more.some(({ tag }) => tag !== tags.attributes)) return { reason: 'it has fields that PKCS#8 does not have' };
  const [oid, parameters] = elements(algorithm.content) ?? [];
  if (oid?.tag !== tags.oid) return { reason: 'it names no algorithm' };
  return { algorithmOid: dotted(oid.content), parameters, privateKey: privateKey.content };
}

function noPkcs8(material: Buffer): string {
  const outer = elements(material);
  if (outer === undefined) return 'it is no DER: damaged, cut short, or with bytes after its end';
  return outer[0]?.tag === tags.sequence && outer.length > 1 ? 'there are bytes after its end' : 'it is something else';
}
