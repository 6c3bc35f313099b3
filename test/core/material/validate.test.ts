import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { keyKind, type KeyKind } from '../../../core/key/key-kinds.ts';
import { checkMaterial } from '../../../core/material/validate.ts';
import { everyBitFlip, keyFile, opensslWrappings, wycheproofOaep } from './vectors.ts';

function kindOf(spec: string, origin = 'EXTERNAL'): KeyKind {
  for (const usage of ['ENCRYPT_DECRYPT', 'SIGN_VERIFY', 'GENERATE_VERIFY_MAC']) {
    const kind = keyKind({ spec, usage, origin, keyManager: 'CUSTOMER', multiRegion: false });
    if (kind.verdict === 'yes') return kind;
  }
  return assert.fail(`no kind for ${spec}`);
}

const text = (length: number) => Buffer.from('Rota test secret, not for use: '.repeat(5).slice(0, length));
const edited = (name: string, edit: (file: Buffer) => void) => {
  const file = keyFile(name);
  edit(file);
  return file;
};
/** Puts a PKCS#8 file together again with more behind its private key, or another version. */
function reassembled(name: string, { version = 0, more = '' }: { version?: number; more?: string }): Buffer {
  const file = keyFile(name);
  const start = file[1] === 0x82 ? 4 : file[1] === 0x81 ? 3 : 2;
  const inner = Buffer.concat([Buffer.from([2, 1, version]), file.subarray(start + 3), Buffer.from(more, 'hex')]);
  return Buffer.concat([Buffer.from(inner.length < 128 ? [0x30, inner.length] : [0x30, 0x81, inner.length]), inner]);
}

/** The generator of P-256, SEC 2 section 2.4.2: a point of the curve that belongs to the private value 1. */
const generator = Buffer.from(
  '6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296' + '4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5',
  'hex',
);

const pkcs8 = (spec: string, reason: string) => `Key material for ${spec} must be one unencrypted PKCS#8 private key in DER, but ${reason}.`;
const encoded = (spec: string, found: string, expected: string) => `These bytes are ${found}, but key material for ${spec} must be ${expected}.`;
const type = (spec: string, expected: string, found: string) => `Key material for ${spec} must be ${expected}, but this is ${found}.`;
const RSA = 'an RSA private key in unencrypted DER PKCS#8';
const EC = 'an EC private key in unencrypted DER PKCS#8';

interface Case {
  readonly spec: string;
  readonly name: string;
  readonly material: Buffer;
  /** Left out: accepted. */
  readonly refused?: readonly [name: string, sentence: string];
}
const accepted = (spec: string, name: string, material: Buffer): Case => ({ spec, name, material });
const refused = (spec: string, name: string, material: Buffer, error: string, sentence: string): Case => ({ spec, name, material, refused: [error, sentence] });

