import assert from 'node:assert/strict';
import { constants, createPrivateKey, privateDecrypt } from 'node:crypto';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { keyKind, type KeyKind } from '../../../core/key/key-kinds.ts';
import { unwrapKwp } from '../../../core/material/kwp.ts';
import { checkWrapping, chooseWrapping, wrapMaterial } from '../../../core/material/wrap.ts';
import { forgeDecrypt, forgeEncrypt } from './forge-oaep.ts';
import { everyBitFlip, keyFile, opensslWrappings } from './vectors.ts';

type Size = 'RSA_2048' | 'RSA_3072' | 'RSA_4096';
const modulusBytes = { RSA_2048: 256, RSA_3072: 384, RSA_4096: 512 } as const;
const wrappingKey = (size: Size) => opensslWrappings.wrappingKeys[size];

function nodeDecrypt(pkcs8: Buffer, ciphertext: Buffer): Buffer {
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  return privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, ciphertext);
}

describe('what openssl wrapped, we wrap alike', () => {
  test('for every kind of material under every wrapping key', () => assert.equal(opensslWrappings.wrappings.length, 74));
  for (const { wrappingKeySpec, algorithm, material, aes, wrapped } of opensslWrappings.wrappings)
    test(`${material} by ${algorithm} under ${wrappingKeySpec}`, () => {
      const { spki, pkcs8 } = wrappingKey(wrappingKeySpec);
      const bytes = keyFile(material);
      const ours = wrapMaterial({ algorithm, publicKeySpki: spki, material: bytes }, () => Buffer.from(aes ?? assert.fail('plain OAEP asked for an AES key')));
      assert.equal(ours.length, wrapped.length);
      const split = modulusBytes[wrappingKeySpec];
      assert.deepEqual(ours.subarray(split), wrapped.subarray(split)); // w is deterministic, e is not
      for (const each of [ours, wrapped]) {
        assert.deepEqual(forgeDecrypt(pkcs8, each.subarray(0, split)), aes ?? bytes);
        assert.deepEqual(nodeDecrypt(pkcs8, each.subarray(0, split)), aes ?? bytes);
      }
      assert.deepEqual(bytes, keyFile(material), 'the material stays as it was: zeroing is up to its owner');
    });
});

describe('RSA_AES_KEY_WRAP_SHA_256', () => {
  const { spki, pkcs8 } = wrappingKey('RSA_2048');
  const algorithm = 'RSA_AES_KEY_WRAP_SHA_256';

  test('is e and then w, of the length of the modulus and of the padded material', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 2500 }), (bytes) => {
        const wrapped = wrapMaterial({ algorithm, publicKeySpki: spki, material: bytes });
        assert.deepEqual(unwrapKwp(forgeDecrypt(pkcs8, wrapped.subarray(0, 256)), wrapped.subarray(256)), Buffer.from(bytes));
      }),
      { numRuns: 10 },
    );
  });

  test('what node-forge put around the AES key opens too', () => {
    const { aes, wrapped } = opensslWrappings.wrappings.find((w) => w.material === 'RSA_4096' && w.wrappingKeySpec === 'RSA_2048') ?? assert.fail();
    const e = forgeEncrypt(spki, aes ?? assert.fail());
    assert.deepEqual(unwrapKwp(nodeDecrypt(pkcs8, e), wrapped.subarray(256)), keyFile('RSA_4096'));
  });

  test('does not open with any one bit of w flipped', () => {
    const wrapped = wrapMaterial({ algorithm, publicKeySpki: spki, material: keyFile('ECC_NIST_P256') });
    const aes = nodeDecrypt(pkcs8, wrapped.subarray(0, 256));
    for (const bad of everyBitFlip(wrapped.subarray(256))) assert.throws(() => unwrapKwp(aes, bad), { name: 'WrappedKeyDamaged' });
  });

  test('takes 32 fresh bytes for the AES key, and zeroes them', () => {
    const aes = Buffer.alloc(32, 'k');
    wrapMaterial({ algorithm, publicKeySpki: spki, material: keyFile('ECC_NIST_P256') }, (size) => (assert.equal(size, 32), aes));
    assert.deepEqual(aes, Buffer.alloc(32));
    const twice = [1, 2].map(() => nodeDecrypt(pkcs8, wrapMaterial({ algorithm, publicKeySpki: spki, material: keyFile('ECC_NIST_P256') }).subarray(0, 256)));
    assert.notDeepEqual(twice[0], twice[1]);
  });

  test('zeroes the AES key also when wrapping fails', () => {
    const aes = Buffer.alloc(33, 'k'); // RSA takes it, AES does not
    assert.throws(() => wrapMaterial({ algorithm, publicKeySpki: spki, material: keyFile('ECC_NIST_P256') }, () => aes), RangeError);
    assert.deepEqual(aes, Buffer.alloc(33));
  });
});

