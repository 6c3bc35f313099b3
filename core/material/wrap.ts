import { randomBytes } from 'node:crypto';
import { RotaError } from '../errors.ts';
import { specNotImported, type KeyKind } from '../key/key-kinds.ts';
import { wrapKwp } from './kwp.ts';
import { oaepCapacityBytes, readWrappingKey, wrapOaep, type RsaWrappingKeySpec, type WrappingKey } from './oaep.ts';
import { withSecret } from './zeroed.ts';

/** The wrappings that Rota does. AWS KMS has SHA-1 and SM2 forms too; Rota has no use for either. */
export type RotaWrapping = 'RSAES_OAEP_SHA_256' | 'RSA_AES_KEY_WRAP_SHA_256';

type RandomBytes = (size: number) => Buffer;
type Wrap = (key: WrappingKey, material: Uint8Array, random: RandomBytes) => Buffer;

const wrappings: Readonly<Record<RotaWrapping, Wrap>> = {
  RSAES_OAEP_SHA_256: (key, material) => wrapOaep(key, material),
  // e ‖ w: the ephemeral AES-256 key under RSA first, then the material under that key.
  RSA_AES_KEY_WRAP_SHA_256: (key, material, random) =>
    withSecret(
      () => random(32),
      (aes) => Buffer.concat([wrapOaep(key, aes), wrapKwp(aes, material)]),
    ),
};

/**
 * Wraps key material for ImportKeyMaterial, as `EncryptedKeyMaterial`. AWS KMS Developer Guide,
 * "importing-keys-encrypt-key-material"; the second algorithm is PKCS#11 CKM_RSA_AES_KEY_WRAP.
 *
 * The material stays the caller's to zero. It is not validated here: `checkMaterial` comes first.
 *
 * @param publicKeySpki - `PublicKey` of GetParametersForImport, DER
 * @param random - source of the ephemeral AES key, which is zeroed before this returns or throws
 * @throws RotaError `WrappingKeyUnsuitable`, `MaterialTooLongForWrapping`, `MaterialLengthWrong` for no bytes at all
 */
export function wrapMaterial(
  { algorithm, publicKeySpki, material }: { algorithm: RotaWrapping; publicKeySpki: Uint8Array; material: Uint8Array },
  random: RandomBytes = randomBytes,
): Buffer {
  if (material.length === 0)
    throw new RotaError('MaterialLengthWrong', { spec: algorithm, expected: 'at least 1 byte', actualBytes: 0 });
  return wrappings[algorithm](readWrappingKey(publicKeySpki), material, random);
}

export interface Wrapping {
  readonly algorithm: RotaWrapping;
  readonly wrappingKeySpec: RsaWrappingKeySpec;
}

/**
 * Which wrapping to ask KMS for: always under RSA_4096, as AWS prefers; plain OAEP where KMS takes it and the material
 * fits, since one primitive is easier to do on any HSM than two, else the two-step one.
 *
 * @param kind - of the key that takes the material, or of its predecessor: spec alone decides
 * @param materialBytes - measured, not guessed: a PKCS#8 file with attributes is longer than the usual
 * @throws RotaError `MaterialNotImportable`, `MaterialTooLongForWrapping`
 */
export function chooseWrapping(kind: KeyKind, materialBytes: number): Wrapping {
  const wrappingKeySpec = 'RSA_4096';
  const allowed = kind.wrapping[wrappingKeySpec];
  if (allowed.length === 0) throw new RotaError('MaterialNotImportable', { spec: kind.spec, reason: specNotImported });
  const capacityBytes = oaepCapacityBytes[wrappingKeySpec];
  if (allowed.includes('RSAES_OAEP_SHA_256') && materialBytes <= capacityBytes) return { algorithm: 'RSAES_OAEP_SHA_256', wrappingKeySpec };
  if (allowed.includes('RSA_AES_KEY_WRAP_SHA_256')) return { algorithm: 'RSA_AES_KEY_WRAP_SHA_256', wrappingKeySpec };
  throw new RotaError('MaterialTooLongForWrapping', { algorithm: 'RSAES_OAEP_SHA_256', wrappingKeySpec, actualBytes: materialBytes, capacityBytes });
}

/**
 * Refuses with `WrappingNotAllowed` a wrapping that KMS does not take for this kind of key, before anybody wraps for
 * nothing: the custodian may have asked for other parameters than Rota would. AWS KMS Developer Guide,
 * "importing-keys-get-public-key-and-token".
 */
export function checkWrapping(kind: KeyKind, algorithm: string, wrappingKeySpec: string): void {
  const allowed = Object.entries(kind.wrapping).flatMap(([keySpec, algorithms]) => algorithms.map((a) => `${a} under ${keySpec}`));
  if (allowed.length === 0) throw new RotaError('MaterialNotImportable', { spec: kind.spec, reason: specNotImported });
  if (!allowed.includes(`${algorithm} under ${wrappingKeySpec}`))
    throw new RotaError('WrappingNotAllowed', { spec: kind.spec, algorithm, wrappingKeySpec, allowed });
}
