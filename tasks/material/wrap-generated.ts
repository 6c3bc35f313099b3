import { GenerateRandomCommand, GetParametersForImportCommand, type AlgorithmSpec, type KMSClient, type WrappingKeySpec } from '@aws-sdk/client-kms';
import { z } from 'zod';
import { isoSeconds } from '../../core/clock.ts';
import { RotaError } from '../../core/errors.ts';
import { Sha256Hex } from '../../core/ids.ts';
import { keyKind, type MaterialFormat } from '../../core/key/key-kinds.ts';
import { certificateDigest, escrowObjectKey, sealToCertificates } from '../../core/material/escrow.ts';
import { generatePrivateKey, generateRaw } from '../../core/material/generate.ts';
import { materialFingerprint } from '../../core/material/fingerprint.ts';
import { checkMaterial } from '../../core/material/validate.ts';
import { wrapMaterial, type RotaWrapping } from '../../core/material/wrap.ts';
import { withSecretAsync, type Hold } from '../../core/material/zeroed.ts';
import { newKeyIdOf, rotationPlanOf } from '../plan-of.ts';
import { roundInput, stepWithRound, task } from '../task.ts';

/** What `import-material` needs: the ciphertext that only KMS can open, and the token that goes with it. Base64. */
export interface WrappedMaterial {
  readonly encryptedKeyMaterial: string;
  readonly importToken: string;
  readonly expiresAt: string;
  readonly fingerprint: string;
  readonly escrowObject: string;
}

/** Tokens that expire again and again are no bad luck: the rotation ends with its dossier, long before its history is full. */
const mostRounds = 12;

export const wrappedName = (round: number): string => `wrapped material ${round}`;

/**
 * Makes key material, seals a copy to the recovery certificates and wraps it for KMS: the only task in which plaintext
 * exists (P1). The ciphertext is kept in the ledger before it is imported, so that a repeated import sends the same
 * bytes and nobody has to guess which of two attempts won. A token lives 24 h; a later round starts afresh.
 */
export const wrapGenerated = task({
  name: 'wrap-generated',
  input: roundInput,
  output: z.strictObject({ fingerprint: Sha256Hex, escrowObject: z.string(), expiresAt: z.string() }),
  errors: ['MethodDoesNotFit', 'MaterialBlank', 'MaterialEncoded', 'MaterialLengthWrong', 'MaterialTooLongForWrapping', 'WrappingKeyUnsuitable', 'ImportTokenExpired', 'AliasUnregistered', 'RegistryEmpty'],
  actions: ['kms:GetParametersForImport', 'kms:GenerateRandom', 's3:PutObject', 'dynamodb:GetItem'],
  step: stepWithRound('wrap-generated'),
  run: async ({ rotationId, round }, { head, clients, store, now }) => {
    const before = (await store.ledger.kept(rotationId, wrappedName(round))) as WrappedMaterial | undefined;
    if (round > mostRounds) throw new RotaError('ImportTokenExpired', { keyId: newKeyIdOf(head), expiredAt: now });
    if (before !== undefined && before.expiresAt > now) return answerOf(before);
    const { material, alias, method, successor } = rotationPlanOf(head);
    const kind = keyKind({ ...successor, keyManager: 'CUSTOMER', multiRegion: false });
    if (kind.verdict !== 'yes') throw new RotaError('MethodDoesNotFit', { key: alias, method, reason: kind.reason });
    const format = kind.material;
    const { escrow } = await store.registry.key(alias);
    if (material === undefined || format === undefined || escrow === undefined)
      throw new RotaError('MethodDoesNotFit', { key: alias, method, reason: 'the registry names no source and escrow of its material any more' });
    const inRegistry = new Map(escrow.recoveryCertificates.map((pem) => [certificateDigest(pem), pem]));
    const planned = [...new Set(material.escrowTo)];
    const certificates = planned.flatMap((digest) => inRegistry.get(digest) ?? []);
    // Fewer than were planned would be fewer who can recover the material, and the dossier names all of them.
    if (certificates.length < planned.length) throw new RotaError('MethodDoesNotFit', { key: alias, method, reason: 'the registry no longer has every recovery certificate that the plan names' });
    const parameters = await clients.kms.send(
      new GetParametersForImportCommand({
        KeyId: newKeyIdOf(head),
        WrappingAlgorithm: material.wrappingAlgorithm as AlgorithmSpec,
        WrappingKeySpec: material.wrappingKeySpec as WrappingKeySpec,
      }),
    );
    const expiresAt = isoSeconds(parameters.ParametersValidTo?.getTime() ?? 0);
    return withSecretAsync(
      (hold) => generateMaterial(clients.kms, format, hold),
      async (secret) => {
        checkMaterial(kind, secret);
        const fingerprint = materialFingerprint(rotationId, secret);
        const escrowObject = escrowObjectKey(rotationId, fingerprint);
        await store.dossiers.putEscrow(escrowObject, sealToCertificates(secret, certificates));
        const encryptedKeyMaterial = wrapMaterial({
          algorithm: material.wrappingAlgorithm as RotaWrapping,
          publicKeySpki: parameters.PublicKey ?? new Uint8Array(),
          material: secret,
        });
        const kept: WrappedMaterial = {
          encryptedKeyMaterial: encryptedKeyMaterial.toString('base64'),
          importToken: Buffer.from(parameters.ImportToken ?? []).toString('base64'),
          expiresAt,
          fingerprint,
          escrowObject,
        };
        await store.ledger.keep(rotationId, wrappedName(round), { ...kept });
        return answerOf(kept);
      },
    );
  },
});

const answerOf = ({ fingerprint, escrowObject, expiresAt }: WrappedMaterial) => ({ fingerprint, escrowObject, expiresAt });

/**
 * A private key is made here. Raw bytes are KMS's and this process's own combined, since the answer of GenerateRandom, which the
 * SDK parses from a string, must not be the key material (P1). The shortest material that KMS takes is the spec's own strength.
 */
async function generateMaterial(kms: KMSClient, format: MaterialFormat, hold: Hold): Promise<Buffer> {
  if (format.form === 'pkcs8') return generatePrivateKey(format, hold);
  const { Plaintext } = await kms.send(new GenerateRandomCommand({ NumberOfBytes: format.minBytes }));
  const fromKms = hold(Plaintext ?? new Uint8Array());
  if (fromKms.length !== format.minBytes) throw new Error('GenerateRandom answered another number of bytes than was asked');
  return generateRaw(fromKms, hold);
}
