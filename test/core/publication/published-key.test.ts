import { calculateJwkThumbprint, exportJWK, importJWK, importSPKI } from 'jose';
import forge from 'node-forge';
import { createHash, createPublicKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { publicJwk, spkiOf } from '../../../core/publication/public-jwk.ts';
import { pemOf, publishedKey, thumbprintOf } from '../../../core/publication/published-key.ts';
import { hmacKey, latticeKey, latticeKeys, madeKey, pairOf, rawSpki, spkiOfPair } from './keys.ts';

const vectors = z
  .array(z.strictObject({ name: z.string(), jwk: z.record(z.string(), z.string()), thumbprint: z.string() }))
  .parse(JSON.parse(readFileSync(new URL('../../vectors/publication/thumbprints.json', import.meta.url), 'utf8')));

const keyArn = 'arn:aws:kms:eu-central-1:111122223333:key/9f3c0000-0000-4000-8000-000000000001';

describe('thumbprints', () => {
  test.each(vectors)('$name', ({ jwk, thumbprint }) => {
    const spki = jwk.kty === 'AKP' ? rawSpki('608648016503040311', Buffer.from(jwk.pub ?? '', 'base64url')) : createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }).export({ format: 'der', type: 'spki' });
    expect(thumbprintOf({ spki, keyArn })).toBe(thumbprint);
    expect(publicJwk(spki)).toEqual(jwk);
    expect(spkiOf(publicJwk(spki)).equals(spki)).toBe(true);
  });

  test.each(['RSA_2048', 'RSA_3072', 'RSA_4096', 'ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521', 'ECC_NIST_EDWARDS25519'])('jose finds the same for %s', async (spec) => {
    const key = madeKey(spec);
    expect(key.kid).toBe(await calculateJwkThumbprint(await exportJWK(pairOf(spec).publicKey)));
    expect(await calculateJwkThumbprint(await importJWK({ ...publicJwk(key.spki) }, key.algorithm ?? ''))).toBe(key.kid);
  });

  test('secp256k1, which jose does not read as a key but hashes as a JWK', async () => {
    const key = madeKey('ECC_SECG_P256K1');
    expect(key.kid).toBe(await calculateJwkThumbprint(pairOf('ECC_SECG_P256K1').publicKey.export({ format: 'jwk' })));
  });

  test.each(latticeKeys)('$spec', async (row) => {
    const key = latticeKey(row);
    const pub = key.spki.subarray(-row.bytes).toString('base64url');
    expect(publicJwk(key.spki)).toEqual({ kty: 'AKP', alg: row.alg, pub });
    expect(key).toMatchObject({ algorithm: row.alg, kid: await calculateJwkThumbprint({ kty: 'AKP', alg: row.alg, pub }) });
  });

  test('an HMAC key is known by the hash of its ARN', () => {
    expect(thumbprintOf({ spki: Buffer.alloc(0), keyArn })).toBe(createHash('sha256').update(keyArn).digest('base64url'));
    expect(hmacKey('HMAC_224')).toMatchObject({ algorithm: 'HMAC_SHA_224', spki: Buffer.alloc(0) });
  });
});

const p256 = spkiOfPair(pairOf('ECC_NIST_P256'));
const rsa = spkiOfPair(pairOf('RSA_2048'));
const none = Buffer.alloc(0);
const offCurve = Buffer.from(p256);
offCurve[offCurve.length - 1] = (offCurve.at(-1) ?? 0) ^ 1;

