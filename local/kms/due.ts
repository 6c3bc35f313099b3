import { randomBytes } from 'node:crypto';
import { dayMs, dueMs, isReplica, nextRotationMs, stateOf, type Key } from './key.ts';
import { materialFrom } from './material.ts';
import type { Change } from './records.ts';
import type { Seal } from '../seal.ts';

/**
 * What the clock does to a key up to `nowMs`. `family` is the key in every Region (itself only for a single-Region key).
 * AWS may act up to 24 h after a deletion date and within minutes of the others; here it is the exact instant.
 */
export function passTime(key: Key, nowMs: number, family: readonly Key[], seal: Seal): Change[] {
  if (key.deletion !== undefined && key.deletion.atMs !== null && key.deletion.atMs <= nowMs) return goneChanges(key, key.deletion.atMs, family);
  let after = expired(key, nowMs);
  let rotated = false;
  for (let at = nextRotationMs(after); at !== undefined && at <= nowMs; at = nextRotationMs(after)) {
    after = rotatedByItself(after, at, seal);
    rotated = true;
  }
  if (after === key) throw new Error(`nothing falls due for ${key.id} at ${nowMs}, though it said ${dueMs(key)}`);
  const others = rotated ? family.filter((other) => other.region !== key.region) : [];
  return [{ key: after }, ...others.map((other) => ({ key: { ...other, materials: after.materials } }))];
}

/** The last replica to go starts the waiting period of its primary (aws-facts 1.10). */
function goneChanges(key: Key, atMs: number, family: readonly Key[]): Change[] {
  const gone: Change = { keyGone: { id: key.id, accountId: key.accountId, region: key.region } };
  const primary = family.find((other) => !isReplica(other));
  const replicasLeft = family.filter((other) => isReplica(other) && other.region !== key.region).length;
  if (!isReplica(key) || primary?.deletion?.atMs !== null || replicasLeft > 0) return [gone];
  const deletion = { windowDays: primary.deletion.windowDays, atMs: atMs + primary.deletion.windowDays * dayMs };
  return [gone, { key: { ...primary, deletion } }];
}

/** An expired material loses its bytes and its expiry, and keeps its place; it must come back before the key works again. */
function expired(key: Key, nowMs: number): Key {
  const isExpired = (validToMs: number | undefined): boolean => validToMs !== undefined && validToMs <= nowMs;
  if (!key.materials.some((material) => isExpired(material.validToMs))) return key;
  const materials = key.materials.map((material) =>
    isExpired(material.validToMs) ? { ...material, sealed: undefined, validToMs: undefined } : material,
  );
  return { ...key, materials };
}

function rotatedByItself(key: Key, atMs: number, seal: Seal): Key {
  if (key.rotation === undefined) throw new Error(`${key.id} does not rotate`);
  return { ...withNewMaterial(key, atMs, 'AUTOMATIC', seal), rotation: { ...key.rotation, sinceMs: atMs } };
}

/** A key of origin AWS_KMS with fresh bytes as its current material. */
export function withNewMaterial(key: Key, atMs: number, rotationType: 'AUTOMATIC' | 'ON_DEMAND', seal: Seal): Key {
  if (key.origin !== 'AWS_KMS' || stateOf(key) !== 'Enabled') throw new Error(`${key.id} cannot take material that KMS makes`);
  const bytes = randomBytes(32);
  try {
    const made = materialFrom(key, bytes, seal, { state: 'CURRENT', rotatedMs: atMs, rotationType });
    return { ...key, materials: [...demoted(key), made] };
  } finally {
    bytes.fill(0);
  }
}

/** The materials of a key with the current one made non-current. */
export const demoted = (key: Key): Key['materials'] =>
  key.materials.map((material) => (material.state === 'CURRENT' ? { ...material, state: 'NON_CURRENT' } : material));
