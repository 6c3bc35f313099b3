import { sequence, tags } from './der.ts';

/**
 * Whether the private value of an ECPrivateKey lies between 1 and the order of the curve less one; undefined if it is no
 * ECPrivateKey. RFC 5915 section 3; SEC 1 section 3.2.1.
 *
 * OpenSSL 3.0 takes values outside, zero too, and even signs and verifies with them, so the proof by signing does not show it.
 *
 * @param order - of the curve's group, big-endian without leading zeros
 */
export function hasPrivateValueInRange(ecPrivateKey: Buffer, order: Buffer): boolean | undefined {
  const [version, value] = sequence(ecPrivateKey) ?? [];
  const isVersion1 = version?.tag === tags.integer && version.content.length === 1 && version.content[0] === 1;
  if (!isVersion1 || value?.tag !== tags.octetString) return undefined;
  const surplus = Math.max(value.content.length - order.length, 0);
  const significant = value.content.subarray(surplus);
  const isSmaller = significant.length < order.length || significant.compare(order) < 0;
  return isSmaller && significant.some((byte) => byte !== 0) && value.content.subarray(0, surplus).every((byte) => byte === 0);
}
