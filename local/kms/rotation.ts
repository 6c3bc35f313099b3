import { z } from 'zod';
import { AwsError } from '../wire/errors.ts';
import { reach } from './access.ts';
import { demoted, withNewMaterial } from './due.ts';
import * as field from './fields.ts';
import { arnOf, dayMs, isPending, isReplica, isSymmetric, nextRotationMs, seconds, stateOf, type Key, type Material } from './key.ts';
import { pageOf, paging } from './listing.ts';
import { operation, type Call, type Output } from './operation.ts';

/** A hard limit of AWS (aws-facts 0.3). */
const mostOnDemandRotations = 25;

/** An automatic rotation this near stands in the way of one on demand (SDK:RotateKeyOnDemandCommand). */
const conflictMs = 20 * 60_000;

const refuse = (code: string, message: string): AwsError => new AwsError(code, message);

const primaryOf = (call: Call, key: Key): Key => call.store.family(key).find((each) => !isReplica(each)) ?? key;

function requireRotatable(key: Key): void {
  if (!isSymmetric(key)) throw refuse('UnsupportedOperationException', `${arnOf(key)} key spec is ${key.spec} which does not support rotation.`);
  if (isReplica(key)) throw refuse('UnsupportedOperationException', `${arnOf(key)} is a replica: rotation is set and started on the primary key.`);
}

function requireAutomatic(key: Key): void {
  requireRotatable(key);
  if (key.origin === 'EXTERNAL') throw refuse('UnsupportedOperationException', `${arnOf(key)} origin is EXTERNAL which is not valid for this operation.`);
}

const EnableKeyRotation = operation(
  z.strictObject({ KeyId: field.keyId, RotationPeriodInDays: z.int().min(90).max(2560).optional() }),
  (call, { KeyId, RotationPeriodInDays = 365 }) => {
    const key = reach(call, KeyId);
    requireAutomatic(key);
    if (key.rotation?.periodDays === RotationPeriodInDays) return {};
    const rotation = { periodDays: RotationPeriodInDays, sinceMs: key.rotation?.sinceMs ?? call.nowMs };
    call.store.commit({ key: { ...key, rotation } });
    return {};
  },
);

const DisableKeyRotation = operation(z.strictObject({ KeyId: field.keyId }), (call, { KeyId }) => {
  const key = reach(call, KeyId);
  requireAutomatic(key);
  if (key.rotation !== undefined) call.store.commit({ key: { ...key, rotation: undefined } });
  return {};
});

const GetKeyRotationStatus = operation(z.strictObject({ KeyId: field.keyId }), (call, { KeyId }) => {
  const key = reach(call, KeyId);
  const { rotation } = primaryOf(call, key);
  // A key that waits for its deletion says false; the setting comes back when the deletion is cancelled (aws-facts 1.6).
  if (rotation === undefined || key.deletion !== undefined) return { KeyId: key.id, KeyRotationEnabled: false };
  const next = nextRotationMs(primaryOf(call, key));
  return {
    KeyId: key.id,
    KeyRotationEnabled: true,
    RotationPeriodInDays: rotation.periodDays,
    ...(next === undefined ? {} : { NextRotationDate: seconds(next) }),
  };
});

const RotateKeyOnDemand = operation(z.strictObject({ KeyId: field.keyId }), (call, { KeyId }) => {
  const key = reach(call, KeyId);
  requireRotatable(key);
  const done = key.materials.filter((material) => material.rotationType === 'ON_DEMAND').length;
  if (done >= mostOnDemandRotations) {
    throw refuse('LimitExceededException', `${arnOf(key)} has reached the limit of ${mostOnDemandRotations} on-demand rotations.`);
  }
  const next = nextRotationMs(key);
  if (next !== undefined && next - call.nowMs < conflictMs) {
    throw refuse('ConflictException', `An automatic rotation of ${arnOf(key)} is in progress or about to begin.`);
  }
  const rotated = key.origin === 'EXTERNAL' ? withPendingAsCurrent(call, key) : withNewMaterial(key, call.nowMs, 'ON_DEMAND', call.store.seal);
  const replicas = call.store.family(key).filter(isReplica);
  call.store.commit({ key: rotated }, ...replicas.map((replica) => ({ key: { ...replica, materials: materialsThere(replica, rotated) } })));
  return { KeyId: key.id };
});

