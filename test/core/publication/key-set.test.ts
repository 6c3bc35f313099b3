import fc from 'fast-check';
import { CompactEncrypt, compactDecrypt, createLocalJWKSet, importJWK, jwtVerify, type JSONWebKeySet } from 'jose';
import { createHash, createPublicKey, verify, type JsonWebKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { keySetBytes, keySetMediaType, readKeySet } from '../../../core/publication/key-set.ts';
import { signingAlgorithmOfJws } from '../../../core/publication/signing-algorithms.ts';
import { everyBitFlip, hmacKey, kmsSign, latticeKey, latticeKeys, madeKey, pairOf } from './keys.ts';

const setOf = (bytes: Buffer) => JSON.parse(bytes.toString('utf8')) as JSONWebKeySet;

/** A token as a service makes it that lets KMS sign: ECDSA comes as DER and goes into a JWS as r and s. */
function token(spec: string, kms: string, alg: string, kid: string): string {
  const part = (o: object) => Buffer.from(JSON.stringify(o)).toString('base64url');
  const message = `${part({ alg, kid })}.${part({ sub: 'ann' })}`;
  const signature = kmsSign(pairOf(spec).privateKey, kms, Buffer.from(message));
  return `${message}.${(kms.startsWith('ECDSA') ? rawOf(signature, spec) : signature).toString('base64url')}`;
}

const coordinateBytes: Readonly<Record<string, number>> = { ECC_NIST_P256: 32, ECC_NIST_P384: 48, ECC_NIST_P521: 66, ECC_SECG_P256K1: 32 };
function rawOf(der: Buffer, spec: string): Buffer {
  const size = coordinateBytes[spec] ?? 0;
  const long = der[1] === 0x81 ? 3 : 2;
  const rLength = der[long + 1] ?? 0;
  const integers = [der.subarray(long + 2, long + 2 + rLength), der.subarray(long + 4 + rLength)];
  return Buffer.concat(integers.map((i) => Buffer.concat([Buffer.alloc(size), i]).subarray(-size)));
}

const rsaNames = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
const tokens = [
  ...['RSA_2048', 'RSA_3072', 'RSA_4096'].flatMap((spec) => rsaNames.map((alg) => ({ spec, alg }))),
  { spec: 'ECC_NIST_P256', alg: 'ES256' },
  { spec: 'ECC_NIST_P384', alg: 'ES384' },
  { spec: 'ECC_NIST_P521', alg: 'ES512' },
  { spec: 'ECC_NIST_EDWARDS25519', alg: 'EdDSA' },
  { spec: 'ECC_NIST_EDWARDS25519', alg: 'Ed25519' },
];

describe('jose takes the set', () => {
  test.each(tokens)('and verifies a token of $spec with $alg', async ({ spec, alg }) => {
    const key = madeKey(spec, { algorithm: alg });
    const others = [madeKey('ECC_SECG_P256K1'), ...latticeKeys.map(latticeKey), madeKey('RSA_2048', { usage: 'ENCRYPT_DECRYPT', n: 2 })];
    const set = setOf(keySetBytes([...others, key]));
    const { payload, protectedHeader } = await jwtVerify(token(spec, signingAlgorithmOfJws(alg)?.kms ?? '', alg, key.kid), createLocalJWKSet(set));
    expect({ payload, protectedHeader }).toEqual({ payload: { sub: 'ann' }, protectedHeader: { alg, kid: key.kid } });
  });

  test('and refuses a token whose alg is not the one published', async () => {
    const key = madeKey('RSA_2048', { algorithm: 'PS256' });
    await expect(jwtVerify(token('RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_256', 'RS256', key.kid), createLocalJWKSet(setOf(keySetBytes([key]))))).rejects.toThrow();
  });

  test.each([
    { spec: 'RSA_2048', usage: 'ENCRYPT_DECRYPT' },
    { spec: 'ECC_NIST_P256', usage: 'KEY_AGREEMENT' },
    { spec: 'ECC_NIST_P521', usage: 'KEY_AGREEMENT' },
  ])('and encrypts to $spec for $usage', async ({ spec, usage }) => {
    const [jwk] = setOf(keySetBytes([madeKey(spec, { usage })])).keys;
    expect(jwk?.use).toBe('enc');
    const message = await new CompactEncrypt(Buffer.from('in flight')).setProtectedHeader({ alg: jwk?.alg ?? '', enc: 'A256GCM' }).encrypt(await importJWK(jwk ?? {}));
    expect(Buffer.from((await compactDecrypt(message, pairOf(spec).privateKey)).plaintext).toString()).toBe('in flight');
  });

  test('secp256k1 is read by Node, as jose has dropped it', () => {
    const [jwk] = setOf(keySetBytes([madeKey('ECC_SECG_P256K1')])).keys;
    expect(jwk).toMatchObject({ alg: 'ES256K', crv: 'secp256k1' });
    const message = Buffer.from('message');
    const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
    expect(verify('sha256', message, { key, dsaEncoding: 'der' }, kmsSign(pairOf('ECC_SECG_P256K1').privateKey, 'ECDSA_SHA_256', message))).toBe(true);
  });
});

describe('bytes', () => {
  const [one, two, three] = [madeKey('ECC_NIST_P256'), madeKey('ECC_NIST_P256', { n: 2 }), madeKey('ECC_NIST_EDWARDS25519')];

  test('are written out as RFC 7517 and RFC 8785 have them, keys in the order given', () => {
    const { x, y } = pairOf('ECC_NIST_P256').publicKey.export({ format: 'jwk' });
    const ed = pairOf('ECC_NIST_EDWARDS25519').publicKey.export({ format: 'jwk' });
    const p256 = `{"alg":"ES256","crv":"P-256","kid":"${one.kid}","kty":"EC","use":"sig","x":"${x}","y":"${y}"}`;
    const okp = `{"alg":"EdDSA","crv":"Ed25519","kid":"${three.kid}","kty":"OKP","use":"sig","x":"${ed.x}"}`;
    expect(keySetBytes([three, one]).toString()).toBe(`{"keys":[${okp},${p256}]}`);
    expect(keySetMediaType).toBe('application/jwk-set+json');
  });

  test('of HMAC keys are a list by name', () => {
    const key = hmacKey('HMAC_384');
    expect(keySetBytes([key]).toString()).toBe(`{"keys":[{"alg":"HMAC_SHA_384","keyArn":"${key.keyArn}","kid":"${key.kid}"}]}`);
  });

  test.each([
    ['no key', []],
    ['a key twice', [one, two, one]],
    ['an HMAC key twice', [hmacKey('HMAC_256'), hmacKey('HMAC_256')]],
    ['an HMAC key among others', [one, hmacKey('HMAC_256')]],
  ])('are refused for %s', (_, keys) => {
    expect(() => keySetBytes(keys)).toThrow(expect.objectContaining({ name: 'KeySetInvalid' }) as Error);
  });
});

describe('reading', () => {
  const pool = [...tokens.slice(0, 1), ...tokens.slice(-5)].map(({ spec }, n) => madeKey(spec, { n: n + 10 }));
  pool.push(madeKey('ECC_SECG_P256K1'), ...latticeKeys.map(latticeKey));

  test('gives back what was written, for any keys in any order', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(pool, { minLength: 1 }), (keys) => {
        expect(readKeySet(keySetBytes(keys))).toEqual(keys.map(({ kid, usage, algorithm, spki }) => ({ kid, use: usage === 'SIGN_VERIFY' ? 'sig' : 'enc', algorithm, spki })));
      }),
    );
  });

  const good = keySetBytes([madeKey('ECC_NIST_P256'), madeKey('RSA_2048')]);
  const text = good.toString();
  const refused: [string, string][] = [
    ['a space', text.replace(':', ': ')],
    ['a line feed at the end', `${text}\n`],
    ['a byte order mark', `\ufeff${text}`],
    ['members in another order', text.replace(/"alg":"ES256","crv":"P-256"/, '"crv":"P-256","alg":"ES256"')],
    ['an escaped letter', text.replace('"ES256"', '"\\u0045S256"')],
    ['a member twice', text.replace('"alg":"ES256",', '"alg":"ES256","alg":"ES256",')],
    ['a member that nobody knows', text.replace('"alg":"ES256",', '"alg":"ES256","b":1,')],
    ['a second member beside keys', text.replace('{"keys"', '{"a":1,"keys"')],
    ['a private member', text.replace('"kid"', '"d":"AAAA","kid"')],
    ['no keys', '{"keys":[]}'],
    ['a key twice', text.replace(/\[(\{[^}]*\})/, '[$1,$1')],
    ['a lone surrogate', '{"keys":["\\ud800"]}'],
    ['the kid of another key', text.replace(/"kid":"[^"]*"/, `"kid":"${madeKey('RSA_3072').kid}"`)],
    ['base64 with padding', text.replace(/"x":"([^"]*)"/, '"x":"$1="')],
    ['zeros in front of a modulus', text.replace(/"n":"([^"]*)"/, (_, n: string) => `"n":"${Buffer.concat([Buffer.alloc(3), Buffer.from(n, 'base64url')]).toString('base64url')}"`)],
    ['another type of key', text.replace('"kty":"EC"', '"kty":"oct"')],
    ['nothing', ''],
    ['an HMAC list', keySetBytes([hmacKey('HMAC_256')]).toString()],
  ];
  // RFC 7518 section 6.3.1.1: no zeros in front. A thumbprint made over them fits that spelling, and so must not count.
  const { n = '', e = '' } = pairOf('RSA_2048').publicKey.export({ format: 'jwk' });
  const padded = Buffer.concat([Buffer.of(0), Buffer.from(n, 'base64url')]).toString('base64url');
  const kid = createHash('sha256').update(`{"e":"${e}","kty":"RSA","n":"${padded}"}`).digest('base64url');
  refused.push(['a zero in front of a modulus, and a kid to match', `{"keys":[{"alg":"RS256","e":"${e}","kid":"${kid}","kty":"RSA","n":"${padded}","use":"sig"}]}`]);

  test('takes the good one', () => expect(readKeySet(good)).toHaveLength(2));
  test.each(refused)('refuses %s', (_, changed) => {
    expect(changed).not.toBe(text);
    expect(() => readKeySet(Buffer.from(changed))).toThrow(expect.objectContaining({ name: 'KeySetInvalid' }) as Error);
  });

  test('any one bit flipped is refused, or reads as another set that writes itself the same', () => {
    for (const bad of everyBitFlip(good)) {
      let keys: ReturnType<typeof readKeySet>;
      try {
        keys = readKeySet(bad);
      } catch (error) {
        expect((error as Error).name).toMatch(/^(KeySetInvalid|PublicKeyUnreadable)$/);
        continue;
      }
      // Only `alg` is neither in the thumbprint nor a fixed word.
      expect(keys.map((k) => k.kid)).toEqual(readKeySet(good).map((k) => k.kid));
      expect(keys.map((k) => k.algorithm)).not.toEqual(['ES256', 'RS256']);
    }
  });
});
