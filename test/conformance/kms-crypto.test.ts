import { createHash, createHmac, createPublicKey, constants, diffieHellman, generateKeyPairSync, publicEncrypt, randomBytes, sign, verify, type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { base64, Bench, callerOf } from '../local/kms/harness.ts';

// Cryptographic operations (aws-facts 1.1, 1.8, 1.9, 1.12, 1.14); signatures are checked by OpenSSL's own signing and verifying.

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.open();
});
afterAll(() => bench.kms.close());

const message = Buffer.from('what is signed');
const Message = base64(message);

async function publicKeyOf(KeyId: string): Promise<KeyObject> {
  const { PublicKey } = await bench.call<{ PublicKey: string }>('GetPublicKey', { KeyId });
  return createPublicKey({ key: Buffer.from(PublicKey, 'base64'), format: 'der', type: 'spki' });
}

/** How OpenSSL calls what AWS calls `algorithm`. */
function opensslOf(algorithm: string): { hash: string | null; options: object } {
  if (algorithm === 'ED25519_SHA_512') return { hash: null, options: {} };
  const hash = `sha${algorithm.slice(-3)}`;
  const saltLength = Number(algorithm.slice(-3)) / 8;
  return { hash, options: algorithm.includes('PSS') ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength } : {} };
}