test('no material at all is refused, by either algorithm', () => {
  for (const algorithm of ['RSAES_OAEP_SHA_256', 'RSA_AES_KEY_WRAP_SHA_256'] as const)
    assert.throws(() => wrapMaterial({ algorithm, publicKeySpki: wrappingKey('RSA_2048').spki, material: Buffer.alloc(0) }), {
      name: 'MaterialLengthWrong',
      message: `Key material for ${algorithm} must be at least 1 byte, but what was given has 0 bytes.`,
    });
});

test('a bad wrapping key is refused before an AES key is made', () => {
  assert.throws(
    () => wrapMaterial({ algorithm: 'RSA_AES_KEY_WRAP_SHA_256', publicKeySpki: Buffer.alloc(9), material: Buffer.alloc(32) }, () => assert.fail('made one')),
    { name: 'WrappingKeyUnsuitable' },
  );
});

// aws-facts 8.3: what fits plain OAEP, and by how much
const plainOaep: { material: string; under: Size; fits: boolean; why: string }[] = [
  { material: 'ECC_NIST_P384', under: 'RSA_2048', fits: true, why: '185 of 190' },
  { material: 'ECC_NIST_P521', under: 'RSA_2048', fits: false, why: '241 of 190' },
  { material: 'ECC_NIST_P521', under: 'RSA_3072', fits: true, why: '241 of 318' },
  { material: 'ECC_NIST_P521', under: 'RSA_4096', fits: true, why: '241 of 446' },
  { material: 'HMAC_512', under: 'RSA_2048', fits: true, why: '64 of 190' },
  { material: 'RSA_2048', under: 'RSA_4096', fits: false, why: '1218 of 446' },
];
for (const { material, under, fits, why } of plainOaep)
  test(`${material} ${fits ? 'fits' : 'does not fit'} OAEP under ${under}: ${why}`, () => {
    const wrap = () => wrapMaterial({ algorithm: 'RSAES_OAEP_SHA_256', publicKeySpki: wrappingKey(under).spki, material: keyFile(material) });
    if (fits) assert.equal(wrap().length, modulusBytes[under]);
    else assert.throws(wrap, { name: 'MaterialTooLongForWrapping' });
  });

function kindOf(spec: string, usage: string, origin = 'EXTERNAL'): KeyKind {
  const kind = keyKind({ spec, usage, origin, keyManager: 'CUSTOMER', multiRegion: false });
  return kind.verdict === 'yes' ? kind : assert.fail(kind.reason);
}