function withPendingAsCurrent(call: Call, key: Key): Key {
  const pending = key.materials.find(isPending);
  const rightState = pending !== undefined && pending.sealed !== undefined && pendingState(call, key, pending) === 'PENDING_ROTATION';
  if (!rightState) {
    throw refuse('KMSInvalidStateException', `${arnOf(key)} has no key material in the PENDING_ROTATION state. Import new key material, into every replica too, before you rotate.`);
  }
  const current: Material = { ...pending, state: 'CURRENT', rotatedMs: call.nowMs, rotationType: 'ON_DEMAND' };
  return { ...key, materials: [...demoted(key).filter((material) => material.id !== pending.id), current] };
}

/** The primary's materials in a replica. Imported bytes and their expiry are the replica's own, bytes made by KMS are shared. */
function materialsThere(replica: Key, primary: Key): Material[] {
  return primary.materials.map((material) => {
    if (primary.origin === 'AWS_KMS') return material;
    const there = replica.materials.find(({ id }) => id === material.id);
    return { ...material, sealed: there?.sealed, validToMs: there?.validToMs };
  });
}

/** A pending material of a multi-Region key can be rotated to when every Region has its bytes (aws-facts 1.5). */
function pendingState(call: Call, key: Key, pending: Material): string {
  const everywhere = call.store.family(key).every((each) => each.materials.some(({ id, sealed }) => id === pending.id && sealed !== undefined));
  return key.multiRegion === undefined || everywhere ? 'PENDING_ROTATION' : 'PENDING_MULTI_REGION_IMPORT_AND_ROTATION';
}

const ListKeyRotations = operation(
  z.strictObject({
    KeyId: field.keyId,
    IncludeKeyMaterial: z.enum(['ALL_KEY_MATERIAL', 'ROTATIONS_ONLY']).default('ROTATIONS_ONLY'),
    Limit: field.limit(1000),
    Marker: field.marker,
  }),
  (call, { KeyId, IncludeKeyMaterial, Limit = 100, Marker }) => {
    const key = reach(call, KeyId);
    if (!isSymmetric(key)) throw refuse('UnsupportedOperationException', `${arnOf(key)} key spec is ${key.spec} which does not support rotation.`);
    const shown = key.materials.filter((material) => IncludeKeyMaterial === 'ALL_KEY_MATERIAL' || material.rotatedMs !== undefined);
    const page = pageOf(shown, Marker, Limit);
    return { Rotations: page.items.map((material) => rotationEntry(call, key, material)), ...paging(page) };
  },
);

function rotationEntry(call: Call, key: Key, material: Material): Output {
  const { id, description, sealed, validToMs, rotatedMs, rotationType } = material;
  return {
    KeyId: key.id,
    KeyMaterialId: id,
    KeyMaterialState: isPending(material) ? pendingState(call, key, material) : material.state,
    ...(description === undefined ? {} : { KeyMaterialDescription: description }),
    ...(key.origin === 'EXTERNAL' ? { ImportState: sealed === undefined ? 'PENDING_IMPORT' : 'IMPORTED' } : {}),
    ...(key.origin === 'EXTERNAL' && sealed !== undefined
      ? { ExpirationModel: validToMs === undefined ? 'KEY_MATERIAL_DOES_NOT_EXPIRE' : 'KEY_MATERIAL_EXPIRES' }
      : {}),
    ...(validToMs === undefined ? {} : { ValidTo: seconds(validToMs) }),
    ...(rotatedMs === undefined ? {} : { RotationDate: seconds(rotatedMs) }),
    ...(rotationType === undefined ? {} : { RotationType: rotationType }),
  };
}

/** A key that comes back to Enabled after its date has passed rotates at once, and only once (aws-facts 1.6). */
export function withMissedRotation(key: Key, nowMs: number): Key {
  if (key.rotation === undefined || stateOf(key) !== 'Enabled') return key;
  const missed = key.rotation.sinceMs + key.rotation.periodDays * dayMs <= nowMs;
  return missed ? { ...key, rotation: { ...key.rotation, sinceMs: nowMs - key.rotation.periodDays * dayMs } } : key;
}

export const rotationOperations = { EnableKeyRotation, DisableKeyRotation, GetKeyRotationStatus, RotateKeyOnDemand, ListKeyRotations };
