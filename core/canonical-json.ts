import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** A value that JSON can carry without loss. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * The one byte string that stands for a value: RFC 8785 (JSON Canonicalization Scheme), UTF-8.
 * Throws on what JSON cannot carry (NaN, a lone surrogate).
 */
export function canonicalBytes(value: unknown): Buffer {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('a value without JSON form has no canonical bytes');
  return Buffer.from(text, 'utf8');
}

/** SHA-256 of these bytes, as lowercase hex. */
export const sha256Hex = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** SHA-256 over the RFC 8785 bytes of a value, as lowercase hex: what approvals and dossiers are bound to. */
export const digestOf = (value: unknown): string => sha256Hex(canonicalBytes(value));

/**
 * Parses bytes that must be canonical already. Returns undefined where encoding the parsed value again gives other
 * bytes, so that one document has one digest and no second spelling.
 */
export function parseCanonical(bytes: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return canonicalBytes(value).equals(bytes) ? value : undefined;
  } catch {
    // No JSON, or JSON that has no canonical form: a lone surrogate parses, but cannot be written.
    return undefined;
  }
}