const choices = [
  { spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', bytes: 32, algorithm: 'RSAES_OAEP_SHA_256' },
  { spec: 'HMAC_224', usage: 'GENERATE_VERIFY_MAC', bytes: 128, algorithm: 'RSAES_OAEP_SHA_256' },
  { spec: 'ECC_NIST_P521', usage: 'SIGN_VERIFY', bytes: 241, algorithm: 'RSAES_OAEP_SHA_256' },
  { spec: 'ECC_NIST_P521', usage: 'SIGN_VERIFY', bytes: 446, algorithm: 'RSAES_OAEP_SHA_256' },
  { spec: 'ECC_NIST_P521', usage: 'SIGN_VERIFY', bytes: 447, algorithm: 'RSA_AES_KEY_WRAP_SHA_256' },
  { spec: 'ECC_NIST_EDWARDS25519', usage: 'SIGN_VERIFY', bytes: 48, algorithm: 'RSAES_OAEP_SHA_256' },
  { spec: 'RSA_2048', usage: 'SIGN_VERIFY', bytes: 1218, algorithm: 'RSA_AES_KEY_WRAP_SHA_256' },
  { spec: 'RSA_4096', usage: 'ENCRYPT_DECRYPT', bytes: 2375, algorithm: 'RSA_AES_KEY_WRAP_SHA_256' },
];
for (const { spec, usage, bytes, algorithm } of choices)
  test(`${bytes} bytes for ${spec} go by ${algorithm} under RSA_4096`, () =>
    assert.deepEqual(chooseWrapping(kindOf(spec, usage), bytes), { algorithm, wrappingKeySpec: 'RSA_4096' }));

test('a key that is not imported yet chooses for its imported successor', () =>
  assert.equal(chooseWrapping(kindOf('HMAC_256', 'GENERATE_VERIFY_MAC', 'AWS_KMS'), 32).algorithm, 'RSAES_OAEP_SHA_256'));

test('raw material that fits nothing is refused', () =>
  assert.throws(() => chooseWrapping(kindOf('SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT'), 447), {
    name: 'MaterialTooLongForWrapping',
    message: 'The key material is 447 bytes, but RSAES_OAEP_SHA_256 under RSA_4096 holds 446.',
  }));

test('nothing is chosen where nothing is imported', () =>
  assert.throws(() => chooseWrapping(kindOf('ML_DSA_65', 'SIGN_VERIFY', 'AWS_KMS'), 32), {
    name: 'MaterialNotImportable',
    message: 'Nothing can be imported into this key of ML_DSA_65: KMS does not import material of this spec.',
  }));

// AWS KMS Developer Guide, "importing-keys-get-public-key-and-token"
const wrappings = [
  { spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', algorithm: 'RSAES_OAEP_SHA_256', under: 'RSA_2048', allowed: true },
  { spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', algorithm: 'RSAES_OAEP_SHA_1', under: 'RSA_3072', allowed: true },
  { spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', algorithm: 'RSA_AES_KEY_WRAP_SHA_256', under: 'RSA_4096', allowed: false },
  { spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', algorithm: 'RSAES_PKCS1_V1_5', under: 'RSA_4096', allowed: false },
  { spec: 'HMAC_384', usage: 'GENERATE_VERIFY_MAC', algorithm: 'RSA_AES_KEY_WRAP_SHA_256', under: 'RSA_4096', allowed: false },
  { spec: 'ECC_NIST_P384', usage: 'KEY_AGREEMENT', algorithm: 'RSAES_OAEP_SHA_256', under: 'RSA_2048', allowed: true },
  { spec: 'ECC_NIST_P384', usage: 'SIGN_VERIFY', algorithm: 'RSA_AES_KEY_WRAP_SHA_256', under: 'RSA_2048', allowed: true },
  { spec: 'ECC_NIST_P521', usage: 'SIGN_VERIFY', algorithm: 'RSAES_OAEP_SHA_256', under: 'RSA_2048', allowed: false },
  { spec: 'ECC_NIST_P521', usage: 'SIGN_VERIFY', algorithm: 'RSAES_OAEP_SHA_1', under: 'RSA_2048', allowed: false },
  { spec: 'ECC_NIST_P521', usage: 'SIGN_VERIFY', algorithm: 'RSAES_OAEP_SHA_256', under: 'RSA_3072', allowed: true },
  { spec: 'ECC_NIST_P521', usage: 'SIGN_VERIFY', algorithm: 'RSA_AES_KEY_WRAP_SHA_256', under: 'RSA_2048', allowed: true },
  { spec: 'RSA_2048', usage: 'SIGN_VERIFY', algorithm: 'RSAES_OAEP_SHA_256', under: 'RSA_4096', allowed: false },
  { spec: 'RSA_2048', usage: 'SIGN_VERIFY', algorithm: 'RSA_AES_KEY_WRAP_SHA_256', under: 'RSA_2048', allowed: true },
  { spec: 'RSA_4096', usage: 'ENCRYPT_DECRYPT', algorithm: 'RSA_AES_KEY_WRAP_SHA_1', under: 'RSA_3072', allowed: true },
  { spec: 'SM2', usage: 'SIGN_VERIFY', algorithm: 'SM2PKE', under: 'SM2', allowed: true },
  { spec: 'SM2', usage: 'SIGN_VERIFY', algorithm: 'RSA_AES_KEY_WRAP_SHA_256', under: 'RSA_4096', allowed: false },
];
for (const { spec, usage, algorithm, under, allowed } of wrappings)
  test(`KMS ${allowed ? 'takes' : 'refuses'} ${spec} by ${algorithm} under ${under}`, () => {
    const check = () => checkWrapping(kindOf(spec, usage), algorithm, under);
    if (allowed) check();
    else assert.throws(check, { name: 'WrappingNotAllowed' });
  });

test('the refusal of a wrapping lists what KMS takes', () =>
  assert.throws(() => checkWrapping(kindOf('RSA_2048', 'SIGN_VERIFY'), 'RSAES_OAEP_SHA_256', 'RSA_4096'), {
    message:
      'KMS does not import RSA_2048 wrapped by RSAES_OAEP_SHA_256 under RSA_4096; it takes RSA_AES_KEY_WRAP_SHA_256 under RSA_2048, ' +
      'RSA_AES_KEY_WRAP_SHA_1 under RSA_2048, RSA_AES_KEY_WRAP_SHA_256 under RSA_3072, RSA_AES_KEY_WRAP_SHA_1 under RSA_3072, ' +
      'RSA_AES_KEY_WRAP_SHA_256 under RSA_4096, RSA_AES_KEY_WRAP_SHA_1 under RSA_4096.',
  }));
