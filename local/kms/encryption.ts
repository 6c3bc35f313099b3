import { constants, createPublicKey, privateDecrypt, publicEncrypt } from 'node:crypto';
import { z } from 'zod';
import { AwsError } from '../wire/errors.ts';
import { decryptUnder, encryptUnder, headerOf, type EncryptionContext } from './ciphertext.ts';
import * as field from './fields.ts';
import { arnOf, isSymmetric, type Key } from './key.ts';
import { materialInUse, reachForUse } from './key-use.ts';
import { withBytes, withPrivateKey } from './material.ts';
import { endDryRun, noteUse, operation, type Call, type Output } from './operation.ts';
import { resolve } from './access.ts';

const oaepHashes: Readonly<Record<string, string>> = { RSAES_OAEP_SHA_1: 'sha1', RSAES_OAEP_SHA_256: 'sha256' };

const refuse = (code: string, message: string): AwsError => new AwsError(code, message);

/** Encrypts under the current material of a key. Throws ValidationException when RSA cannot hold the plaintext. */
export function encryptWith(call: Call, key: Key, algorithm: string, context: EncryptionContext, plaintext: Buffer): Buffer {
  const material = materialInUse(key);
  if (isSymmetric(key)) {
    const header = { accountId: key.accountId, keyId: key.id, materialId: material.id };
    return withBytes(key, material, call.store.seal, (bytes) => encryptUnder(bytes, header, context, plaintext));
  }
  refuseContext(context);
  const publicKey = createPublicKey({ key: Buffer.from(material.publicKey ?? '', 'base64'), format: 'der', type: 'spki' });
  try {
    return publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: oaepHashes[algorithm] ?? '' }, plaintext);
  } catch {
    throw refuse('ValidationException', `The plaintext of ${plaintext.length} bytes is too long for ${algorithm} under ${key.spec}.`);
  }
}

function refuseContext(context: EncryptionContext): void {
  if (Object.keys(context).length > 0) throw refuse('ValidationException', 'An encryption context is only for symmetric encryption keys.');
}

/** A decryption that is allowed and has found its key; `open` gives the plaintext, which the caller zeroes. */
interface Opening {
  readonly key: Key;
  /** Symmetric keys only: the id of the material that made the ciphertext. */
  readonly materialId?: string;
  readonly open: () => Buffer;
}

interface OpenRequest {
  readonly ciphertext: Buffer;
  readonly keyId: string | undefined;
  readonly algorithm: string;
  readonly context: EncryptionContext;
  readonly grantTokens: readonly string[] | undefined;
  readonly action?: string;
}

/**
 * Finds the key for a ciphertext: the symmetric one names it, the asymmetric one needs `keyId`. Throws IncorrectKeyException
 * for another key than the ciphertext's, and AWS's AccessDeniedException for a key that is not here.
 */
function opening(call: Call, request: OpenRequest): Opening {
  const { ciphertext, keyId, algorithm, context } = request;
  const need = { ...request, usage: 'ENCRYPT_DECRYPT' } as const;
  if (algorithm !== 'SYMMETRIC_DEFAULT') {
    if (keyId === undefined) throw refuse('ValidationException', 'KeyId is required when the ciphertext was encrypted under an asymmetric KMS key.');
    const key = reachForUse(call, keyId, need);
    refuseContext(context);
    return { key, open: () => openRsa(call, key, algorithm, ciphertext) };
  }
  if (keyId !== undefined) reachForUse(call, keyId, need);
  const header = headerOf(ciphertext);
  const found = call.store.key(header.accountId, call.caller.region, header.keyId);
  if (found === undefined) {
    throw refuse('AccessDeniedException', 'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.');
  }
  if (keyId !== undefined && arnOf(resolve(call, keyId)) !== arnOf(found)) {
    throw refuse('IncorrectKeyException', 'The key ID in the request does not identify a CMK that can perform this operation.');
  }
  const key = reachForUse(call, keyId ?? arnOf(found), need);
  const material = key.materials.find(({ id, state }) => id === header.materialId && state !== 'PENDING');
  if (material === undefined) throw refuse('InvalidCiphertextException', `${arnOf(key)} has no key material ${header.materialId}.`);
  return { key, materialId: material.id, open: () => withBytes(key, material, call.store.seal, (bytes) => decryptUnder(bytes, context, ciphertext)) };
}

const openRsa = (call: Call, key: Key, algorithm: string, ciphertext: Buffer): Buffer =>
  withPrivateKey(key, materialInUse(key), call.store.seal, (privateKey) => {
    try {
      return privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: oaepHashes[algorithm] ?? '' }, ciphertext);
    } catch {
      throw refuse('InvalidCiphertextException', `The ciphertext is not valid for ${arnOf(key)} and ${algorithm}.`);
    }
  });

const Encrypt = operation(
  z.strictObject({
    KeyId: field.keyId,
    Plaintext: field.blob(1, 4096),
    EncryptionContext: field.encryptionContext,
    GrantTokens: field.grantTokens,
    EncryptionAlgorithm: field.encryptionAlgorithm,
    DryRun: field.flag,
  }),
  (call, { KeyId, Plaintext, EncryptionContext = {}, GrantTokens, EncryptionAlgorithm, DryRun }) => {
    try {
      const key = reachForUse(call, KeyId, { usage: 'ENCRYPT_DECRYPT', algorithm: EncryptionAlgorithm, grantTokens: GrantTokens });
      endDryRun(DryRun);
      const ciphertext = encryptWith(call, key, EncryptionAlgorithm, EncryptionContext, Plaintext);
      noteUse(call, key);
      return { CiphertextBlob: ciphertext.toString('base64'), KeyId: arnOf(key), EncryptionAlgorithm };
    } finally {
      Plaintext.fill(0);
    }
  },
);

