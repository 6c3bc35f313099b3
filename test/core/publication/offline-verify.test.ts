import { constants, createHash, createPublicKey, privateEncrypt, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { verifiesOffline } from '../../../core/publication/offline-verify.ts';
import { everyBitFlip, kmsSign, latticeKey, latticeKeys, pairOf, signing, spkiOfPair } from './keys.ts';

const message = Buffer.from('what was signed');

describe.each(signing)('%s with %s', (spec, algorithm) => {
  const pair = pairOf(spec);
  const spki = spkiOfPair(pair);
  const signature = kmsSign(pair.privateKey, algorithm, message);

  test('holds, and only for this message, key and algorithm', () => {
    expect(verifiesOffline(spki, algorithm, message, signature)).toBe('valid');
    expect(verifiesOffline(spki, algorithm, Buffer.from('what was not'), signature)).toBe('invalid');
    expect(verifiesOffline(spkiOfPair(pairOf(spec, 2)), algorithm, message, signature)).toBe('invalid');
    for (const other of new Set(signing.map(([, a]) => a))) {
      if (other !== algorithm) expect([other, verifiesOffline(spki, other, message, signature)]).toEqual([other, 'invalid']);
    }
  });

  test('does not hold for a damaged signature', () => {
    let tried = 0;
    for (const bad of everyBitFlip(signature)) if (tried++ % 7 === 0) expect(verifiesOffline(spki, algorithm, message, bad)).toBe('invalid');
    for (const bad of [Buffer.alloc(0), signature.subarray(1), signature.subarray(0, -1), Buffer.concat([signature, Buffer.of(0)])]) expect(verifiesOffline(spki, algorithm, message, bad)).toBe('invalid');
  });
});

test('a signature of Ed25519 with any one bit flipped does not hold', () => {
  const pair = pairOf('ECC_NIST_EDWARDS25519');
  for (const bad of everyBitFlip(kmsSign(pair.privateKey, 'ED25519_SHA_512', message))) expect(verifiesOffline(spkiOfPair(pair), 'ED25519_SHA_512', message, bad)).toBe('invalid');
});

test.each(['RSASSA_PSS_SHA_256', 'RSASSA_PKCS1_V1_5_SHA_256'])('%s: a signature without its leading zero byte is another one, and refused', (algorithm) => {
  const pair = pairOf('RSA_2048');
  // One signature in 256 begins so.
  for (let i = 0; ; i++) {
    const text = Buffer.from(`message ${i}`);
    const signature = kmsSign(pair.privateKey, algorithm, text);
    if (signature[0] !== 0) continue;
    expect(verifiesOffline(spkiOfPair(pair), algorithm, text, signature)).toBe('valid');
    expect(verifiesOffline(spkiOfPair(pair), algorithm, text, signature.subarray(1))).toBe('invalid');
    return;
  }
});

test('a PSS salt of another length than the hash is refused, as KMS makes none', () => {
  const { privateKey, ...pair } = pairOf('RSA_2048');
  for (const saltLength of [0, 20, 31, 33, 222]) {
    const signature = sign('sha256', message, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
    expect(verifiesOffline(spkiOfPair({ privateKey, ...pair }), 'RSASSA_PSS_SHA_256', message, signature)).toBe('invalid');
  }
});

test('a PKCS#1 signature over the bare digest, without its DigestInfo, is refused', () => {
  const pair = pairOf('RSA_2048');
  const bare = privateEncrypt({ key: pair.privateKey, padding: constants.RSA_PKCS1_PADDING }, createHash('sha256').update(message).digest());
  expect(verifiesOffline(spkiOfPair(pair), 'RSASSA_PKCS1_V1_5_SHA_256', message, bare)).toBe('invalid');
});

test('ECDSA as r and s is refused: KMS answers DER', () => {
  const pair = pairOf('ECC_NIST_P256');
  expect(verifiesOffline(spkiOfPair(pair), 'ECDSA_SHA_256', message, sign('sha256', message, { key: pair.privateKey, dsaEncoding: 'ieee-p1363' }))).toBe('invalid');
});

test('a hash that is not the curve\'s is refused: KMS signs with no other', () => {
  const pair = pairOf('ECC_NIST_P384');
  expect(verifiesOffline(spkiOfPair(pair), 'ECDSA_SHA_256', message, sign('sha256', message, pair.privateKey))).toBe('invalid');
});

test('what is no key verifies nothing', () => {
  for (const spki of [Buffer.alloc(0), Buffer.from('no key'), spkiOfPair(pairOf('RSA_2048')).subarray(1)]) expect(verifiesOffline(spki, 'ECDSA_SHA_256', message, Buffer.alloc(64))).toBe('invalid');
});

test('what Node cannot verify is said, not guessed', () => {
  const ed = pairOf('ECC_NIST_EDWARDS25519');
  expect(verifiesOffline(spkiOfPair(ed), 'ED25519_PH_SHA_512', message, Buffer.alloc(64))).toBe('unsupported');
  expect(verifiesOffline(spkiOfPair(ed), 'SM2DSA', message, Buffer.alloc(64))).toBe('unsupported');
  expect(verifiesOffline(spkiOfPair(ed), 'constructor', message, Buffer.alloc(64))).toBe('unsupported');
});

test.each(latticeKeys.filter((k) => k.usage === 'SIGN_VERIFY'))('$spec: unsupported until Node reads such keys, then judged', (row) => {
  const { spki } = latticeKey(row);
  expect(verifiesOffline(spki, 'ML_DSA_SHAKE_256', message, Buffer.alloc(2420))).toBe(nodeReads(spki) ? 'invalid' : 'unsupported');
});

function nodeReads(spki: Buffer): boolean {
  try {
    return createPublicKey({ key: spki, format: 'der', type: 'spki' }).type === 'public';
  } catch {
    return false;
  }
}