// AWS KMS Developer Guide, "importing-keys-conceptual"; every file is openssl's
const cases: readonly Case[] = [
  accepted('SYMMETRIC_DEFAULT', '32 bytes', keyFile('SYMMETRIC_DEFAULT')),
  refused('SYMMETRIC_DEFAULT', '31 bytes', text(31), 'MaterialLengthWrong', 'Key material for SYMMETRIC_DEFAULT must be exactly 32 raw bytes, but what was given has 31 bytes.'),
  refused('SYMMETRIC_DEFAULT', '33 bytes', text(33), 'MaterialLengthWrong', 'Key material for SYMMETRIC_DEFAULT must be exactly 32 raw bytes, but what was given has 33 bytes.'),
  refused('SYMMETRIC_DEFAULT', 'nothing', Buffer.alloc(0), 'MaterialLengthWrong', 'Key material for SYMMETRIC_DEFAULT must be exactly 32 raw bytes, but what was given has 0 bytes.'),
  refused('SYMMETRIC_DEFAULT', 'zeroed', Buffer.alloc(32), 'MaterialBlank', 'The key material for SYMMETRIC_DEFAULT is nothing but zero bytes.'),
  accepted('SYMMETRIC_DEFAULT', 'zeroes but one bit', Buffer.alloc(32).fill(1, 31)),
  refused('SYMMETRIC_DEFAULT', 'its base64', keyFile('symmetric-base64'), 'MaterialEncoded', encoded('SYMMETRIC_DEFAULT', 'base64 text', 'exactly 32 raw bytes')),
  refused('SYMMETRIC_DEFAULT', 'its hex', keyFile('symmetric-hex'), 'MaterialEncoded', encoded('SYMMETRIC_DEFAULT', 'hex text', 'exactly 32 raw bytes')),
  refused('SYMMETRIC_DEFAULT', '16 bytes in hex, which is 32 bytes', Buffer.from('00112233445566778899aabbccddeeff'), 'MaterialEncoded', encoded('SYMMETRIC_DEFAULT', 'hex text', 'exactly 32 raw bytes')),
  refused('SYMMETRIC_DEFAULT', 'PEM', keyFile('rsa-2048-pem'), 'MaterialEncoded', encoded('SYMMETRIC_DEFAULT', 'PEM text', 'exactly 32 raw bytes')),

  ...([['HMAC_224', 28], ['HMAC_256', 32], ['HMAC_384', 48], ['HMAC_512', 64]] as const).flatMap(([spec, least]) => [
    accepted(spec, `${least} bytes`, text(least)),
    accepted(spec, '128 bytes', text(128)),
    refused(spec, `${least - 1} bytes`, text(least - 1), 'MaterialLengthWrong', `Key material for ${spec} must be ${least} to 128 raw bytes, but what was given has ${least - 1} bytes.`),
    refused(spec, '129 bytes', text(129), 'MaterialLengthWrong', `Key material for ${spec} must be ${least} to 128 raw bytes, but what was given has 129 bytes.`),
  ]),
  refused('HMAC_256', 'an Ed25519 key of a length that fits', keyFile('ECC_NIST_EDWARDS25519'), 'MaterialTypeWrong', type('HMAC_256', '32 to 128 raw bytes', 'a private key in PKCS#8')),
  refused('HMAC_256', '32 bytes in hex, which is 64 bytes', keyFile('symmetric-hex').subarray(0, 64), 'MaterialEncoded', encoded('HMAC_256', 'hex text', '32 to 128 raw bytes')),

  ...Object.entries(opensslWrappings.materials).filter(([, bytes]) => bytes.length !== 28).map(([spec, bytes]) => accepted(spec, 'what openssl made', Buffer.from(bytes))),
  ...([2048, 3072, 4096] as const).map((bits) => accepted(`RSA_${bits}`, 'the key of Wycheproof', wycheproofOaep(bits).testGroups[0]?.privateKeyPkcs8 ?? Buffer.alloc(0))),

  refused('RSA_2048', '3072 bits', keyFile('RSA_3072'), 'MaterialModulusWrong', 'Key material for RSA_2048 must have a modulus of exactly 2048 bits, but this one has 3072.'),
  refused('RSA_3072', '4096 bits', keyFile('RSA_4096'), 'MaterialModulusWrong', 'Key material for RSA_3072 must have a modulus of exactly 3072 bits, but this one has 4096.'),
  refused('RSA_2048', '2047 bits', keyFile('rsa-2047'), 'MaterialModulusWrong', 'Key material for RSA_2048 must have a modulus of exactly 2048 bits, but this one has 2047.'),
  refused('RSA_2048', 'three primes', keyFile('rsa-2048-three-primes'), 'MaterialPrimesWrong', 'Key material for RSA_2048 must have two primes, but this key has more.'),
  refused('RSA_2048', 'PEM', keyFile('rsa-2048-pem'), 'MaterialEncoded', encoded('RSA_2048', 'PEM text', RSA)),
  refused('RSA_2048', 'base64', keyFile('rsa-2048-base64'), 'MaterialEncoded', encoded('RSA_2048', 'base64 text', RSA)),
  refused('RSA_2048', 'hex', keyFile('rsa-2048-hex'), 'MaterialEncoded', encoded('RSA_2048', 'hex text', RSA)),
  refused('RSA_2048', 'PKCS#1', keyFile('rsa-2048-pkcs1'), 'MaterialEncoded', encoded('RSA_2048', 'an RSA private key in PKCS#1', RSA)),
  refused('RSA_2048', 'encrypted', keyFile('rsa-2048-encrypted'), 'MaterialEncoded', encoded('RSA_2048', 'an encrypted private key', RSA)),
  refused('RSA_2048', 'PKCS#12', keyFile('rsa-2048-pkcs12'), 'MaterialEncoded', encoded('RSA_2048', 'a PKCS#12 file', RSA)),
  refused('RSA_2048', 'public', keyFile('rsa-2048-public'), 'MaterialTypeWrong', type('RSA_2048', RSA, 'a public key')),
  refused('RSA_2048', 'a certificate', keyFile('rsa-2048-certificate'), 'MaterialTypeWrong', type('RSA_2048', RSA, 'a certificate')),
  refused('RSA_2048', 'for PSS only', keyFile('rsa-2048-pss'), 'MaterialTypeWrong', type('RSA_2048', 'an RSA private key', 'an RSA private key that is restricted to PSS')),
  refused('RSA_2048', 'with parameters', edited('RSA_2048', (file) => file.writeUInt8(4, 20)), 'MaterialNotPkcs8', pkcs8('RSA_2048', 'it has parameters where RSA has none')),
  refused('RSA_2048', 'EC', keyFile('ECC_NIST_P256'), 'MaterialTypeWrong', type('RSA_2048', 'an RSA private key', 'an EC private key')),
  refused('RSA_2048', 'cut short', keyFile('RSA_2048').subarray(0, -1), 'MaterialNotPkcs8', pkcs8('RSA_2048', 'it is no DER: damaged, cut short, or with bytes after its end')),
  refused('RSA_2048', 'noise', text(40), 'MaterialNotPkcs8', pkcs8('RSA_2048', 'it is no DER: damaged, cut short, or with bytes after its end')),
  refused('RSA_2048', 'nothing', Buffer.alloc(0), 'MaterialNotPkcs8', pkcs8('RSA_2048', 'it is something else')),
  refused('RSA_2048', 'twice', Buffer.concat([keyFile('RSA_2048'), keyFile('RSA_2048')]), 'MaterialNotPkcs8', pkcs8('RSA_2048', 'there are bytes after its end')),

  accepted('ECC_NIST_P256', 'compressed point', keyFile('p256-compressed')),
  accepted('ECC_NIST_P256', 'no point', keyFile('p256-without-public')),
  accepted('ECC_NIST_P256', 'with attributes', reassembled('p256-without-public', { more: 'a00d300b0603551d0f310403020780' })),
  refused('ECC_NIST_P256', 'explicit parameters', keyFile('p256-explicit'), 'MaterialCurveWrong', 'Key material for ECC_NIST_P256 must be on the named curve P-256, but this key spells its curve out in explicit parameters.'),
  refused('ECC_NIST_P256', 'P-384', keyFile('ECC_NIST_P384'), 'MaterialCurveWrong', 'Key material for ECC_NIST_P256 must be on the named curve P-256, but this key is on P-384.'),
  refused('ECC_NIST_P256', 'secp256k1', keyFile('ECC_SECG_P256K1'), 'MaterialCurveWrong', 'Key material for ECC_NIST_P256 must be on the named curve P-256, but this key is on secp256k1.'),
  refused('ECC_SECG_P256K1', 'P-256', keyFile('ECC_NIST_P256'), 'MaterialCurveWrong', 'Key material for ECC_SECG_P256K1 must be on the named curve secp256k1, but this key is on P-256.'),
  refused('ECC_NIST_P256', 'P-224', keyFile('p224'), 'MaterialCurveWrong', 'Key material for ECC_NIST_P256 must be on the named curve P-256, but this key is on P-224.'),
  refused('ECC_NIST_P256', 'brainpool', keyFile('brainpool'), 'MaterialCurveWrong', 'Key material for ECC_NIST_P256 must be on the named curve P-256, but this key is on curve 1.3.36.3.3.2.8.1.1.7.'),
  refused('SM2', 'P-256', keyFile('ECC_NIST_P256'), 'MaterialCurveWrong', 'Key material for SM2 must be on the named curve SM2, but this key is on P-256.'),
  refused('ECC_NIST_P256', 'another version inside', edited('ECC_NIST_P256', (file) => file.writeUInt8(0, 33)), 'MaterialNotPkcs8', pkcs8('ECC_NIST_P256', 'what is inside is no EC private key')),
  ...[
    { form: 'a length longer than it need be', header: '30820087', end: '' },
    { form: 'an indefinite length', header: '3080', end: '0000' },
  ].map(({ form, header, end }) => {
    const material = Buffer.concat([Buffer.from(header, 'hex'), keyFile('ECC_NIST_P256').subarray(3), Buffer.from(end, 'hex')]);
    return refused('ECC_NIST_P256', `BER with ${form}`, material, 'MaterialNotPkcs8', pkcs8('ECC_NIST_P256', 'it is no DER: damaged, cut short, or with bytes after its end'));
  }),
  refused('ECC_NIST_P256', 'SEC1', keyFile('p256-sec1'), 'MaterialEncoded', encoded('ECC_NIST_P256', 'an EC private key in SEC1', EC)),
  refused('ECC_NIST_P256', 'the form of RFC 5958', reassembled('p256-without-public', { version: 1 }), 'MaterialNotPkcs8', pkcs8('ECC_NIST_P256', 'it is of the newer form of RFC 5958, where KMS takes the form of RFC 5208, version 0')),
  refused('ECC_NIST_P256', 'a field too many', reassembled('p256-without-public', { more: 'a000a000' }), 'MaterialNotPkcs8', pkcs8('ECC_NIST_P256', 'it has fields that PKCS#8 does not have')),
  refused('ECC_NIST_P256', 'a public point off the curve', edited('ECC_NIST_P256', (file) => file.fill(0, 137)), 'MaterialNotPkcs8', pkcs8('ECC_NIST_P256', 'OpenSSL cannot read the key inside')),
  refused('ECC_NIST_P256', 'the public point of another key', edited('ECC_NIST_P256', (file) => generator.copy(file, 74)), 'MaterialInconsistent', 'The private key for ECC_NIST_P256 contradicts itself: its private and its public part do not belong together.'),
  ...[
    { value: '0', hex: '00'.repeat(32), good: false },
    { value: '1', hex: `${'00'.repeat(31)}01`, good: true },
    { value: 'the order less one', hex: 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550', good: true },
    { value: 'the order', hex: 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', good: false },
    { value: 'all ones', hex: 'ff'.repeat(32), good: false },
  ].map(({ value, hex, good }) => {
    const material = edited('p256-without-public', (file) => Buffer.from(hex, 'hex').copy(file, file.length - 32));
    const sentence = 'The private key for ECC_NIST_P256 contradicts itself: its private value is zero or not below the order of the curve.';
    return good ? accepted('ECC_NIST_P256', `private value ${value}`, material) : refused('ECC_NIST_P256', `private value ${value}`, material, 'MaterialInconsistent', sentence);
  }),

  refused('ECC_NIST_EDWARDS25519', 'X25519', keyFile('x25519'), 'MaterialTypeWrong', type('ECC_NIST_EDWARDS25519', 'an Ed25519 private key', 'an X25519 private key')),
  refused('ECC_NIST_EDWARDS25519', 'Ed448', keyFile('ed448'), 'MaterialTypeWrong', type('ECC_NIST_EDWARDS25519', 'an Ed25519 private key', 'an Ed448 private key')),
  refused('ECC_NIST_EDWARDS25519', 'its 32 bytes alone', keyFile('ECC_NIST_EDWARDS25519').subarray(16), 'MaterialNotPkcs8', pkcs8('ECC_NIST_EDWARDS25519', 'it is no DER: damaged, cut short, or with bytes after its end')),
];

describe('material', () => {
  for (const { spec, name, material, refused: refusal } of cases)
    test(`${spec}: ${name} is ${refusal ? refusal[0] : 'accepted'}`, () => {
      const before = Buffer.from(material);
      if (refusal) assert.throws(() => checkMaterial(kindOf(spec), material), { name: refusal[0], message: refusal[1] });
      else checkMaterial(kindOf(spec), material);
      assert.deepEqual(material, before, 'checking changes nothing');
    });

  test('of a spec that KMS does not import is refused', () =>
    assert.throws(() => checkMaterial(kindOf('ML_DSA_44', 'AWS_KMS'), text(32)), { name: 'MaterialNotImportable' }));
});

describe('a private key with one bit wrong', () => {
  test('RSA: in any of its numbers, it is refused', () => {
    const file = keyFile('RSA_2048');
    const spoiled = rsaNumbers(file).flatMap(({ start, length }) =>
      [0, 1, length >> 1, length - 1].map((at, i) => edited('RSA_2048', (bytes) => bytes.writeUInt8(file.readUInt8(start + at) ^ (1 << (2 * i)), start + at))),
    );
    assert.equal(spoiled.length, 32);
    for (const bad of spoiled) assert.throws(() => checkMaterial(kindOf('RSA_2048'), bad), /must have a modulus|contradicts itself|OpenSSL cannot read/);
  });

  test('P-256: anywhere in the file, it is refused', () => {
    for (const bad of everyBitFlip(keyFile('ECC_NIST_P256'))) assert.throws(() => checkMaterial(kindOf('ECC_NIST_P256'), bad), { name: /^Material/ });
  });
});

/** Where the eight numbers stand: the first begins at byte 33 of the file, the others follow (`openssl asn1parse -strparse 22`). */
function rsaNumbers(file: Buffer): { start: number; length: number }[] {
  const found = [];
  for (let at = 33; at < file.length; ) {
    const long = file.readUInt8(at + 1);
    const [header, length] = long === 0x82 ? [4, file.readUInt16BE(at + 2)] : long === 0x81 ? [3, file.readUInt8(at + 2)] : [2, long];
    found.push({ start: at + header, length });
    at += header + length;
  }
  return found;
}
