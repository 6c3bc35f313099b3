import assert from 'node:assert/strict';
import { KeySpec, KeyUsageType, OriginType } from '@aws-sdk/client-kms';
import { describe, expectTypeOf, test } from 'vitest';
import { keyKind, type KeyKind, type ManualMethod } from '../../../core/key/key-kinds.ts';

const customer = { keyManager: 'CUSTOMER', multiRegion: false };
const all = Object.values(KeySpec).flatMap((spec) =>
  Object.values(KeyUsageType).flatMap((usage) => Object.values(OriginType).map((origin) => ({ spec, usage, origin, ...customer }))),
);

// Every kind of key that exists, after AWS KMS Developer Guide, "rotate-keys", "rotating-keys-on-demand", "importing-keys-conceptual",
// "symm-asymm-choose-key-spec" (aws-facts 1.2). a: automatic, d: on demand, i: imports; then the manual methods that fit.
const kinds = `
  SYMMETRIC_DEFAULT                                         ENCRYPT_DECRYPT         AWS_KMS            ad-  new-key
  SYMMETRIC_DEFAULT                                         ENCRYPT_DECRYPT         EXTERNAL           -di  in-place,new-key,reimport
  SYMMETRIC_DEFAULT                                         ENCRYPT_DECRYPT         AWS_CLOUDHSM       ---  new-key
  SYMMETRIC_DEFAULT                                         ENCRYPT_DECRYPT         EXTERNAL_KEY_STORE ---  new-key
  HMAC_224,HMAC_256,HMAC_384,HMAC_512                       GENERATE_VERIFY_MAC     AWS_KMS            ---  asymmetric,new-key
  HMAC_224,HMAC_256,HMAC_384,HMAC_512                       GENERATE_VERIFY_MAC     EXTERNAL           --i  asymmetric,new-key,reimport
  RSA_2048,RSA_3072,RSA_4096                                ENCRYPT_DECRYPT         AWS_KMS            ---  asymmetric
  RSA_2048,RSA_3072,RSA_4096                                ENCRYPT_DECRYPT         EXTERNAL           --i  asymmetric,reimport
  RSA_2048,RSA_3072,RSA_4096                                SIGN_VERIFY             AWS_KMS            ---  asymmetric
  RSA_2048,RSA_3072,RSA_4096                                SIGN_VERIFY             EXTERNAL           --i  asymmetric,reimport
  ECC_NIST_P256,ECC_NIST_P384,ECC_NIST_P521                 SIGN_VERIFY             AWS_KMS            ---  asymmetric
  ECC_NIST_P256,ECC_NIST_P384,ECC_NIST_P521                 SIGN_VERIFY             EXTERNAL           --i  asymmetric,reimport
  ECC_NIST_P256,ECC_NIST_P384,ECC_NIST_P521                 KEY_AGREEMENT           AWS_KMS            ---  asymmetric
  ECC_NIST_P256,ECC_NIST_P384,ECC_NIST_P521                 KEY_AGREEMENT           EXTERNAL           --i  asymmetric,reimport
  ECC_NIST_EDWARDS25519,ECC_SECG_P256K1                     SIGN_VERIFY             AWS_KMS            ---  asymmetric
  ECC_NIST_EDWARDS25519,ECC_SECG_P256K1                     SIGN_VERIFY             EXTERNAL           --i  asymmetric,reimport
  ML_DSA_44,ML_DSA_65,ML_DSA_87                             SIGN_VERIFY             AWS_KMS            ---  asymmetric
  ML_KEM_512,ML_KEM_768,ML_KEM_1024                         ENCAPSULATE_DECAPSULATE AWS_KMS            ---  asymmetric
  SM2                                                       ENCRYPT_DECRYPT         AWS_KMS            ---  asymmetric
  SM2                                                       ENCRYPT_DECRYPT         EXTERNAL           --i  asymmetric,reimport
  SM2                                                       SIGN_VERIFY             AWS_KMS            ---  asymmetric
  SM2                                                       SIGN_VERIFY             EXTERNAL           --i  asymmetric,reimport
  SM2                                                       KEY_AGREEMENT           AWS_KMS            ---  asymmetric
  SM2                                                       KEY_AGREEMENT           EXTERNAL           --i  asymmetric,reimport`;

const expected = kinds.trim().split('\n').flatMap((line) => {
  const [specs = '', usage = '', origin = '', renewal = '', methods = ''] = line.trim().split(/ +/);
  return specs.split(',').map((spec) => [spec, usage, origin, renewal, methods].join(' '));
});

function line(kind: KeyKind): string {
  const renewal = ([['a', kind.automatic], ['d', kind.onDemand], ['i', kind.imports]] as const).map(([letter, v]) => (v.verdict === 'yes' ? letter : '-'));
  const methods = (Object.keys(kind.methods) as ManualMethod[]).filter((method) => kind.methods[method].verdict === 'yes').sort();
  return [kind.spec, kind.usage, kind.origin, renewal.join(''), methods.join(',')].join(' ');
}

test('of 400 combinations 52 exist, each renewed as AWS says', () => {
  const found = all.map(keyKind).filter((kind) => kind.verdict === 'yes').map(line);
  assert.equal(all.length, 400);
  assert.equal(found.length, 52);
  assert.deepEqual(found.sort(), expected.sort());
});

