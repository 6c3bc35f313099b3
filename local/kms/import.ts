import { z } from 'zod';
import { AwsError } from '../wire/errors.ts';
import { reach } from './access.ts';
import * as field from './fields.ts';
import { makeImportToken, readImportToken } from './import-token.ts';
import { arnOf, currentOf, dayMs, isPending, isReplica, isSymmetric, seconds, stateOf, type Key, type Material } from './key.ts';
import { checkBytes, materialFrom } from './material.ts';
import { operation, type Call } from './operation.ts';
import type { Change } from './records.ts';
import { isWrappingAlgorithm, unwrap, wrappingMismatch } from './wrapping.ts';
import { wrappingSpecs } from './wrapping-pairs.ts';

const longestValidityMs = 365 * dayMs;

const refuse = (code: string, message: string): AwsError => new AwsError(code, message);

function requireExternal(key: Key): void {
  if (key.origin === 'EXTERNAL') return;
  throw refuse('UnsupportedOperationException', `${arnOf(key)} origin is ${key.origin} which is not valid for this operation.`);
}

const GetParametersForImport = operation(
  z.strictObject({
    KeyId: field.keyId,
    WrappingAlgorithm: z.enum(['RSAES_PKCS1_V1_5', 'RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256', 'RSA_AES_KEY_WRAP_SHA_1', 'RSA_AES_KEY_WRAP_SHA_256', 'SM2PKE']),
    WrappingKeySpec: z.enum(['RSA_2048', 'RSA_3072', 'RSA_4096', 'SM2']),
  }),
  async (call, { KeyId, WrappingAlgorithm, WrappingKeySpec }) => {
    const key = reach(call, KeyId);
    requireExternal(key);
    if (!isWrappingAlgorithm(WrappingAlgorithm) || WrappingKeySpec === 'SM2' || !Object.hasOwn(wrappingSpecs, WrappingKeySpec)) {
      throw refuse('UnsupportedOperationException', `${WrappingAlgorithm} with ${WrappingKeySpec} is not supported.`);
    }
    const mismatch = wrappingMismatch(key.spec, WrappingAlgorithm, WrappingKeySpec);
    if (mismatch !== undefined) throw refuse('UnsupportedOperationException', `${mismatch}.`);
    const pair = await call.wrappingPairs.of(WrappingKeySpec);
    const { token, validToMs } = makeImportToken(key, pair.id, WrappingAlgorithm, call.nowMs, call.store.seal);
    return { KeyId: arnOf(key), ImportToken: token, PublicKey: pair.publicKey, ParametersValidTo: seconds(validToMs) };
  },
);

const importInput = z.strictObject({
  KeyId: field.keyId,
  ImportToken: field.blob(1, 6144),
  EncryptedKeyMaterial: field.blob(1, 6144),
  ValidTo: field.timestamp.optional(),
  ExpirationModel: z.enum(['KEY_MATERIAL_EXPIRES', 'KEY_MATERIAL_DOES_NOT_EXPIRE']).default('KEY_MATERIAL_EXPIRES'),
  ImportType: z.enum(['NEW_KEY_MATERIAL', 'EXISTING_KEY_MATERIAL']).optional(),
  KeyMaterialDescription: z.string().max(256).regex(/^[a-zA-Z0-9:/_\s.-]+$/).optional(),
  KeyMaterialId: field.materialId.optional(),
});

type ImportInput = z.output<typeof importInput>;

const ImportKeyMaterial = operation(importInput, (call, input) => {
  const key = reach(call, input.KeyId);
  requireExternal(key);
  const type = checkedImportType(key, input);
  checkExpiry(input, call.nowMs);
  const token = readImportToken(key, input.ImportToken, call.nowMs, call.store.seal);
  const wrappingKey = call.wrappingPairs.privateKey(token.wrappingPairId);
  if (wrappingKey === undefined) throw refuse('InvalidImportTokenException', 'The import token belongs to a wrapping key that is not here.');
  const bytes = unwrap(token.algorithm, wrappingKey, input.EncryptedKeyMaterial);
  try {
    checkBytes(key.spec, bytes);
    const imported = materialFrom(key, bytes, call.store.seal, { state: 'PENDING', validToMs: input.ValidTo });
    call.store.commit(...associate(call, key, imported, type, input));
    return { KeyId: arnOf(key), KeyMaterialId: imported.id };
  } finally {
    bytes.fill(0);
  }
});

/** The rules on ImportType, KeyMaterialId and KeyMaterialDescription (SDK:ImportKeyMaterialRequest, aws-facts 1.4). */
function checkedImportType(key: Key, { ImportType, KeyMaterialId, KeyMaterialDescription }: ImportInput): NonNullable<ImportInput['ImportType']> {
  const type = ImportType ?? (key.materials.length === 0 ? 'NEW_KEY_MATERIAL' : 'EXISTING_KEY_MATERIAL');
  if (!isSymmetric(key) && (ImportType !== undefined || KeyMaterialDescription !== undefined)) {
    throw refuse('ValidationException', 'ImportType and KeyMaterialDescription are only for symmetric encryption keys.');
  }
  if (type === 'NEW_KEY_MATERIAL' && KeyMaterialId !== undefined) {
    throw refuse('ValidationException', 'KeyMaterialId cannot be given with new key material: KMS computes it.');
  }
  if (isReplica(key) && type === 'NEW_KEY_MATERIAL') {
    throw refuse('UnsupportedOperationException', `${arnOf(key)} is a replica: import new key material into the primary key first.`);
  }
  if (isReplica(key) && KeyMaterialDescription !== undefined) {
    throw refuse('ValidationException', 'KeyMaterialDescription of a multi-Region key can be set on the primary key only.');
  }
  return type;
}

