import { createHash, createPublicKey, diffieHellman, generateKeyPairSync, publicEncrypt, constants } from 'node:crypto';
import {
  DecapsulateCommand,
  DecryptCommand,
  DeriveSharedSecretCommand,
  EncapsulateCommand,
  EncryptCommand,
  GenerateMacCommand,
  SignCommand,
  VerifyCommand,
  VerifyMacCommand,
  type KMSClient,
  type MacAlgorithmSpec,
  type SigningAlgorithmSpec,
} from '@aws-sdk/client-kms';
import { keyKind, type KeyKind } from '../../core/key/key-kinds.ts';
import { verifiesOffline } from '../../core/publication/offline-verify.ts';
import { publicKeyOf } from '../../store/key-facts.ts';

/** A key by its id or alias, with what it can do. */
export interface Subject {
  readonly keyId: string;
  readonly spec: string;
  readonly usage: string;
}

/** What a key is asked to do once, and to undo. */
export interface Order {
  readonly kms: KMSClient;
  readonly subject: Subject;
  readonly algorithm: string;
  readonly challenge: Buffer;
  readonly rotationId: string;
  /** The public half as it is published; of a symmetric or HMAC key none. */
  readonly spki: Buffer;
}

interface Made {
  readonly product: Buffer;
  /** ARN of the key that KMS says it used. */
  readonly usedKey: string;
}

/** How a key shows that it works. `make` uses it, `opens` shows that whoever needs to can undo it. */
interface Exercise {
  readonly actions: readonly string[];
  readonly make: (order: Order) => Promise<Made>;
  readonly opens: (order: Order, product: Buffer) => Promise<boolean>;
}

const made = (product: Uint8Array | undefined, usedKey: string | undefined): Made => ({ product: Buffer.from(product ?? []), usedKey: usedKey ?? '' });
const contextOf = (rotationId: string) => ({ 'rota:rotation': rotationId });

const symmetric: Exercise = {
  actions: ['kms:Encrypt', 'kms:Decrypt'],
  make: async ({ kms, subject, challenge, rotationId }) => {
    const answer = await kms.send(new EncryptCommand({ KeyId: subject.keyId, Plaintext: challenge, EncryptionContext: contextOf(rotationId) }));
    return made(answer.CiphertextBlob, answer.KeyId);
  },
  opens: async ({ kms, subject, challenge, rotationId }, product) => {
    const answer = await kms.send(new DecryptCommand({ KeyId: subject.keyId, CiphertextBlob: product, EncryptionContext: contextOf(rotationId) }));
    return challenge.equals(Buffer.from(answer.Plaintext ?? []));
  },
};

const mac: Exercise = {
  actions: ['kms:GenerateMac', 'kms:VerifyMac'],
  make: async ({ kms, subject, challenge, algorithm }) => {
    const answer = await kms.send(new GenerateMacCommand({ KeyId: subject.keyId, Message: challenge, MacAlgorithm: algorithm as MacAlgorithmSpec }));
    return made(answer.Mac, answer.KeyId);
  },
  opens: async ({ kms, subject, challenge, algorithm }, product) => {
    const answer = await kms.send(new VerifyMacCommand({ KeyId: subject.keyId, Message: challenge, Mac: product, MacAlgorithm: algorithm as MacAlgorithmSpec }));
    return answer.MacValid === true;
  },
};

/** Ed25519ph takes the SHA-512 of a message. AWS KMS Developer Guide, "symm-asymm-choose-key-spec". */
const signed = ({ algorithm, challenge }: Order) =>
  algorithm === 'ED25519_PH_SHA_512'
    ? { Message: createHash('sha512').update(challenge).digest(), MessageType: 'DIGEST' as const }
    : { Message: challenge, MessageType: 'RAW' as const };

/** Signed by KMS, verified without it, with the public key that consumers get. What Node cannot verify, KMS verifies. */
const signing: Exercise = {
  actions: ['kms:Sign', 'kms:Verify', 'kms:GetPublicKey'],
  make: async (order) => {
    const answer = await order.kms.send(new SignCommand({ KeyId: order.subject.keyId, SigningAlgorithm: order.algorithm as SigningAlgorithmSpec, ...signed(order) }));
    return made(answer.Signature, answer.KeyId);
  },
  opens: async (order, product) => {
    const verdict = verifiesOffline(order.spki, order.algorithm, order.challenge, product);
    if (verdict !== 'unsupported') return verdict === 'valid';
    const { SignatureValid } = await order.kms.send(
      new VerifyCommand({ KeyId: order.subject.keyId, SigningAlgorithm: order.algorithm as SigningAlgorithmSpec, Signature: product, ...signed(order) }),
    );
    return SignatureValid === true;
  },
};

const oaepHash: Readonly<Record<string, string>> = { RSAES_OAEP_SHA_1: 'sha1', RSAES_OAEP_SHA_256: 'sha256' };

