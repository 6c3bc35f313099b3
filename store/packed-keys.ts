import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';

/** A registered key as it was packed: whoever reads it checks it. */
export interface PackedKey {
  readonly alias: string;
}

/**
 * So much JSON goes into a bin, about. Keys of one estate are much alike, and many together take a twentieth of the room; one bin must stay below the 400 KB of an item even where
 * nothing repeats (Amazon DynamoDB Developer Guide, "Quotas"), and is all that is read for one key.
 */
const binBytes = 200_000;

/** Over how many bins keys are spread. */
export const binCount = (keys: readonly PackedKey[]): number => Math.max(1, Math.ceil(keys.reduce((bytes, key) => bytes + JSON.stringify(key).length, 0) / binBytes));

/** In which bin the key of an alias is: by its digest, so that bins are about as full as each other. */
export const binOf = (alias: string, bins: number): number => createHash('sha256').update(alias).digest().readUInt32BE(0) % bins;

/** The keys of each bin that has any, as compressed JSON. */
export function packed(keys: readonly PackedKey[], bins: number): Map<number, Uint8Array> {
  const sorted = new Map<number, PackedKey[]>();
  for (const key of keys) {
    const bin = binOf(key.alias, bins);
    sorted.set(bin, [...(sorted.get(bin) ?? []), key]);
  }
  return new Map([...sorted].map(([bin, its]) => [bin, gzipSync(JSON.stringify(its))]));
}

export const unpacked = (bytes: Uint8Array): PackedKey[] => JSON.parse(gunzipSync(bytes).toString('utf8')) as PackedKey[];
