import { createHash, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { AwsError } from '../wire/errors.ts';
import { signDigest, verifyDigest } from './ecdsa.ts';
import * as field from './fields.ts';
import { arnOf, type Key } from './key.ts';
import { materialInUse, reachForUse } from './key-use.ts';
import { withPrivateKey } from './material.ts';
import { endDryRun, noteUse, operation, type Call } from './operation.ts';
import { signPkcs1, signPss, verifyPkcs1, verifyPss } from './rsa-signature.ts';
import { specOf } from './specs.ts';

const refuse = (code: string, message: string): AwsError => new AwsError(code, message);

const common = {
  KeyId: field.keyId,
  Message: field.blob(0, 4096),
  MessageType: z.enum(['RAW', 'DIGEST', 'EXTERNAL_MU']).default('RAW'),
  GrantTokens: field.grantTokens,
  SigningAlgorithm: z.enum([
    'RSASSA_PSS_SHA_256',
    'RSASSA_PSS_SHA_384',
    'RSASSA_PSS_SHA_512',
    'RSASSA_PKCS1_V1_5_SHA_256',
    'RSASSA_PKCS1_V1_5_SHA_384',
    'RSASSA_PKCS1_V1_5_SHA_512',
    'ECDSA_SHA_256',
    'ECDSA_SHA_384',
    'ECDSA_SHA_512',
    'SM2DSA',
    'ML_DSA_SHAKE_256',
    'ED25519_SHA_512',
    'ED25519_PH_SHA_512',
  ]),
  DryRun: field.flag,
};

type Request = z.output<z.ZodObject<typeof common>>;

/** A signing algorithm, ready for one message: how to sign it, and how to verify a signature of it. */
interface Scheme {
  readonly sign: (privateKey: KeyObject) => Buffer;
  readonly verify: (publicKey: KeyObject, signature: Buffer) => boolean;
}

/** Ed25519 signs the message itself, every other algorithm its digest. */
function schemeOf(key: Key, { SigningAlgorithm: algorithm, MessageType, Message }: Request): Scheme {
  if (MessageType === 'EXTERNAL_MU') throw refuse('ValidationException', `MessageType EXTERNAL_MU is only for ML-DSA, not for ${algorithm}.`);
  if (algorithm === 'ED25519_PH_SHA_512') throw refuse('UnsupportedOperationException', 'The embedded KMS lacks ED25519_PH_SHA_512: use ED25519_SHA_512.');
  if (algorithm === 'ED25519_SHA_512') {
    if (MessageType !== 'RAW') throw refuse('ValidationException', 'ED25519_SHA_512 takes MessageType RAW only.');
    return { sign: (privateKey) => sign(null, Message, privateKey), verify: (publicKey, signature) => verify(null, Message, publicKey, signature) };
  }
  const hash = `sha${algorithm.slice(-3)}`;
  const digest = MessageType === 'DIGEST' ? checkedDigest(hash, algorithm, Message) : createHash(hash).update(Message).digest();
  const spec = specOf(key.spec);
  if (spec.family === 'ec') {
    return { sign: (privateKey) => signDigest(spec.curve, privateKey, digest), verify: (publicKey, signature) => verifyDigest(spec.curve, publicKey, digest, signature) };
  }
  return algorithm.startsWith('RSASSA_PSS')
    ? { sign: (privateKey) => signPss(privateKey, hash, digest), verify: (publicKey, signature) => verifyPss(publicKey, hash, digest, signature) }
    : { sign: (privateKey) => signPkcs1(privateKey, hash, digest), verify: (publicKey, signature) => verifyPkcs1(publicKey, hash, digest, signature) };
}

function checkedDigest(hash: string, algorithm: string, digest: Buffer): Buffer {
  const length = createHash(hash).digest().length;
  if (digest.length !== length) throw refuse('ValidationException', `Digest is invalid length for algorithm ${algorithm}.`);
  return digest;
}

const reachSigner = (call: Call, { KeyId, SigningAlgorithm, GrantTokens }: Request): Key =>
  reachForUse(call, KeyId, { usage: 'SIGN_VERIFY', algorithm: SigningAlgorithm, grantTokens: GrantTokens });

const Sign = operation(z.strictObject(common), (call, request) => {
  const key = reachSigner(call, request);
  const scheme = schemeOf(key, request);
  endDryRun(request.DryRun);
  const signature = withPrivateKey(key, materialInUse(key), call.store.seal, scheme.sign);
  noteUse(call, key);
  return { KeyId: arnOf(key), Signature: signature.toString('base64'), SigningAlgorithm: request.SigningAlgorithm };
});

const Verify = operation(z.strictObject({ ...common, Signature: field.blob(1, 6144) }), (call, request) => {
  const key = reachSigner(call, request);
  const scheme = schemeOf(key, request);
  endDryRun(request.DryRun);
  const publicKey = createPublicKey({ key: Buffer.from(materialInUse(key).publicKey ?? '', 'base64'), format: 'der', type: 'spki' });
  if (!scheme.verify(publicKey, request.Signature)) {
    throw refuse('KMSInvalidSignatureException', `The signature is not one of this message by ${arnOf(key)} with ${request.SigningAlgorithm}.`);
  }
  noteUse(call, key);
  return { KeyId: arnOf(key), SignatureValid: true, SigningAlgorithm: request.SigningAlgorithm };
});

export const signOperations = { Sign, Verify };