/** Encrypted without KMS, as a sender does with the published key, and decrypted by KMS. */
const publicKeyEncryption: Exercise = {
  actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:GetPublicKey'],
  make: async ({ kms, subject, challenge, algorithm, spki }) => {
    const { KeyId } = await kms.send(new EncryptCommand({ KeyId: subject.keyId, Plaintext: challenge, EncryptionAlgorithm: algorithm as 'RSAES_OAEP_SHA_256' }));
    const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    return made(publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: oaepHash[algorithm] ?? '' }, challenge), KeyId);
  },
  opens: async ({ kms, subject, challenge, algorithm }, product) => {
    const { Plaintext } = await kms.send(new DecryptCommand({ KeyId: subject.keyId, CiphertextBlob: product, EncryptionAlgorithm: algorithm as 'RSAES_OAEP_SHA_256' }));
    return challenge.equals(Buffer.from(Plaintext ?? []));
  },
};

/**
 * A peer's half is the product; that KMS derives with it what the peer derives with the published key is the proof. The secret is
 * compared by its digest and wiped: it keys nothing.
 */
const agreement: Exercise = {
  actions: ['kms:DeriveSharedSecret', 'kms:GetPublicKey'],
  make: async ({ kms, subject, spki }) => {
    const ours = createPublicKey({ key: spki, format: 'der', type: 'spki' });
    const peer = generateKeyPairSync('ec', { namedCurve: ours.asymmetricKeyDetails?.namedCurve ?? '' });
    const peerSpki = peer.publicKey.export({ type: 'spki', format: 'der' });
    const { KeyId } = await kms.send(new DeriveSharedSecretCommand({ KeyId: subject.keyId, KeyAgreementAlgorithm: 'ECDH', PublicKey: peerSpki }));
    const secret = diffieHellman({ privateKey: peer.privateKey, publicKey: ours });
    const digest = createHash('sha256').update(secret).digest();
    secret.fill(0);
    return made(Buffer.concat([digest, peerSpki]), KeyId);
  },
  opens: async ({ kms, subject }, product) => {
    const { SharedSecret } = await kms.send(new DeriveSharedSecretCommand({ KeyId: subject.keyId, KeyAgreementAlgorithm: 'ECDH', PublicKey: product.subarray(32) }));
    const secret = Buffer.from(SharedSecret ?? []);
    const digest = createHash('sha256').update(secret).digest();
    secret.fill(0);
    SharedSecret?.fill(0);
    return digest.equals(product.subarray(0, 32));
  },
};

/** ML-KEM rejects by another secret, not by an error: compared by digest like an agreement. AWS KMS API Reference, Decapsulate. */
const encapsulation: Exercise = {
  actions: ['kms:Encapsulate', 'kms:Decapsulate'],
  make: async ({ kms, subject }) => {
    const { SharedSecretCiphertextBlob, SharedSecret, KeyId } = await kms.send(new EncapsulateCommand({ KeyId: subject.keyId, EncapsulationAlgorithm: 'ML_KEM' }));
    const digest = createHash('sha256').update(SharedSecret ?? new Uint8Array()).digest();
    SharedSecret?.fill(0);
    return made(Buffer.concat([digest, SharedSecretCiphertextBlob ?? new Uint8Array()]), KeyId);
  },
  opens: async ({ kms, subject }, product) => {
    const { SharedSecret } = await kms.send(new DecapsulateCommand({ KeyId: subject.keyId, EncapsulationAlgorithm: 'ML_KEM', SharedSecretCiphertextBlob: product.subarray(32) }));
    const digest = createHash('sha256').update(SharedSecret ?? new Uint8Array()).digest();
    SharedSecret?.fill(0);
    return digest.equals(product.subarray(0, 32));
  },
};

/** By usage; encryption differs by whether there is a public key. */
const exercises: Readonly<Record<KeyKind['usage'], (kind: KeyKind) => Exercise>> = {
  ENCRYPT_DECRYPT: ({ keyType }) => (keyType === 'symmetric' ? symmetric : publicKeyEncryption),
  SIGN_VERIFY: () => signing,
  GENERATE_VERIFY_MAC: () => mac,
  KEY_AGREEMENT: () => agreement,
  ENCAPSULATE_DECAPSULATE: () => encapsulation,
};

export const exerciseActions = [...new Set([symmetric, publicKeyEncryption, signing, mac, agreement, encapsulation].flatMap((e) => e.actions))];

/** The exercise of a key, the algorithms to do it by, and the public half that it is done with. */
export async function exerciseFor(kms: KMSClient, { spec, usage, keyId }: Subject): Promise<{ exercise: Exercise; algorithms: readonly string[]; spki: Buffer } | undefined> {
  const kind = keyKind({ spec, usage, origin: 'AWS_KMS', keyManager: 'CUSTOMER', multiRegion: false });
  if (kind.verdict !== 'yes') return undefined;
  const hasPublicKey = kind.keyType !== 'symmetric' && kind.keyType !== 'hmac';
  return { exercise: exercises[kind.usage](kind), algorithms: kind.algorithms, spki: hasPublicKey ? await publicKeyOf(kms, keyId) : Buffer.alloc(0) };
}
