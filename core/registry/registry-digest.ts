import { digestOf } from '../canonical-json.ts';
import type { Registry } from './registry-schema.ts';

/**
 * SHA-256 over the RFC 8785 bytes of a registry, as lowercase hex. Neither the order in which its keys stand nor an empty list of freezes
 * makes it another registry: what the table gives back, and what is exported from it, has the digest of what was applied.
 */
export function registryDigest({ keys, freezes = [], ...rest }: Registry): string {
  const sorted = [...keys].sort((a, b) => (a.alias < b.alias ? -1 : 1));
  return digestOf({ ...rest, keys: sorted, ...(freezes.length === 0 ? {} : { freezes }) });
}
