import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { unwrapKwp, wrapKwp } from '../../../core/material/kwp.ts';
import { everyBitFlip, opensslWrappings, wycheproofKwp } from './vectors.ts';

const hex = (text: string) => Buffer.from(text, 'hex');
const damaged = { name: 'WrappedKeyDamaged', message: 'The wrapped key is damaged, or was wrapped under another key.' };

describe('RFC 5649 section 6', () => {
  const kek = hex('5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8');
  const vectors = [
    { name: '20 octets', key: 'c37b7e6492584340bed12207808941155068f738', wrapped: '138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a' },
    { name: '7 octets', key: '466f7250617369', wrapped: 'afbeb0f07dfbf5419200f2ccb50bb24f' },
  ];
  for (const v of vectors) {
    test(`wraps ${v.name}`, () => assert.equal(wrapKwp(kek, hex(v.key)).toString('hex'), v.wrapped));
    test(`unwraps ${v.name}`, () => assert.equal(unwrapKwp(kek, hex(v.wrapped)).toString('hex'), v.key));
    test(`refuses ${v.name} with any one bit flipped`, () => {
      for (const bad of everyBitFlip(hex(v.wrapped))) assert.throws(() => unwrapKwp(kek, bad), damaged);
    });
    test(`refuses ${v.name} under a key with any one bit flipped`, () => {
      for (const bad of everyBitFlip(kek)) assert.throws(() => unwrapKwp(bad, hex(v.wrapped)), damaged);
    });
    test(`refuses ${v.name} cut short anywhere, or longer`, () => {
      for (let length = 0; length < v.wrapped.length / 2; length++) assert.throws(() => unwrapKwp(kek, hex(v.wrapped).subarray(0, length)), damaged);
      for (let more = 1; more <= 16; more++) assert.throws(() => unwrapKwp(kek, Buffer.concat([hex(v.wrapped), Buffer.alloc(more)])), damaged);
    });
  }
});

describe('Wycheproof', () => {
  const cases = wycheproofKwp.testGroups.flatMap((group) => group.tests);
  test('is all there', () => assert.equal(cases.length, 254));
  for (const { tcId, comment, key, msg, ct, result } of cases)
    test(`${tcId} ${comment} (${result})`, () => {
      if (result === 'invalid') assert.throws(() => unwrapKwp(key, ct), damaged);
      else {
        assert.deepEqual(wrapKwp(key, msg), ct);
        assert.deepEqual(unwrapKwp(key, ct), msg);
      }
    });
});

describe('OpenSSL', () => {
  for (const { wrappingKeySpec, material, aes, wrapped } of opensslWrappings.wrappings) {
    if (aes === undefined) continue; // plain OAEP
    const w = wrapped.subarray({ RSA_2048: 256, RSA_3072: 384, RSA_4096: 512 }[wrappingKeySpec]);
    const bytes = opensslWrappings.materials[material] ?? assert.fail(material);
    test(`${material} wraps to what openssl enc made (${wrappingKeySpec})`, () => {
      assert.deepEqual(wrapKwp(aes, bytes), w);
      assert.deepEqual(unwrapKwp(aes, w), bytes);
    });
  }
});

const kek = fc.constantFrom(16, 24, 32).chain((n) => fc.uint8Array({ minLength: n, maxLength: n }));

test('what is wrapped unwraps to itself, is 8 to 15 bytes longer, and is a multiple of 8', () => {
  fc.assert(
    fc.property(kek, fc.uint8Array({ minLength: 1, maxLength: 3000 }), (key, plaintext) => {
      const wrapped = wrapKwp(key, plaintext);
      assert.deepEqual(unwrapKwp(key, wrapped), Buffer.from(plaintext));
      assert.equal(wrapped.length % 8, 0);
      assert.ok(wrapped.length - plaintext.length >= 8 && wrapped.length - plaintext.length <= 15);
    }),
  );
});

test('what nobody wrapped does not unwrap', () => {
  fc.assert(
    fc.property(kek, fc.uint8Array({ maxLength: 200 }), (key, noise) => {
      assert.throws(() => unwrapKwp(key, noise), damaged);
    }),
  );
});

test('nothing cannot be wrapped', () => {
  assert.throws(() => wrapKwp(Buffer.alloc(32), Buffer.alloc(0)), { name: 'MaterialLengthWrong' });
});

test('a key of another length is a mistake of the caller', () => {
  assert.throws(() => wrapKwp(Buffer.alloc(31), Buffer.alloc(8)), { name: 'RangeError', message: 'An AES key has 16, 24 or 32 bytes, not 31.' });
  assert.throws(() => unwrapKwp(Buffer.alloc(0), Buffer.alloc(16)), { name: 'RangeError', message: 'An AES key has 16, 24 or 32 bytes, not 0.' });
});
