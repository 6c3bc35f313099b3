import { createHash, randomBytes } from 'node:crypto';
import type { KMSClient } from '@aws-sdk/client-kms';
import { RotaError } from '../../core/errors.ts';
import { exerciseFor, type Order, type Subject } from './exercises.ts';

/** Something made under a key before a rotation; it must still open after. `challenge` is no secret. Base64 both. */
export interface Canary {
  readonly challenge: string;
  readonly product: string;
}

const wrongAnswers = [
  'InvalidCiphertextException',
  'IncorrectKeyException',
  'KMSInvalidMacException',
  'KMSInvalidSignatureException',
  'DisabledException',
  'InvalidKeyUsageException',
];

async function planned(kms: KMSClient, subject: Subject) {
  const found = await exerciseFor(kms, subject);
  if (found === undefined) throw new RotaError('ProofFailed', { keyId: subject.keyId, what: `no proof is known for a key of ${subject.spec} for ${subject.usage}` });
  return found;
}

/**
 * Uses a key once and back by every algorithm that it has, and checks that it was this key that answered; by an alias too, where `subject` names one. An algorithm that the
 * endpoint itself does not do is passed over, but never all of them. Returns a digest of the proofs.
 */
export async function exercise(kms: KMSClient, subject: Subject, expectedKeyId: string, rotationId: string): Promise<string> {
  // By its id: just after a move KMS may answer one request by the alias with the new key, and the next with the one before.
  const itself: Subject = { ...subject, keyId: expectedKeyId };
  const { exercise: what, algorithms, spki } = await planned(kms, itself);
  const proofs = createHash('sha256');
  let proved = 0;
  for (const algorithm of algorithms) {
    const order: Order = { kms, subject, algorithm, challenge: randomBytes(32), rotationId, spki };
    const answer = await what.make(order).catch((error: unknown) => {
      if (error instanceof Error && error.name === 'UnsupportedOperationException') return undefined;
      throw error;
    });
    if (answer === undefined) continue;
    checkWhoAnswered(answer.usedKey, subject, expectedKeyId);
    await opensOrFails({ ...order, subject: itself }, answer.product, what.opens);
    proofs.update(algorithm).update(answer.product);
    proved++;
  }
  if (proved === 0) throw new RotaError('ProofFailed', { keyId: subject.keyId, what: `KMS does none of ${algorithms.join(', ')} with it` });
  return proofs.digest('hex');
}

function checkWhoAnswered(usedKey: string, { keyId }: Subject, expectedKeyId: string): void {
  if (usedKey.endsWith(`/${expectedKeyId}`)) return;
  if (keyId.startsWith('alias/')) throw new RotaError('ChangeNotVisibleYet', { what: `${keyId} is answered by ${expectedKeyId}; it was by ${usedKey}` });
  throw new RotaError('ProofFailed', { keyId: expectedKeyId, what: `${keyId} answered with ${usedKey}` });
}

/** Makes something under a key that a later proof opens again. */
export async function makeCanaryUnder(kms: KMSClient, subject: Subject, rotationId: string): Promise<Canary> {
  const { exercise: what, algorithms, spki } = await planned(kms, subject);
  const challenge = randomBytes(32);
  const { product } = await what.make({ kms, subject, algorithm: algorithms[0] ?? '', challenge, rotationId, spki });
  return { challenge: challenge.toString('base64'), product: product.toString('base64') };
}

/** What was made before a rotation still opens. Throws `ProofFailed`. */
export async function checkCanary(kms: KMSClient, subject: Subject, canary: Canary, rotationId: string): Promise<void> {
  const { exercise: what, algorithms, spki } = await planned(kms, subject);
  const order: Order = { kms, subject, algorithm: algorithms[0] ?? '', challenge: Buffer.from(canary.challenge, 'base64'), rotationId, spki };
  await opensOrFails(order, Buffer.from(canary.product, 'base64'), what.opens);
}

async function opensOrFails(order: Order, product: Buffer, opens: (order: Order, product: Buffer) => Promise<boolean>): Promise<void> {
  let why = 'what it made does not open again';
  try {
    if (await opens(order, product)) return;
  } catch (error) {
    if (!(error instanceof Error) || !wrongAnswers.includes(error.name)) throw error;
    why = `${error.name}: ${error.message}`;
  }
  throw new RotaError('ProofFailed', { keyId: order.subject.keyId, what: why });
}
