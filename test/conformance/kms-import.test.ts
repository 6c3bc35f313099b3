import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import forge from 'node-forge';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { base64, Bench, callerOf, dayMs, region, withoutUndefined, wrap } from '../local/kms/harness.ts';

// The import protocol (aws-facts 1.4), with wrapping done apart from what local/ does to unwrap.

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.open();
});
afterAll(() => bench.kms.close());

const pkcs8 = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'pkcs8' });
const ec = (namedCurve: string): Buffer => pkcs8(generateKeyPairSync('ec', { namedCurve }).privateKey);
const rsa = (modulusLength: number): Buffer => pkcs8(generateKeyPairSync('rsa', { modulusLength }).privateKey);
const ed25519 = (): Buffer => pkcs8(generateKeyPairSync('ed25519').privateKey);

const oaep = ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'];
const twoStep = ['RSA_AES_KEY_WRAP_SHA_1', 'RSA_AES_KEY_WRAP_SHA_256'];

const kinds: { KeySpec: string; KeyUsage: string; material: () => Buffer; algorithms: string[]; wrapping?: string }[] = [
  { KeySpec: 'SYMMETRIC_DEFAULT', KeyUsage: 'ENCRYPT_DECRYPT', material: () => randomBytes(32), algorithms: [...oaep, ...twoStep] },
  { KeySpec: 'HMAC_224', KeyUsage: 'GENERATE_VERIFY_MAC', material: () => randomBytes(28), algorithms: [...oaep, ...twoStep] },
  { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC', material: () => randomBytes(128), algorithms: oaep },
  { KeySpec: 'HMAC_384', KeyUsage: 'GENERATE_VERIFY_MAC', material: () => randomBytes(48), algorithms: oaep },
  { KeySpec: 'HMAC_512', KeyUsage: 'GENERATE_VERIFY_MAC', material: () => randomBytes(64), algorithms: oaep },
  { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY', material: () => rsa(2048), algorithms: twoStep },
  { KeySpec: 'RSA_3072', KeyUsage: 'ENCRYPT_DECRYPT', material: () => rsa(3072), algorithms: twoStep },
  { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY', material: () => ec('prime256v1'), algorithms: [...oaep, ...twoStep] },
  { KeySpec: 'ECC_NIST_P384', KeyUsage: 'SIGN_VERIFY', material: () => ec('secp384r1'), algorithms: [...oaep, ...twoStep] },
  { KeySpec: 'ECC_NIST_P521', KeyUsage: 'KEY_AGREEMENT', material: () => ec('secp521r1'), algorithms: [...oaep, ...twoStep], wrapping: 'RSA_3072' },
  { KeySpec: 'ECC_SECG_P256K1', KeyUsage: 'SIGN_VERIFY', material: () => ec('secp256k1'), algorithms: [...oaep, ...twoStep] },
  { KeySpec: 'ECC_NIST_EDWARDS25519', KeyUsage: 'SIGN_VERIFY', material: ed25519, algorithms: [...oaep, ...twoStep] },
];

const cases = kinds.flatMap(({ algorithms, ...kind }) => algorithms.map((algorithm) => ({ ...kind, algorithm })));

test.each(cases)('$KeySpec by $algorithm goes from PendingImport to Enabled (1.4)', async ({ KeySpec, KeyUsage, material, algorithm, wrapping }) => {
  const { KeyId, Arn, KeyState } = await bench.createKey({ KeySpec, KeyUsage, Origin: 'EXTERNAL' });
  expect(KeyState).toBe('PendingImport');
  const bytes = material();
  const first = await bench.import(KeyId, bytes, { algorithm, ...(wrapping === undefined ? {} : { spec: wrapping }) });
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  expect(await bench.describe(KeyId)).toMatchObject({ KeyState: 'Enabled', Enabled: true, ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE', Arn });
  // The id follows from key and bytes: the same bytes give the same id (1.4).
  expect(await bench.import(KeyId, bytes, { algorithm, ...(wrapping === undefined ? {} : { spec: wrapping }) })).toBe(first);
  if (!/^(SYMMETRIC|HMAC)/.test(KeySpec)) {
    const { PublicKey } = await bench.call<{ PublicKey: string }>('GetPublicKey', { KeyId });
    const mine = createPublicKey(createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' })).export({ format: 'der', type: 'spki' });
    expect(PublicKey).toBe(base64(mine));
  }
});

test('material that node-forge wrapped is taken (8.4)', async () => {
  const { KeyId } = await bench.createKey({ Origin: 'EXTERNAL' });
  const { ImportToken, PublicKey } = await bench.parameters(KeyId);
  const key = forge.pki.publicKeyFromAsn1(forge.asn1.fromDer(Buffer.from(PublicKey, 'base64').toString('latin1')));
  const wrapped = key.encrypt(randomBytes(32).toString('latin1'), 'RSA-OAEP', { md: forge.md.sha256.create(), mgf1: { md: forge.md.sha256.create() } });
  const EncryptedKeyMaterial = Buffer.from(wrapped, 'latin1').toString('base64');
  await bench.call('ImportKeyMaterial', { KeyId, ImportToken, EncryptedKeyMaterial, ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' });
  expect((await bench.describe(KeyId)).KeyState).toBe('Enabled');
});

test('the same bytes under another key have another id (1.4)', async () => {
  const bytes = randomBytes(32);
  const [one, other] = [await bench.createKey({ Origin: 'EXTERNAL' }), await bench.createKey({ Origin: 'EXTERNAL' })];
  expect(await bench.import(one.KeyId, bytes)).not.toBe(await bench.import(other.KeyId, bytes));
});

describe('wrong material (1.4)', () => {
  const never = Buffer.from('not a PKCS#8 key, though of a fitting length');
  const table: [string, string, string, Buffer, string][] = [
    ['31 bytes', 'SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', randomBytes(31), 'must be 32 bytes for SYMMETRIC_DEFAULT, but is 31'],
    ['33 bytes', 'SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', randomBytes(33), 'must be 32 bytes for SYMMETRIC_DEFAULT, but is 33'],
    ['47 bytes', 'HMAC_384', 'GENERATE_VERIFY_MAC', randomBytes(47), 'must be 48 to 128 bytes for HMAC_384, but is 47'],
    ['129 bytes', 'HMAC_256', 'GENERATE_VERIFY_MAC', randomBytes(129), 'must be 32 to 128 bytes for HMAC_256, but is 129'],
    ['P-384', 'ECC_NIST_P256', 'SIGN_VERIFY', ec('secp384r1'), 'is not on the named curve prime256v1 that ECC_NIST_P256 takes'],
    ['secp256k1', 'ECC_NIST_P256', 'SIGN_VERIFY', ec('secp256k1'), 'is not on the named curve prime256v1 that ECC_NIST_P256 takes'],
    [
      'a curve by explicit parameters',
      'ECC_NIST_P256',
      'SIGN_VERIFY',
      pkcs8(generateKeyPairSync('ec', { namedCurve: 'prime256v1', paramEncoding: 'explicit' }).privateKey),
      'is not on the named curve prime256v1 that ECC_NIST_P256 takes',
    ],
    ['Ed25519', 'ECC_NIST_P256', 'SIGN_VERIFY', ed25519(), 'is a key of type ed25519, but ECC_NIST_P256 takes ec'],
    ['P-256', 'ECC_NIST_EDWARDS25519', 'SIGN_VERIFY', ec('prime256v1'), 'is a key of type ec, but ECC_NIST_EDWARDS25519 takes ed25519'],
    ['RSA 2048', 'RSA_3072', 'SIGN_VERIFY', rsa(2048), 'has a modulus of 2048 bits, but RSA_3072 takes 3072'],
    ['text', 'ECC_NIST_P256', 'SIGN_VERIFY', never, 'must be an unencrypted PKCS#8 private key in DER for ECC_NIST_P256'],
  ];
  test.each(table)('%s into %s', async (_, KeySpec, KeyUsage, material, sentence) => {
    const { KeyId } = await bench.createKey({ KeySpec, KeyUsage, Origin: 'EXTERNAL' });
    const algorithm = 'RSA_AES_KEY_WRAP_SHA_256';
    const { ImportToken, PublicKey } = await bench.parameters(KeyId, algorithm);
    const input = { KeyId, ImportToken, EncryptedKeyMaterial: wrap(algorithm, PublicKey, material), ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' };
    expect(await bench.refusal('ImportKeyMaterial', input)).toBe(`IncorrectKeyMaterialException: The key material ${sentence}.`);
    expect((await bench.describe(KeyId)).KeyState).toBe('PendingImport');
  });

  test('other material into an HMAC key that has one (1.4)', async () => {
    const { KeyId } = await bench.createKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC', Origin: 'EXTERNAL' });
    await bench.import(KeyId, randomBytes(32));
    await expect(bench.import(KeyId, randomBytes(32))).rejects.toMatchObject({ code: 'IncorrectKeyMaterialException' });
    await bench.call('DeleteImportedKeyMaterial', { KeyId });
    await expect(bench.import(KeyId, randomBytes(32))).rejects.toMatchObject({ code: 'IncorrectKeyMaterialException' });
  });

  test('material that is not new, or not the named one (1.4)', async () => {
    const { KeyId } = await bench.createKey({ Origin: 'EXTERNAL' });
    const [first, second] = [randomBytes(32), randomBytes(32)];
    const firstId = await bench.import(KeyId, first, { ImportType: 'NEW_KEY_MATERIAL' });
    await expect(bench.import(KeyId, first, { ImportType: 'NEW_KEY_MATERIAL' })).rejects.toMatchObject({ code: 'IncorrectKeyMaterialException' });
    await expect(bench.import(KeyId, second)).rejects.toMatchObject({ code: 'IncorrectKeyMaterialException' });
    await bench.import(KeyId, second, { ImportType: 'NEW_KEY_MATERIAL' });
    await expect(bench.import(KeyId, second, { KeyMaterialId: firstId })).rejects.toMatchObject({ code: 'IncorrectKeyMaterialException' });
    expect(await bench.import(KeyId, first, { KeyMaterialId: firstId })).toBe(firstId);
  });
});

describe('tokens (1.4)', () => {
  const ready = async () => {
    const { KeyId } = await bench.createKey({ Origin: 'EXTERNAL' });
    const parameters = await bench.parameters(KeyId);
    const EncryptedKeyMaterial = wrap('RSAES_OAEP_SHA_256', parameters.PublicKey, randomBytes(32));
    return { parameters, input: { KeyId, ImportToken: parameters.ImportToken, EncryptedKeyMaterial, ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' } };
  };

  test('are valid for 24 hours and bound to the key', async () => {
    const { input, parameters } = await ready();
    expect(Math.abs(parameters.ParametersValidTo * 1000 - bench.clock.now() - dayMs)).toBeLessThan(60_000);
    const other = await bench.createKey({ Origin: 'EXTERNAL' });
    expect(await bench.refusal('ImportKeyMaterial', { ...input, KeyId: other.KeyId })).toMatch(/^InvalidImportTokenException/);
  });

  test.each([base64('not a token'), base64(randomBytes(300))])('%# that nobody gave are refused', async (ImportToken) => {
    const { input } = await ready();
    expect(await bench.refusal('ImportKeyMaterial', { ...input, ImportToken })).toMatch(/^InvalidImportTokenException/);
  });

  test('that were changed in one bit are refused', async () => {
    const { input } = await ready();
    const token = Buffer.from(input.ImportToken, 'base64');
    token[40] = (token[40] ?? 0) ^ 1;
    expect(await bench.refusal('ImportKeyMaterial', { ...input, ImportToken: base64(token) })).toMatch(/^InvalidImportTokenException/);
  });

  test('expire, and fresh parameters then work', async () => {
    const { input } = await ready();
    await bench.clock.advance(dayMs);
    expect(await bench.refusal('ImportKeyMaterial', input)).toMatch(/^ExpiredImportTokenException/);
    await bench.import(input.KeyId, randomBytes(32));
  });

  test('serve an import that is sent again after a lost answer', async () => {
    const { input } = await ready();
    const first = await bench.call('ImportKeyMaterial', input);
    expect(await bench.call('ImportKeyMaterial', input)).toEqual(first);
  });

  test('material wrapped in another way, or damaged, does not open', async () => {
    const { input, parameters } = await ready();
    const sha1 = wrap('RSAES_OAEP_SHA_1', parameters.PublicKey, randomBytes(32));
    expect(await bench.refusal('ImportKeyMaterial', { ...input, EncryptedKeyMaterial: sha1 })).toMatch(/^InvalidCiphertextException/);
    expect(await bench.refusal('ImportKeyMaterial', { ...input, EncryptedKeyMaterial: base64('short') })).toMatch(/^InvalidCiphertextException/);
  });
});

const refusals: [string, string, Record<string, unknown>, Record<string, unknown>, string][] = [
  ['RSAES_PKCS1_V1_5 (0.14)', 'GetParametersForImport', {}, { WrappingAlgorithm: 'RSAES_PKCS1_V1_5', WrappingKeySpec: 'RSA_2048' }, 'UnsupportedOperationException'],
  ['SM2 (1.1)', 'GetParametersForImport', {}, { WrappingAlgorithm: 'SM2PKE', WrappingKeySpec: 'SM2' }, 'UnsupportedOperationException'],
  [
    'OAEP for an RSA private key (1.4)',
    'GetParametersForImport',
    { KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' },
    { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_4096' },
    'UnsupportedOperationException',
  ],
  [
    'OAEP under RSA_2048 for P-521 (1.4)',
    'GetParametersForImport',
    { KeySpec: 'ECC_NIST_P521', KeyUsage: 'SIGN_VERIFY' },
    { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' },
    'UnsupportedOperationException',
  ],
  [
    'a key of origin AWS_KMS (1.3 e9)',
    'GetParametersForImport',
    { Origin: 'AWS_KMS' },
    { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' },
    'UnsupportedOperationException',
  ],
  ['no ValidTo with the default expiration model (1.4)', 'ImportKeyMaterial', {}, { ExpirationModel: undefined }, 'ValidationException'],
  ['ValidTo with no expiry (1.4)', 'ImportKeyMaterial', {}, { ValidTo: 4_000_000_000 }, 'ValidationException'],
  ['ValidTo in the past (1.4)', 'ImportKeyMaterial', {}, { ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: 1_000_000_000 }, 'ValidationException'],
  ['ValidTo beyond 365 days (1.4)', 'ImportKeyMaterial', {}, { ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: 4_000_000_000 }, 'ValidationException'],
  [
    'ImportType on an HMAC key (1.4)',
    'ImportKeyMaterial',
    { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
    { ImportType: 'NEW_KEY_MATERIAL' },
    'ValidationException',
  ],
  ['KeyMaterialId with new material (1.4)', 'ImportKeyMaterial', {}, { KeyMaterialId: 'a'.repeat(64) }, 'ValidationException'],
  ['a KeyMaterialDescription with wrong characters (1.4)', 'ImportKeyMaterial', {}, { KeyMaterialDescription: 'a;b' }, 'ValidationException'],
];

test.each(refusals)('%s is refused by %s', async (_, operation, key, input, code) => {
  const { KeyId } = await bench.createKey({ Origin: 'EXTERNAL', ...key });
  const standard =
    operation === 'ImportKeyMaterial'
      ? { ImportToken: base64('x'), EncryptedKeyMaterial: base64('x'), ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }
      : {};
  const given = withoutUndefined({ KeyId, ...standard, ...input });
  expect(await bench.refusal(operation, given)).toMatch(new RegExp(`^${code}: `));
});

test('material expires by the clock, the key is PendingImport, and the same bytes revive it (1.4, 1.5)', async () => {
  const { KeyId } = await bench.createKey({ Origin: 'EXTERNAL' });
  const bytes = randomBytes(32);
  const ValidTo = Math.ceil(bench.clock.now() / 1000) + 3600;
  const id = await bench.import(KeyId, bytes, { ValidTo });
  expect(await bench.describe(KeyId)).toMatchObject({ ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo, KeyState: 'Enabled' });
  const { CiphertextBlob } = await bench.call('Encrypt', { KeyId, Plaintext: base64('before expiry') });
  await bench.clock.advance(3_700_000);
  expect((await bench.describe(KeyId)).KeyState).toBe('PendingImport');
  expect(await bench.refusal('Decrypt', { CiphertextBlob })).toMatch(/^KMSInvalidStateException: .* is pending import/);
  expect(await bench.import(KeyId, bytes)).toBe(id);
  expect(await bench.call('Decrypt', { CiphertextBlob })).toMatchObject({ Plaintext: base64('before expiry'), KeyMaterialId: id });
});

test('DeleteImportedKeyMaterial without an id takes the current material, with an id that one (1.5)', async () => {
  const { KeyId } = await bench.createKey({ Origin: 'EXTERNAL' });
  const [first, second] = [randomBytes(32), randomBytes(32)];
  const firstId = await bench.import(KeyId, first);
  const secondId = await bench.import(KeyId, second, { ImportType: 'NEW_KEY_MATERIAL' });
  await bench.call('RotateKeyOnDemand', { KeyId });
  expect(await bench.call('DeleteImportedKeyMaterial', { KeyId })).toMatchObject({ KeyMaterialId: secondId });
  expect((await bench.describe(KeyId)).KeyState).toBe('PendingImport');
  await bench.import(KeyId, second);
  // A non-current material that is gone stops the whole key (1.5 hazards).
  expect(await bench.call('DeleteImportedKeyMaterial', { KeyId, KeyMaterialId: firstId })).toMatchObject({ KeyMaterialId: firstId });
  expect(await bench.refusal('Encrypt', { KeyId, Plaintext: base64('x') })).toMatch(/^KMSInvalidStateException/);
  expect(await bench.refusal('DeleteImportedKeyMaterial', { KeyId, KeyMaterialId: 'b'.repeat(64) })).toMatch(/^NotFoundException/);
});

test('an alias does not name a key for import (1.4)', async () => {
  const { KeyId, Arn } = await bench.createKey({ Origin: 'EXTERNAL' });
  await bench.call('CreateAlias', { AliasName: 'alias/import', TargetKeyId: KeyId });
  const way = { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' };
  expect(await bench.refusal('GetParametersForImport', { KeyId: 'alias/import', ...way })).toMatch(/^NotFoundException/);
  expect(await bench.refusal('GetParametersForImport', { KeyId: Arn.replace(/key\/.*/, 'alias/import'), ...way })).toMatch(/^InvalidArnException/);
  expect(await bench.call('GetParametersForImport', { KeyId: Arn, ...way }, callerOf(undefined, region))).toMatchObject({ KeyId: Arn });
});