const dryRunModifiers = z.array(z.enum(['IGNORE_CIPHERTEXT'])).optional();

/** A dry run that leaves the ciphertext out asks for permission only, and needs the key's id (aws-facts 0.10). True when it is one. */
function ignoresCiphertext(modifiers: readonly string[] | undefined, dryRun: boolean | undefined, keyId: string | undefined, ciphertext: Buffer | undefined): boolean {
  const ignores = modifiers?.includes('IGNORE_CIPHERTEXT') === true;
  if (modifiers !== undefined && dryRun !== true) throw refuse('ValidationException', 'DryRunModifiers need DryRun.');
  if (ignores && (ciphertext !== undefined || keyId === undefined)) {
    throw refuse('ValidationException', 'IGNORE_CIPHERTEXT needs the key id and no ciphertext.');
  }
  if (!ignores && ciphertext === undefined) {
    throw refuse('ValidationException', "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be null");
  }
  return ignores;
}

const Decrypt = operation(
  z.strictObject({
    CiphertextBlob: field.blob(1, 6144).optional(),
    EncryptionContext: field.encryptionContext,
    GrantTokens: field.grantTokens,
    KeyId: field.keyId.optional(),
    EncryptionAlgorithm: field.encryptionAlgorithm,
    DryRun: field.flag,
    DryRunModifiers: dryRunModifiers,
  }),
  (call, { CiphertextBlob, EncryptionContext = {}, GrantTokens, KeyId, EncryptionAlgorithm, DryRun, DryRunModifiers }) => {
    const request = { keyId: KeyId, algorithm: EncryptionAlgorithm, context: EncryptionContext, grantTokens: GrantTokens };
    if (ignoresCiphertext(DryRunModifiers, DryRun, KeyId, CiphertextBlob)) {
      reachForUse(call, KeyId ?? '', { ...request, usage: 'ENCRYPT_DECRYPT' });
      endDryRun(true);
    }
    const { key, materialId, open } = opening(call, { ...request, ciphertext: CiphertextBlob ?? Buffer.alloc(0) });
    const plaintext = open();
    try {
      endDryRun(DryRun);
      noteUse(call, key);
      return { KeyId: arnOf(key), Plaintext: plaintext.toString('base64'), EncryptionAlgorithm, ...(materialId === undefined ? {} : { KeyMaterialId: materialId }) };
    } finally {
      plaintext.fill(0);
    }
  },
);

const ReEncrypt = operation(
  z.strictObject({
    CiphertextBlob: field.blob(1, 6144).optional(),
    SourceEncryptionContext: field.encryptionContext,
    SourceKeyId: field.keyId.optional(),
    DestinationKeyId: field.keyId,
    DestinationEncryptionContext: field.encryptionContext,
    SourceEncryptionAlgorithm: field.encryptionAlgorithm,
    DestinationEncryptionAlgorithm: field.encryptionAlgorithm,
    GrantTokens: field.grantTokens,
    DryRun: field.flag,
    DryRunModifiers: dryRunModifiers,
  }),
  (call, input) => {
    const { GrantTokens: grantTokens, DestinationEncryptionAlgorithm, SourceEncryptionAlgorithm } = input;
    const from = {
      keyId: input.SourceKeyId,
      algorithm: SourceEncryptionAlgorithm,
      context: input.SourceEncryptionContext ?? {},
      grantTokens,
      action: 'ReEncryptFrom',
    };
    const to = { usage: 'ENCRYPT_DECRYPT', algorithm: DestinationEncryptionAlgorithm, grantTokens, action: 'ReEncryptTo' } as const;
    if (ignoresCiphertext(input.DryRunModifiers, input.DryRun, input.SourceKeyId, input.CiphertextBlob)) {
      reachForUse(call, input.SourceKeyId ?? '', { ...from, usage: 'ENCRYPT_DECRYPT' });
      reachForUse(call, input.DestinationKeyId, to);
      endDryRun(true);
    }
    const source = opening(call, { ...from, ciphertext: input.CiphertextBlob ?? Buffer.alloc(0) });
    const target = reachForUse(call, input.DestinationKeyId, to);
    const plaintext = source.open();
    try {
      endDryRun(input.DryRun);
      const ciphertext = encryptWith(call, target, DestinationEncryptionAlgorithm, input.DestinationEncryptionContext ?? {}, plaintext);
      noteUse(call, source.key);
      noteUse(call, target);
      return {
        CiphertextBlob: ciphertext.toString('base64'),
        SourceKeyId: arnOf(source.key),
        KeyId: arnOf(target),
        SourceEncryptionAlgorithm,
        DestinationEncryptionAlgorithm,
        ...(source.materialId === undefined ? {} : { SourceKeyMaterialId: source.materialId }),
        ...destinationMaterial(target),
      };
    } finally {
      plaintext.fill(0);
    }
  },
);

const destinationMaterial = (key: Key): Output => (isSymmetric(key) ? { DestinationKeyMaterialId: materialInUse(key).id } : {});

export const encryptionOperations = { Encrypt, Decrypt, ReEncrypt };