test('every no has its reason, in half a sentence', () => {
  for (const facts of all) {
    const kind = keyKind(facts);
    const verdicts = kind.verdict === 'yes' ? [kind.imports, kind.automatic, kind.onDemand, ...Object.values(kind.methods)] : [kind];
    for (const verdict of verdicts) if (verdict.verdict !== 'yes') assert.match(verdict.reason, /^(a|its|it|KMS|the|who|what)\S* .+[^.]$/);
  }
});

describe('reasons', () => {
  const cases = [
    { spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC', origin: 'AWS_CLOUDHSM', reason: 'a custom key store holds symmetric encryption keys only' },
    { spec: 'ML_DSA_65', usage: 'SIGN_VERIFY', origin: 'EXTERNAL', reason: 'KMS does not import material of this spec' },
    { spec: 'ECC_SECG_P256K1', usage: 'KEY_AGREEMENT', origin: 'AWS_KMS', reason: 'a key of ECC_SECG_P256K1 is for SIGN_VERIFY, not for KEY_AGREEMENT' },
    { spec: 'RSA_2048', usage: 'KEY_AGREEMENT', origin: 'AWS_KMS', reason: 'a key of RSA_2048 is for ENCRYPT_DECRYPT or SIGN_VERIFY, not for KEY_AGREEMENT' },
    { spec: 'RSA_8192', usage: 'SIGN_VERIFY', origin: 'AWS_KMS', reason: 'this release knows no key spec RSA_8192' },
    { spec: 'toString', usage: 'SIGN_VERIFY', origin: 'AWS_KMS', reason: 'this release knows no key spec toString' },
    { spec: 'RSA_2048', usage: 'SIGN_VERIFY', origin: 'MOON', reason: 'this release knows no origin MOON' },
  ];
  for (const { reason, ...facts } of cases)
    test(`${facts.spec} ${facts.usage} ${facts.origin}: ${reason}`, () => assert.deepEqual(keyKind({ ...facts, ...customer }), { verdict: 'no', reason }));

  test('an AWS managed key is not applicable, whatever else it is', () =>
    assert.deepEqual(keyKind({ spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', origin: 'AWS_KMS', keyManager: 'AWS', multiRegion: false }), {
      verdict: 'not-applicable',
      reason: 'AWS rotates its managed keys every year by itself, and nobody else can',
    }));

  test('a custom key store holds no multi-Region key', () =>
    assert.equal(keyKind({ spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', origin: 'AWS_CLOUDHSM', keyManager: 'CUSTOMER', multiRegion: true }).verdict, 'no'));
});

test('a multi-Region key rotates on its primary, and each Region imports on its own', () => {
  const kind = keyKind({ spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', origin: 'EXTERNAL', keyManager: 'CUSTOMER', multiRegion: true });
  assert.ok(kind.verdict === 'yes' && kind.multiRegion);
  assert.deepEqual(kind.methods['in-place'], {
    verdict: 'yes',
    condition: '25 times in the life of a key; import on the primary key, then on each replica, then rotate the primary',
  });
  assert.deepEqual(kind.methods.reimport, { verdict: 'yes', condition: 'in each Region on its own' });
  assert.equal(kind.automatic.verdict, 'no');
});

// aws-facts 1.1 and 1.2, CreateKey in the AWS KMS API Reference
const algorithms = [
  ['SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', 'SYMMETRIC_DEFAULT'],
  ['HMAC_384', 'GENERATE_VERIFY_MAC', 'HMAC_SHA_384'],
  ['RSA_3072', 'ENCRYPT_DECRYPT', 'RSAES_OAEP_SHA_1 RSAES_OAEP_SHA_256'],
  ['RSA_3072', 'SIGN_VERIFY', 'RSASSA_PSS_SHA_256 RSASSA_PSS_SHA_384 RSASSA_PSS_SHA_512 RSASSA_PKCS1_V1_5_SHA_256 RSASSA_PKCS1_V1_5_SHA_384 RSASSA_PKCS1_V1_5_SHA_512'],
  ['ECC_NIST_P256', 'SIGN_VERIFY', 'ECDSA_SHA_256'],
  ['ECC_NIST_P384', 'SIGN_VERIFY', 'ECDSA_SHA_384'],
  ['ECC_NIST_P521', 'SIGN_VERIFY', 'ECDSA_SHA_512'],
  ['ECC_NIST_P521', 'KEY_AGREEMENT', 'ECDH'],
  ['ECC_SECG_P256K1', 'SIGN_VERIFY', 'ECDSA_SHA_256'],
  ['ECC_NIST_EDWARDS25519', 'SIGN_VERIFY', 'ED25519_SHA_512 ED25519_PH_SHA_512'],
  ['ML_DSA_87', 'SIGN_VERIFY', 'ML_DSA_SHAKE_256'],
  ['ML_KEM_768', 'ENCAPSULATE_DECAPSULATE', 'ML_KEM'],
  ['SM2', 'SIGN_VERIFY', 'SM2DSA'],
  ['SM2', 'ENCRYPT_DECRYPT', 'SM2PKE'],
] as const;
for (const [spec, usage, names] of algorithms)
  test(`${spec} for ${usage} does ${names}`, () => {
    const kind = keyKind({ spec, usage, origin: 'AWS_KMS', ...customer });
    assert.equal(kind.verdict === 'yes' && kind.algorithms.join(' '), names);
  });

test('a verdict narrows to its row', () => {
  const kind = keyKind({ spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC', origin: 'EXTERNAL', ...customer });
  if (kind.verdict === 'yes') expectTypeOf(kind).toEqualTypeOf<KeyKind>();
  else expectTypeOf(kind.reason).toEqualTypeOf<string>();
});