function checkExpiry({ ExpirationModel, ValidTo }: ImportInput, nowMs: number): void {
  if (ExpirationModel === 'KEY_MATERIAL_DOES_NOT_EXPIRE') {
    if (ValidTo !== undefined) throw refuse('ValidationException', 'ValidTo must be omitted when ExpirationModel is KEY_MATERIAL_DOES_NOT_EXPIRE.');
    return;
  }
  if (ValidTo === undefined) throw refuse('ValidationException', 'A ValidTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES.');
  if (ValidTo <= nowMs) throw refuse('ValidationException', 'ValidTo must be in the future.');
  if (ValidTo > nowMs + longestValidityMs) throw refuse('ValidationException', 'ValidTo must be at most 365 days from now.');
}

/** Gives the material its place in the key. A new one waits for rotation, unless it is the first; one may wait at a time. */
function associate(call: Call, key: Key, imported: Material, type: string, input: ImportInput): Change[] {
  const known = key.materials.find((material) => material.id === imported.id);
  if (type === 'NEW_KEY_MATERIAL') {
    if (known !== undefined && !isPending(known)) {
      throw refuse('IncorrectKeyMaterialException', `The key material is already associated with ${arnOf(key)}; it is not new.`);
    }
    if (key.materials.length > 0 && !isSymmetric(key)) throw otherMaterial(key);
  } else {
    if (known === undefined) throw otherMaterial(key);
    if (input.KeyMaterialId !== undefined && input.KeyMaterialId !== imported.id) {
      throw refuse('IncorrectKeyMaterialException', `The key material is not the one with the id ${input.KeyMaterialId}.`);
    }
  }
  const placed: Material = {
    ...(known ?? { state: key.materials.length === 0 ? 'CURRENT' : 'PENDING' }),
    id: imported.id,
    sealed: imported.sealed,
    publicKey: imported.publicKey,
    validToMs: imported.validToMs,
    description: input.KeyMaterialDescription ?? known?.description,
  };
  const changes: Change[] = [{ key: withEnabled(key, { ...key, materials: placedIn(key.materials, placed) }) }];
  if (isReplica(key)) return changes;
  // Id and description go to the replicas, the bytes do not (aws-facts 1.5).
  for (const replica of call.store.family(key).filter(isReplica)) {
    const there = replica.materials.find((material) => material.id === placed.id);
    const shared: Material = there === undefined ? { id: placed.id, state: placed.state, description: placed.description } : { ...there, description: placed.description };
    changes.push({ key: { ...replica, materials: placedIn(replica.materials, shared) } });
  }
  return changes;
}

const otherMaterial = (key: Key): AwsError =>
  refuse('IncorrectKeyMaterialException', `The key material in the request is not the key material that was previously imported into ${arnOf(key)}.`);

/** Puts a material into its place by id; a new pending one takes the place of another pending one. */
function placedIn(materials: readonly Material[], placed: Material): Material[] {
  const at = materials.findIndex((material) => material.id === placed.id);
  if (at >= 0) return materials.with(at, placed);
  return [...materials.filter((material) => !(isPending(placed) && isPending(material))), placed];
}

/** A key that was PendingImport and is whole again is Enabled, whatever it was before (SDK:ImportKeyMaterialCommand). */
const withEnabled = (before: Key, after: Key): Key => (stateOf(before) === 'PendingImport' ? { ...after, enabled: true } : after);

const DeleteImportedKeyMaterial = operation(
  z.strictObject({ KeyId: field.keyId, KeyMaterialId: field.materialId.optional() }),
  (call, { KeyId, KeyMaterialId }) => {
    const key = reach(call, KeyId);
    requireExternal(key);
    const found = KeyMaterialId === undefined ? currentOf(key) : key.materials.find((material) => material.id === KeyMaterialId);
    if (found === undefined) {
      if (KeyMaterialId === undefined) return { KeyId: arnOf(key) };
      throw refuse('NotFoundException', `Key material ${KeyMaterialId} is not associated with ${arnOf(key)}.`);
    }
    const forgotten = { ...key, materials: key.materials.filter((material) => material.id !== found.id) };
    const emptied = { ...key, materials: key.materials.with(key.materials.indexOf(found), { ...found, sealed: undefined, validToMs: undefined }) };
    // A pending material of the primary is not yet the key's own: it goes without a trace, from the replicas too.
    if (isPending(found) && !isReplica(key)) {
      const replicas = call.store.family(key).filter(isReplica);
      const without = (each: Key): Change => ({ key: { ...each, materials: each.materials.filter((material) => material.id !== found.id) } });
      call.store.commit({ key: forgotten }, ...replicas.map(without));
    } else if (found.sealed !== undefined) {
      call.store.commit({ key: emptied });
    }
    return { KeyId: arnOf(key), KeyMaterialId: found.id };
  },
);

export const importOperations = { GetParametersForImport, ImportKeyMaterial, DeleteImportedKeyMaterial };