describe('signatures (1.9)', () => {
  const rsaAlgorithms = ['PSS', 'PKCS1_V1_5'].flatMap((scheme) => [256, 384, 512].map((bits) => `RSASSA_${scheme}_SHA_${bits}`));
  const table = [
    ...['RSA_2048', 'RSA_3072'].flatMap((spec) => rsaAlgorithms.map((algorithm) => [spec, algorithm] as const)),
    ['ECC_NIST_P256', 'ECDSA_SHA_256'],
    ['ECC_NIST_P384', 'ECDSA_SHA_384'],
    ['ECC_NIST_P521', 'ECDSA_SHA_512'],
    ['ECC_SECG_P256K1', 'ECDSA_SHA_256'],
    ['ECC_NIST_EDWARDS25519', 'ED25519_SHA_512'],
  ] as const;

  test.each(table)('%s with %s agrees with OpenSSL both ways', async (KeySpec, SigningAlgorithm) => {
    // Imported, so that OpenSSL can sign with the same key.
    const { KeyId } = await bench.createKey({ KeySpec, KeyUsage: 'SIGN_VERIFY', Origin: 'EXTERNAL' });
    const privateKey = pairOf(KeySpec);
    await bench.import(KeyId, privateKey.export({ format: 'der', type: 'pkcs8' }), { algorithm: 'RSA_AES_KEY_WRAP_SHA_256' });
    const publicKey = await publicKeyOf(KeyId);
    const { hash, options } = opensslOf(SigningAlgorithm);
    const kinds = hash === null ? ['RAW'] : ['RAW', 'DIGEST'];
    for (const MessageType of kinds) {
      const given = MessageType === 'RAW' || hash === null ? Message : base64(createHash(hash).update(message).digest());
      const common = { KeyId, SigningAlgorithm, MessageType, Message: given };
      const { Signature } = await bench.call<{ Signature: string }>('Sign', common);
      expect(verify(hash, message, { key: publicKey, ...options }, Buffer.from(Signature, 'base64'))).toBe(true);
      const theirs = sign(hash, message, { key: privateKey, ...options });
      expect(await bench.call('Verify', { ...common, Signature: base64(theirs) })).toMatchObject({ SignatureValid: true, SigningAlgorithm });
      theirs[theirs.length - 3] = (theirs[theirs.length - 3] ?? 0) ^ 1;
      expect(await bench.refusal('Verify', { ...common, Signature: base64(theirs) })).toMatch(/^KMSInvalidSignatureException/);
      expect(await bench.refusal('Verify', { ...common, Signature: base64('rubbish') })).toMatch(/^KMSInvalidSignatureException/);
    }
  });

  const pairs = new Map<string, KeyObject>();
  function pairOf(spec: string): KeyObject {
    const curve = { ECC_NIST_P256: 'prime256v1', ECC_NIST_P384: 'secp384r1', ECC_NIST_P521: 'secp521r1', ECC_SECG_P256K1: 'secp256k1' }[spec];
    let key = pairs.get(spec);
    if (key === undefined) {
      if (curve !== undefined) key = generateKeyPairSync('ec', { namedCurve: curve }).privateKey;
      else if (spec.startsWith('RSA')) key = generateKeyPairSync('rsa', { modulusLength: Number(spec.slice(4)) }).privateKey;
      else key = generateKeyPairSync('ed25519').privateKey;
      pairs.set(spec, key);
    }
    return key;
  }

  test('a digest must have the length of its hash, and EXTERNAL_MU is for ML-DSA', async () => {
    const { KeyId } = await bench.createKey({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    const input = { KeyId, SigningAlgorithm: 'ECDSA_SHA_256', Message };
    expect(await bench.refusal('Sign', { ...input, MessageType: 'DIGEST' })).toMatch(/^ValidationException: Digest is invalid length/);
    expect(await bench.refusal('Sign', { ...input, MessageType: 'EXTERNAL_MU' })).toMatch(/^ValidationException/);
    expect(await bench.refusal('Sign', { ...input, SigningAlgorithm: 'ECDSA_SHA_384' })).toBe(
      'InvalidKeyUsageException: Algorithm ECDSA_SHA_384 and key spec ECC_NIST_P256 are incompatible.',
    );
    expect(await bench.refusal('Sign', { ...input, Message: base64(randomBytes(4097)) })).toBe(
      "ValidationException: 1 validation error detected: Value (blob) at 'message' failed to satisfy constraint: Member must have length less than or equal to 4096",
    );
  });

  test('Ed25519 takes RAW, and the pre-hashed form is refused as lacking', async () => {
    const { KeyId } = await bench.createKey({ KeySpec: 'ECC_NIST_EDWARDS25519', KeyUsage: 'SIGN_VERIFY' });
    const digest = base64(createHash('sha512').update(message).digest());
    expect(await bench.refusal('Sign', { KeyId, Message: digest, MessageType: 'DIGEST', SigningAlgorithm: 'ED25519_SHA_512' })).toMatch(/^ValidationException/);
    expect(await bench.refusal('Sign', { KeyId, Message: digest, MessageType: 'DIGEST', SigningAlgorithm: 'ED25519_PH_SHA_512' })).toMatch(
      /^UnsupportedOperationException: The embedded KMS lacks/,
    );
  });
});

describe('symmetric encryption (1.5, 1.8)', () => {
  test('finds the key by the ciphertext and binds the encryption context, whose order does not matter', async () => {
    const { KeyId, Arn } = await bench.createKey();
    const { CiphertextBlob } = await bench.call('Encrypt', { KeyId, Plaintext: Message, EncryptionContext: { a: '1', b: '2' } });
    expect(await bench.call('Decrypt', { CiphertextBlob, EncryptionContext: { b: '2', a: '1' } })).toMatchObject({ Plaintext: Message, KeyId: Arn });
    for (const EncryptionContext of [{}, { a: '1' }, { a: '1', b: '3' }]) {
      expect(await bench.refusal('Decrypt', { CiphertextBlob, EncryptionContext })).toMatch(/^InvalidCiphertextException/);
    }
  });

  test('a damaged byte anywhere is noticed', async () => {
    const { KeyId } = await bench.createKey();
    const { CiphertextBlob } = await bench.call<{ CiphertextBlob: string }>('Encrypt', { KeyId, Plaintext: Message });
    const good = Buffer.from(CiphertextBlob, 'base64');
    for (let at = 0; at < good.length; at += 1) {
      const bad = Buffer.from(good);
      bad[at] = (bad[at] ?? 0) ^ 1;
      expect(await bench.refusal('Decrypt', { CiphertextBlob: base64(bad) })).toMatch(/^(InvalidCiphertext|AccessDenied)Exception/);
    }
  });

  test('another key is IncorrectKeyException, and the same bytes under another key do not decrypt', async () => {
    const bytes = randomBytes(32);
    const [one, other] = [await bench.createKey({ Origin: 'EXTERNAL' }), await bench.createKey({ Origin: 'EXTERNAL' })];
    await bench.import(one.KeyId, bytes);
    await bench.import(other.KeyId, bytes);
    const { CiphertextBlob } = await bench.call('Encrypt', { KeyId: one.KeyId, Plaintext: Message });
    expect(await bench.refusal('Decrypt', { CiphertextBlob, KeyId: other.KeyId })).toMatch(/^IncorrectKeyException/);
    expect(await bench.call('Decrypt', { CiphertextBlob, KeyId: one.KeyId })).toMatchObject({ Plaintext: Message });
  });

  test('ReEncrypt moves to another key and names both materials', async () => {
    const [one, other] = [await bench.createKey(), await bench.createKey()];
    const { CiphertextBlob } = await bench.call('Encrypt', { KeyId: one.KeyId, Plaintext: Message, EncryptionContext: { a: '1' } });
    const moved = await bench.call('ReEncrypt', {
      CiphertextBlob,
      SourceEncryptionContext: { a: '1' },
      DestinationKeyId: other.KeyId,
      DestinationEncryptionContext: { b: '2' },
    });
    expect(moved).toMatchObject({
      SourceKeyId: one.Arn,
      KeyId: other.Arn,
      SourceKeyMaterialId: one['CurrentKeyMaterialId'],
      DestinationKeyMaterialId: other['CurrentKeyMaterialId'],
    });
    expect(await bench.call('Decrypt', { CiphertextBlob: moved['CiphertextBlob'], EncryptionContext: { b: '2' } })).toMatchObject({ Plaintext: Message });
  });

  test('data keys come with and without plaintext', async () => {
    const { KeyId } = await bench.createKey();
    const shown = await bench.call<{ Plaintext: string; CiphertextBlob: string }>('GenerateDataKey', { KeyId, NumberOfBytes: 24 });
    expect(Buffer.from(shown.Plaintext, 'base64')).toHaveLength(24);
    expect(await bench.call('Decrypt', { CiphertextBlob: shown.CiphertextBlob })).toMatchObject({ Plaintext: shown.Plaintext });
    expect(await bench.call('GenerateDataKeyWithoutPlaintext', { KeyId, KeySpec: 'AES_128' })).not.toHaveProperty('Plaintext');
    expect(await bench.refusal('GenerateDataKey', { KeyId })).toMatch(/^ValidationException/);
  });

  test('a ciphertext of a key that is not here has AWS’s own sentence', async () => {
    const { KeyId } = await bench.createKey();
    const { CiphertextBlob } = await bench.call('Encrypt', { KeyId, Plaintext: Message });
    expect(await bench.refusal('Decrypt', { CiphertextBlob }, callerOf(undefined, 'us-west-2'))).toMatch(/^AccessDeniedException: The ciphertext refers to/);
    expect(await bench.refusal('Decrypt', { CiphertextBlob: base64('rubbish') })).toMatch(/^InvalidCiphertextException/);
  });
});

test.each([
  ['RSA_2048', 'RSAES_OAEP_SHA_1', 214],
  ['RSA_2048', 'RSAES_OAEP_SHA_256', 190],
  ['RSA_3072', 'RSAES_OAEP_SHA_256', 318],
])('%s %s takes %i bytes and no more (1.9)', async (KeySpec, EncryptionAlgorithm, most) => {
  const { KeyId } = await bench.createKey({ KeySpec, KeyUsage: 'ENCRYPT_DECRYPT' });
  const Plaintext = base64(randomBytes(most));
  const { CiphertextBlob } = await bench.call('Encrypt', { KeyId, Plaintext, EncryptionAlgorithm });
  expect(await bench.call('Decrypt', { KeyId, CiphertextBlob, EncryptionAlgorithm })).toMatchObject({ Plaintext });
  expect(await bench.refusal('Encrypt', { KeyId, Plaintext: base64(randomBytes(most + 1)), EncryptionAlgorithm })).toMatch(/^ValidationException/);
  expect(await bench.refusal('Encrypt', { KeyId, Plaintext })).toMatch(/^InvalidKeyUsageException: Algorithm SYMMETRIC_DEFAULT/);
  expect(await bench.refusal('Decrypt', { CiphertextBlob, EncryptionAlgorithm })).toMatch(/^ValidationException: KeyId is required/);
  const outside = publicEncrypt(
    { key: await publicKeyOf(KeyId), padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: EncryptionAlgorithm.endsWith('_1') ? 'sha1' : 'sha256' },
    message,
  );
  expect(await bench.call('Decrypt', { KeyId, CiphertextBlob: base64(outside), EncryptionAlgorithm })).toMatchObject({ Plaintext: Message });
});

test.each([224, 256, 384, 512])('HMAC_%i is the HMAC that everyone computes (1.1)', async (bits) => {
  const { KeyId, Arn } = await bench.createKey({ KeySpec: `HMAC_${bits}`, KeyUsage: 'GENERATE_VERIFY_MAC', Origin: 'EXTERNAL' });
  const bytes = randomBytes(bits / 8);
  await bench.import(KeyId, bytes);
  const MacAlgorithm = `HMAC_SHA_${bits}`;
  const { Mac } = await bench.call<{ Mac: string }>('GenerateMac', { KeyId, Message, MacAlgorithm });
  expect(Mac).toBe(createHmac(`sha${bits}`, bytes).update(message).digest('base64'));
  expect(await bench.call('VerifyMac', { KeyId, Message, MacAlgorithm, Mac })).toEqual({ KeyId: Arn, MacValid: true, MacAlgorithm });
  expect(await bench.refusal('VerifyMac', { KeyId, Message: base64('other'), MacAlgorithm, Mac })).toMatch(/^KMSInvalidMacException/);
});

test.each([
  ['ECC_NIST_P256', 'prime256v1'],
  ['ECC_NIST_P384', 'secp384r1'],
  ['ECC_NIST_P521', 'secp521r1'],
])('%s derives the secret that the other side derives (1.1)', async (KeySpec, namedCurve) => {
  const { KeyId } = await bench.createKey({ KeySpec, KeyUsage: 'KEY_AGREEMENT' });
  const mine = generateKeyPairSync('ec', { namedCurve });
  const PublicKey = base64(mine.publicKey.export({ format: 'der', type: 'spki' }));
  const input = { KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey };
  const SharedSecret = base64(diffieHellman({ privateKey: mine.privateKey, publicKey: await publicKeyOf(KeyId) }));
  expect(await bench.call('DeriveSharedSecret', input)).toMatchObject({ SharedSecret, KeyAgreementAlgorithm: 'ECDH', KeyOrigin: 'AWS_KMS' });
  const alien = base64(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({ format: 'der', type: 'spki' }));
  expect(await bench.refusal('DeriveSharedSecret', { ...input, PublicKey: alien })).toMatch(/^ValidationException/);
});

test.each([
  ['Sign', {}, { Message, SigningAlgorithm: 'ECDSA_SHA_256' }],
  ['Encrypt', { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }, { Plaintext: Message }],
  ['GenerateMac', {}, { Message, MacAlgorithm: 'HMAC_SHA_256' }],
  ['DeriveSharedSecret', { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }, { KeyAgreementAlgorithm: 'ECDH', PublicKey: base64('x') }],
])('%s with a key of another usage is InvalidKeyUsageException (1.14)', async (operation, key, input) => {
  const { KeyId } = await bench.createKey(key);
  expect(await bench.refusal(operation, { KeyId, ...input })).toMatch(/^InvalidKeyUsageException: .* which is not valid for/);
});

test('GetPublicKey has the sizes of 1.9 and refuses symmetric keys', async () => {
  const sizes = { ECC_NIST_P256: 91, ECC_NIST_P384: 120, ECC_NIST_P521: 158, ECC_SECG_P256K1: 88, ECC_NIST_EDWARDS25519: 44, RSA_2048: 294 };
  for (const [KeySpec, size] of Object.entries(sizes)) {
    const { KeyId } = await bench.createKey({ KeySpec, KeyUsage: 'SIGN_VERIFY' });
    const { PublicKey } = await bench.call<{ PublicKey: string }>('GetPublicKey', { KeyId });
    expect([KeySpec, Buffer.from(PublicKey, 'base64').length]).toEqual([KeySpec, size]);
  }
  const { KeyId } = await bench.createKey();
  expect(await bench.refusal('GetPublicKey', { KeyId })).toMatch(/^UnsupportedOperationException/);
});

describe('dry runs (1.12, 0.10)', () => {
  test.each([
    ['Encrypt', { Plaintext: Message }],
    ['GenerateDataKey', { KeySpec: 'AES_256' }],
    ['CreateGrant', { GranteePrincipal: callerOf().arn, Operations: ['Decrypt'] }],
    ['Decrypt', { DryRunModifiers: ['IGNORE_CIPHERTEXT'] }],
  ])('%s says that it would have succeeded, and does nothing', async (operation, input) => {
    const { KeyId } = await bench.createKey();
    expect(await bench.refusal(operation, { KeyId, DryRun: true, ...input })).toBe(
      'DryRunOperationException: The request would have succeeded, but the DryRun option is set.',
    );
    expect(await bench.call('GetKeyLastUsage', { KeyId })).toMatchObject({ KeyLastUsage: {} });
    expect(await bench.call('ListGrants', { KeyId })).toMatchObject({ Grants: [] });
    await bench.call('DisableKey', { KeyId });
    expect(await bench.refusal(operation, { KeyId, DryRun: true, ...input })).toMatch(/^DisabledException/);
  });
});

test('GetKeyLastUsage shows the last successful use, failures do not count (1.7)', async () => {
  const { KeyId, Arn, CreationDate } = await bench.createKey();
  expect(await bench.call('GetKeyLastUsage', { KeyId })).toMatchObject({ KeyId: Arn, KeyCreationDate: CreationDate, KeyLastUsage: {} });
  const caller = callerOf();
  await bench.call('Encrypt', { KeyId, Plaintext: Message }, caller);
  await bench.refusal('Decrypt', { KeyId, CiphertextBlob: base64('rubbish') });
  expect(await bench.call('GetKeyLastUsage', { KeyId })).toMatchObject({ KeyLastUsage: { Operation: 'Encrypt', KmsRequestId: caller.requestId } });
});