/** What becomes of a key: its `alg`, or after "!" the error. */
const cases: readonly (readonly [spec: string, usage: string, spki: Buffer, algorithm: string | undefined, outcome: string])[] = [
  ['RSA_2048', 'SIGN_VERIFY', rsa, undefined, 'RS256'],
  ['RSA_2048', 'SIGN_VERIFY', rsa, 'PS384', 'PS384'],
  ['RSA_2048', 'SIGN_VERIFY', rsa, 'ES256', '!AlgorithmMisfit'],
  ['RSA_2048', 'SIGN_VERIFY', rsa, 'RSA-OAEP-256', '!AlgorithmMisfit'],
  ['RSA_2048', 'ENCRYPT_DECRYPT', rsa, undefined, 'RSA-OAEP-256'],
  ['RSA_2048', 'ENCRYPT_DECRYPT', rsa, 'RSA-OAEP', 'RSA-OAEP'],
  ['RSA_2048', 'ENCRYPT_DECRYPT', rsa, 'PS256', '!AlgorithmMisfit'],
  ['RSA_2048', 'KEY_AGREEMENT', rsa, undefined, '!KeyNotPublishable'],
  ['RSA_3072', 'SIGN_VERIFY', rsa, undefined, '!PublicKeyMisfit'],
  ['ECC_NIST_P256', 'SIGN_VERIFY', p256, undefined, 'ES256'],
  ['ECC_NIST_P256', 'KEY_AGREEMENT', p256, undefined, 'ECDH-ES'],
  ['ECC_NIST_P384', 'SIGN_VERIFY', p256, undefined, '!PublicKeyMisfit'],
  ['ECC_SECG_P256K1', 'KEY_AGREEMENT', spkiOfPair(pairOf('ECC_SECG_P256K1')), undefined, '!KeyNotPublishable'],
  ['ECC_NIST_P256', 'SIGN_VERIFY', none, undefined, '!PublicKeyMisfit'],
  ['ECC_NIST_P256', 'SIGN_VERIFY', Buffer.concat([p256, Buffer.of(0)]), undefined, '!PublicKeyUnreadable'],
  ['ECC_NIST_P256', 'SIGN_VERIFY', p256.subarray(0, -1), undefined, '!PublicKeyUnreadable'],
  ['ECC_NIST_P256', 'SIGN_VERIFY', offCurve, undefined, '!PublicKeyUnreadable'],
  ['ECC_NIST_P256', 'SIGN_VERIFY', Buffer.from('-----BEGIN PUBLIC KEY-----'), undefined, '!PublicKeyUnreadable'],
  ['ECC_NIST_P256', 'SIGN_VERIFY', generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' }).publicKey.export({ format: 'der', type: 'spki' }), undefined, '!PublicKeyUnreadable'],
  ['RSA_2048', 'SIGN_VERIFY', generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey.export({ format: 'der', type: 'spki' }), undefined, '!PublicKeyUnreadable'],
  ['ECC_NIST_EDWARDS25519', 'SIGN_VERIFY', spkiOfPair(pairOf('ECC_NIST_EDWARDS25519')), undefined, 'EdDSA'],
  ['ECC_NIST_EDWARDS25519', 'SIGN_VERIFY', spkiOfPair(pairOf('ECC_NIST_EDWARDS25519')), 'Ed25519', 'Ed25519'],
  ['ECC_NIST_EDWARDS25519', 'SIGN_VERIFY', generateKeyPairSync('ed448').publicKey.export({ format: 'der', type: 'spki' }), undefined, '!PublicKeyUnreadable'],
  ['ML_DSA_44', 'SIGN_VERIFY', rawSpki('608648016503040311', Buffer.alloc(1312)), undefined, 'ML-DSA-44'],
  ['ML_DSA_65', 'SIGN_VERIFY', rawSpki('608648016503040311', Buffer.alloc(1312)), undefined, '!PublicKeyMisfit'],
  ['ML_DSA_44', 'SIGN_VERIFY', rawSpki('608648016503040311', Buffer.alloc(1311)), undefined, '!PublicKeyUnreadable'],
  ['HMAC_256', 'GENERATE_VERIFY_MAC', none, undefined, 'HMAC_SHA_256'],
  ['HMAC_256', 'GENERATE_VERIFY_MAC', p256, undefined, '!PublicKeyMisfit'],
  ['HMAC_256', 'GENERATE_VERIFY_MAC', none, 'HS256', '!AlgorithmMisfit'],
  ['SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', none, undefined, '!KeyNotPublishable'],
  ['SM2', 'SIGN_VERIFY', p256, undefined, '!KeyNotPublishable'],
  ['toString', 'SIGN_VERIFY', p256, undefined, '!KeyNotPublishable'],
];

test.each(cases)('%s for %s, case %#', (spec, usage, spki, algorithm, outcome) => {
  const make = () => publishedKey({ keyArn, spec, usage, spki, ...(algorithm === undefined ? {} : { algorithm }) });
  if (outcome.startsWith('!')) expect(make).toThrow(expect.objectContaining({ name: outcome.slice(1) }) as Error);
  else expect(make().algorithm).toBe(outcome);
});

describe('PEM', () => {
  test('jose, node-forge and Node read back the same key', async () => {
    const key = madeKey('RSA_2048');
    expect(createPublicKey(pemOf(key)).equals(pairOf('RSA_2048').publicKey)).toBe(true);
    expect(await calculateJwkThumbprint(await exportJWK(await importSPKI(pemOf(key), 'RS256', { extractable: true })))).toBe(key.kid);
    const [message] = forge.pem.decode(pemOf(key));
    expect(Buffer.from(message?.body ?? '', 'binary').equals(key.spki)).toBe(true);
    expect(pemOf(key).split('\n').every((line) => line.length <= 64)).toBe(true);
  });

  test('a key without public half has none', () => {
    expect(() => pemOf(hmacKey('HMAC_256'))).toThrow(expect.objectContaining({ name: 'KeyNotPublishable' }) as Error);
  });
});
