import { createHash, randomBytes } from 'node:crypto';
import {
  DecryptCommand,
  EncryptCommand,
  GenerateMacCommand,
  VerifyMacCommand,
  type KMSClient,
  type MacAlgorithmSpec,
} from '@aws-sdk/client-kms';
import { RotaError } from '../../core/errors.ts';

/** A key by its id or alias, with what it can do. */
export interface Subject {
  readonly keyId: string;
  readonly spec: string;
  readonly usage: string;
}

/** Something made under a key before a rotation; it must still open after. `challenge` is no secret. Base64 both. */
export interface Canary {
  readonly challenge: string;
  readonly product: string;
}

interface Exercise {
  readonly actions: readonly string[];
  readonly make: (kms: KMSClient, subject: Subject, challenge: Buffer, rotationId: string) => Promise<{ product: Buffer; usedKey: string }>;
  readonly opens: (kms: KMSClient, subject: Subject, challenge: Buffer, product: Buffer, rotationId: string) => Promise<boolean>;
}

const contextOf = (rotationId: string) => ({ 'rota:rotation': rotationId });
const macAlgorithm = (spec: string): MacAlgorithmSpec => spec.replace('HMAC_', 'HMAC_SHA_') as MacAlgorithmSpec;

/** How a key shows that it works, by its usage. */
const exercises: Readonly<Record<string, Exercise>> = {
  ENCRYPT_DECRYPT: {
    actions: ['kms:Encrypt', 'kms:Decrypt'],
    make: async (kms, { keyId }, challenge, rotationId) => {
      const answer = await kms.send(new EncryptCommand({ KeyId: keyId, Plaintext: challenge, EncryptionContext: contextOf(rotationId) }));
      return { product: Buffer.from(answer.CiphertextBlob ?? []), usedKey: answer.KeyId ?? '' };
    },
    opens: async (kms, { keyId }, challenge, product, rotationId) => {
      const answer = await kms.send(new DecryptCommand({ KeyId: keyId, CiphertextBlob: product, EncryptionContext: contextOf(rotationId) }));
      return challenge.equals(Buffer.from(answer.Plaintext ?? []));
    },
  },
  GENERATE_VERIFY_MAC: {
    actions: ['kms:GenerateMac', 'kms:VerifyMac'],
    make: async (kms, { keyId, spec }, challenge) => {
      const answer = await kms.send(new GenerateMacCommand({ KeyId: keyId, Message: challenge, MacAlgorithm: macAlgorithm(spec) }));
      return { product: Buffer.from(answer.Mac ?? []), usedKey: answer.KeyId ?? '' };
    },
    opens: async (kms, { keyId, spec }, challenge, product) => {
      const answer = await kms.send(new VerifyMacCommand({ KeyId: keyId, Message: challenge, Mac: product, MacAlgorithm: macAlgorithm(spec) }));
      return answer.MacValid === true;
    },
  },
};

export const exerciseActions = Object.values(exercises).flatMap((e) => e.actions);

function exerciseFor({ usage, keyId }: Subject): Exercise {
  const exercise = exercises[usage];
  if (exercise === undefined) throw new RotaError('ProofFailed', { keyId, what: `no proof is known for usage ${usage}` });
  return exercise;
}

/** Uses a key once and back, and checks that it was this key that answered. Returns a digest of the proof. */
export async function exercise(kms: KMSClient, subject: Subject, expectedKeyId: string, rotationId: string): Promise<string> {
  const { make, opens } = exerciseFor(subject);
  const challenge = randomBytes(32);
  const { product, usedKey } = await make(kms, subject, challenge, rotationId);
  if (!usedKey.endsWith(`/${expectedKeyId}`) && subject.keyId.startsWith('alias/'))
    throw new RotaError('ChangeNotVisibleYet', { what: `${subject.keyId} is answered by ${expectedKeyId}; it was by ${usedKey}` });
  if (!usedKey.endsWith(`/${expectedKeyId}`))
    throw new RotaError('ProofFailed', { keyId: expectedKeyId, what: `${subject.keyId} answered with ${usedKey}` });
  await opensOrFails(kms, opens, subject, challenge, product, rotationId);
  return createHash('sha256').update(product).digest('hex');
}

/** Makes something under a key that a later proof opens again. */
export async function makeCanaryUnder(kms: KMSClient, subject: Subject, rotationId: string): Promise<Canary> {
  const challenge = randomBytes(32);
  const { product } = await exerciseFor(subject).make(kms, subject, challenge, rotationId);
  return { challenge: challenge.toString('base64'), product: product.toString('base64') };
}

/** What was made before a rotation still opens. Throws `ProofFailed`. */
export async function checkCanary(kms: KMSClient, subject: Subject, canary: Canary, rotationId: string): Promise<void> {
  const { opens } = exerciseFor(subject);
  await opensOrFails(kms, opens, subject, Buffer.from(canary.challenge, 'base64'), Buffer.from(canary.product, 'base64'), rotationId);
}

const wrongAnswers = ['InvalidCiphertextException', 'IncorrectKeyException', 'KMSInvalidMacException', 'DisabledException', 'InvalidKeyUsageException'];

async function opensOrFails(kms: KMSClient, opens: Exercise['opens'], subject: Subject, challenge: Buffer, product: Buffer, rotationId: string): Promise<void> {
  let why = 'what it made does not open again';
  try {
    if (await opens(kms, subject, challenge, product, rotationId)) return;
  } catch (error) {
    if (!(error instanceof Error) || !wrongAnswers.includes(error.name)) throw error;
    why = `${error.name}: ${error.message}`;
  }
  throw new RotaError('ProofFailed', { keyId: subject.keyId, what: why });
}
