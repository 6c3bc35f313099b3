import assert from 'node:assert/strict';
import { constants, createPrivateKey, createPublicKey, privateDecrypt } from 'node:crypto';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { readWrappingKey, wrapOaep } from '../../../core/material/oaep.ts';
import { forgeDecrypt, forgeEncrypt } from './forge-oaep.ts';
import { keyFile, opensslWrappings, wycheproofOaep } from './vectors.ts';

const opened = (pkcs8: Buffer) => createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
const decrypt = (pkcs8: Buffer, ciphertext: Buffer) =>
  privateDecrypt({ key: opened(pkcs8), padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, ciphertext);
const publicOf = (pkcs8: Buffer) => createPublicKey(opened(pkcs8)).export({ format: 'der', type: 'spki' });

// Wycheproof has vectors for decryption only. They show that node-forge, by which we judge our wrapping, is a fair judge.
for (const bits of [2048, 3072, 4096] as const)
  describe(`Wycheproof ${bits}`, () => {
    const cases = wycheproofOaep(bits).testGroups.flatMap(({ tests, privateKeyPkcs8 }) => tests.map((t) => ({ ...t, privateKeyPkcs8 })));
    test('is all there', () => assert.equal(cases.length, 37));
    for (const { tcId, comment, flags, privateKeyPkcs8, msg, ct, label, result } of cases)
      test(`${tcId} ${comment} (${result})`, () => {
        if (label.length > 0) {
          assert.ok(flags.includes('EncryptionWithLabel')); // KMS uses no label, nor do we
        } else if (result === 'invalid') {
          assert.throws(() => decrypt(privateKeyPkcs8, ct));
          assert.throws(() => forgeDecrypt(privateKeyPkcs8, ct));
        } else {
          assert.deepEqual(forgeDecrypt(privateKeyPkcs8, ct), msg);
          assert.deepEqual(forgeDecrypt(privateKeyPkcs8, wrapOaep(readWrappingKey(publicOf(privateKeyPkcs8)), msg)), msg);
        }
      });
  });

for (const [spec, { spki, pkcs8 }] of Object.entries(opensslWrappings.wrappingKeys))
  describe(spec, () => {
    test('is recognised', () => assert.equal(readWrappingKey(spki).spec, spec));
    test('we wrap, node-forge unwraps', () => {
      fc.assert(
        fc.property(fc.uint8Array({ minLength: 1, maxLength: 190 }), (material) => {
          assert.deepEqual(forgeDecrypt(pkcs8, wrapOaep(readWrappingKey(spki), material)), Buffer.from(material));
        }),
        { numRuns: 8 },
      );
    });
    test('node-forge wraps, Node unwraps', () => {
      const secret = keyFile('HMAC_512');
      assert.deepEqual(decrypt(pkcs8, forgeEncrypt(spki, secret)), secret);
    });
  });

// Bytes that fit: RFC 8017 section 7.1.1; aws-facts 8.3.
const capacities = [
  { spec: 'RSA_2048', holds: 190 },
  { spec: 'RSA_3072', holds: 318 },
  { spec: 'RSA_4096', holds: 446 },
] as const;
for (const { spec, holds } of capacities)
  test(`${spec} holds ${holds} bytes and not one more`, () => {
    const { spki, pkcs8 } = opensslWrappings.wrappingKeys[spec];
    const key = readWrappingKey(spki);
    assert.equal(decrypt(pkcs8, wrapOaep(key, Buffer.alloc(holds, 'm'))).length, holds);
    assert.throws(() => wrapOaep(key, Buffer.alloc(holds + 1, 'm')), {
      name: 'MaterialTooLongForWrapping',
      message: `The key material is ${holds + 1} bytes, but RSAES_OAEP_SHA_256 under ${spec} holds ${holds}.`,
    });
  });

const unsuitable = [
  { name: 'no key', spki: Buffer.from('no key'), found: '6 bytes that are no such key' },
  { name: 'nothing', spki: Buffer.alloc(0), found: '0 bytes that are no such key' },
  { name: 'a private key', spki: keyFile('RSA_2048'), found: '1218 bytes that are no such key' },
  { name: 'an EC key', spki: publicOf(keyFile('ECC_NIST_P256')), found: 'a key of type ec' },
  { name: 'a PSS key', spki: publicOf(keyFile('rsa-2048-pss')), found: 'a key of type rsa-pss' },
  { name: '2047 bits', spki: publicOf(keyFile('rsa-2047')), found: 'an RSA key of 2047 bits' },
];
for (const { name, spki, found } of unsuitable)
  test(`${name} is no wrapping key`, () => {
    assert.throws(() => readWrappingKey(spki), {
      name: 'WrappingKeyUnsuitable',
      message: `The wrapping key must be an RSA public key of 2048, 3072 or 4096 bits in DER (SubjectPublicKeyInfo), but it is ${found}.`,
    });
  });
