import { createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { AwsError } from '../wire/errors.ts';
import { reach } from './access.ts';
import * as field from './fields.ts';
import { checkGrantTokens } from './grants.ts';
import { algorithmsField, arnOf, currentOf, type Key } from './key.ts';
import { materialInUse, reachForUse } from './key-use.ts';
import { withPrivateKey } from './material.ts';
import { endDryRun, noteUse, operation } from './operation.ts';
import { specOf } from './specs.ts';

const refuse = (code: string, message: string): AwsError => new AwsError(code, message);

/** Also of a disabled key, and of one whose material is gone for now: the newer key-state table says so (aws-facts 1.3). */
const GetPublicKey = operation(z.strictObject({ KeyId: field.keyId, GrantTokens: field.grantTokens }), (call, { KeyId, GrantTokens }) => {
  checkGrantTokens(call, GrantTokens);
  const key = reach(call, KeyId);
  if (specOf(key.spec).type !== 'asymmetric') {
    throw refuse('UnsupportedOperationException', `${arnOf(key)} key spec is ${key.spec} which has no public key.`);
  }
  const publicKey = currentOf(key)?.publicKey;
  if (publicKey === undefined) throw refuse('KMSInvalidStateException', `${arnOf(key)} is pending import because no key material has ever been imported.`);
  return { KeyId: arnOf(key), PublicKey: publicKey, CustomerMasterKeySpec: key.spec, KeySpec: key.spec, KeyUsage: key.usage, ...algorithmsField(key) };
});

const DeriveSharedSecret = operation(
  z.strictObject({
    KeyId: field.keyId,
    KeyAgreementAlgorithm: z.enum(['ECDH']),
    PublicKey: field.blob(1, 8192),
    GrantTokens: field.grantTokens,
    DryRun: field.flag,
  }),
  (call, { KeyId, KeyAgreementAlgorithm, PublicKey, GrantTokens, DryRun }) => {
    const key = reachForUse(call, KeyId, { usage: 'KEY_AGREEMENT', algorithm: KeyAgreementAlgorithm, grantTokens: GrantTokens });
    const publicKey = peerKey(key, PublicKey);
    endDryRun(DryRun);
    const secret = withPrivateKey(key, materialInUse(key), call.store.seal, (privateKey) => diffieHellman({ privateKey, publicKey }));
    try {
      noteUse(call, key);
      return { KeyId: arnOf(key), SharedSecret: secret.toString('base64'), KeyAgreementAlgorithm, KeyOrigin: key.origin };
    } finally {
      secret.fill(0);
    }
  },
);

/** The other party's key, DER SPKI, on the same curve. */
function peerKey(key: Key, der: Buffer): KeyObject {
  let peer: KeyObject;
  try {
    peer = createPublicKey({ key: der, format: 'der', type: 'spki' });
  } catch {
    throw refuse('ValidationException', 'The public key is not a DER-encoded SubjectPublicKeyInfo.');
  }
  const spec = specOf(key.spec);
  if (spec.family !== 'ec' || peer.asymmetricKeyDetails?.namedCurve !== spec.curve) {
    throw refuse('ValidationException', `The public key is not on the curve of ${key.spec}.`);
  }
  return peer;
}

export const publicKeyOperations = { GetPublicKey, DeriveSharedSecret };
