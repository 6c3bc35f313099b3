import { beforeAll, describe, expect, test } from 'vitest';
import { sha256Hex } from '../../../core/canonical-json.ts';
import { assembleStatement, messageToSign, signerOf, statementBytes, verifyKeySetStatement, type KeySetStatement } from '../../../core/publication/key-set-statement.ts';
import { keySetBytes } from '../../../core/publication/key-set.ts';
import type { PublishedKey } from '../../../core/publication/published-key.ts';
import { everyBitFlip, kmsSign, latticeKey, latticeKeys, madeKey, pairOf } from './keys.ts';

const type = 'application/vnd.rota.key-set-statement+json';
/** DSSE v1.0, protocol.md, written again. */
const pae = (payload: Buffer) => Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${payload.length} `), payload]);

interface Signer {
  readonly key: PublishedKey;
  readonly n: number;
}
const signer = (spec: string, n: number, algorithm?: string): Signer => ({ key: madeKey(spec, { n, ...(algorithm === undefined ? {} : { algorithm }) }), n });
const signature = ({ key, n }: Signer, payload: Buffer) => ({ kid: key.kid, signature: kmsSign(pairOf(key.spec, n).privateKey, signerOf(key).signingAlgorithm, pae(payload)) });

function statementOf(set: readonly PublishedKey[], signers: readonly Signer[], change: Partial<KeySetStatement> = {}): KeySetStatement {
  return {
    version: 1,
    name: 'alias/tokens',
    sequence: 1,
    previous: null,
    keySetSha256: sha256Hex(keySetBytes(set)),
    keys: set.map(({ kid, keyArn, spec }) => ({ kid, keyArn, spec })),
    signers: signers.map((s) => s.key.kid),
    stage: 'introduce',
    issuedAt: '2026-11-24T14:54:23Z',
    ...change,
  };
}

function published(set: readonly PublishedKey[], signers: readonly Signer[], change: Partial<KeySetStatement> = {}) {
  const payload = statementBytes(statementOf(set, signers, change));
  return { envelope: assembleStatement(payload, signers.map((s) => signature(s, payload))), keySet: keySetBytes(set) };
}

const old = signer('ECC_NIST_P256', 1);
const next = signer('ECC_NIST_P256', 2);
const stranger = signer('ECC_NIST_P256', 3);
const earlier = signer('ECC_NIST_P256', 4);
const keysOf = (...signers: Signer[]) => signers.map((s) => s.key);
const refusal = (name: string, words: RegExp) => expect.objectContaining({ name, message: expect.stringMatching(words) as string }) as Error;

describe('who trusts the old key comes to trust the new one', () => {
  test.each([
    ['RSA_2048', undefined],
    ['RSA_2048', 'PS256'],
    ['RSA_3072', 'PS512'],
    ['RSA_4096', 'RS384'],
    ['ECC_NIST_P256', undefined],
    ['ECC_NIST_P384', undefined],
    ['ECC_NIST_P521', undefined],
    ['ECC_SECG_P256K1', undefined],
    ['ECC_NIST_EDWARDS25519', undefined],
    ['ECC_NIST_EDWARDS25519', 'Ed25519'],
  ])('%s, %s', (spec, algorithm) => {
    const pair = [signer(spec, 1, algorithm), signer(spec, 2, algorithm)] as const;
    const set = keysOf(...pair);
    const { envelope, keySet } = published(set, pair);
    for (const { key } of pair) expect(verifyKeySetStatement(envelope, key, keySet)).toEqual(statementOf(set, pair));
    expect(() => verifyKeySetStatement(envelope, signer(spec, 3, algorithm).key, keySet)).toThrow(refusal('StatementRefused', /not signed by the trusted key/));
  });

  test('ML-DSA is unsupported or judged, never believed', () => {
    const key = latticeKey(latticeKeys[1] as (typeof latticeKeys)[number]);
    const payload = statementBytes({ ...statementOf([key], []), signers: [key.kid] });
    const envelope = assembleStatement(payload, [{ kid: key.kid, signature: Buffer.alloc(3309) }]);
    expect(() => verifyKeySetStatement(envelope, key, keySetBytes([key]))).toThrow(/cannot verify ML-DSA-65|does not fit/);
  });
});

describe('which statements are taken', () => {
  const both = keysOf(old, next);
  const first = published(both, [old, next]);
  const after = { sequence: 2, previous: sha256Hex(first.keySet) };
  const removed = published(keysOf(next), [next], { ...after, stage: 'remove' });
  const known = { sequence: 1, keySet: first.keySet };

  /** Without words it is taken. */
  const cases: readonly (readonly [name: string, run: () => KeySetStatement, words?: RegExp])[] = [
    ['by the old and the new key', () => verifyKeySetStatement(first.envelope, old.key, first.keySet)],
    ['by the new key alone, once it is trusted', () => verifyKeySetStatement(removed.envelope, next.key, removed.keySet, known)],
    ['the same, to one who trusts only the old key', () => verifyKeySetStatement(removed.envelope, old.key, removed.keySet, known), /not signed by the trusted key/],
    ['of keys some of which are from earlier rotations and sign no more', () => take(keysOf(earlier, old, next), [old, next], old)],
    ['by an old key that has left the set, to one who trusts it', () => take(keysOf(next), [old, next], old)],
    ['by an old key that has left the set, to one who does not know it', () => take(keysOf(next), [old, next], next)],
    ['by the old key alone for a set that it has left', () => take(keysOf(next), [old], old), /no key of the set has signed/],
    ['with a new key that has not signed, to one who knows the set before', () => take(keysOf(old, next), [old], old, { sequence: 2, previous: sha256Hex(keySetBytes(keysOf(old))) }, { sequence: 1, keySet: keySetBytes(keysOf(old)) }), /new key .* has not signed/],
    ['with a new key that has signed, to the same', () => take(keysOf(old, next), [old, next], old, { sequence: 2, previous: sha256Hex(keySetBytes(keysOf(old))) }, { sequence: 1, keySet: keySetBytes(keysOf(old)) })],
    ['by a signer twice', () => take(both, [old, old], old), /one signature of each signer/],
    ['with a signature too many', () => forged(both, [old, next], [old, next, stranger]), /one signature of each signer/],
    ['with a signature too few', () => forged(both, [old, next], [old]), /one signature of each signer/],
    ['with the signatures swapped', () => forged(both, [old, next], [next, old]), /one signature of each signer/],
    ['signed by a stranger in the name of the old key', () => forged(both, [old, next], [{ ...stranger, key: old.key }, next]), /signature of .* does not fit/],
    ['signed by a stranger in the name of the new key', () => forged(both, [old, next], [old, { ...stranger, key: next.key }]), /signature of .* does not fit/],
    ['of another key set', () => verifyKeySetStatement(first.envelope, old.key, keySetBytes(keysOf(old, stranger))), /another key set/],
    ['of the same keys in another order', () => verifyKeySetStatement(first.envelope, old.key, keySetBytes(keysOf(next, old))), /another key set/],
    ['that names other keys than the set', () => take(both, [old, next], old, { keys: statementOf(keysOf(old, stranger), []).keys }), /names other keys/],
    ['with a set before the first', () => take(both, [old, next], old, { previous: 'a'.repeat(64) }), /follows none/],
    ['with no set before the second', () => take(both, [old, next], old, { sequence: 2 }), /follows none/],
    ['played back', () => verifyKeySetStatement(first.envelope, old.key, first.keySet, known), /number 1, but number 2 follows/],
    ['after one that was left out', () => take(both, [old, next], old, { ...after, sequence: 3 }, known), /number 3, but number 2 follows/],
    ['that follows another set', () => take(both, [old, next], old, { sequence: 2, previous: 'a'.repeat(64) }, known), /follows another set/],
    ['to a consumer whose trusted key goes by the kid of another', () => verifyKeySetStatement(first.envelope, { ...stranger.key, kid: old.key.kid }, first.keySet), /not the thumbprint/],
  ];
  for (const [name, run, words] of cases) {
    test(name, () => {
      if (words === undefined) expect(run().version).toBe(1);
      else expect(run).toThrow(refusal('StatementRefused', words));
    });
  }

  function take(set: readonly PublishedKey[], signers: readonly Signer[], trusted: Signer, change: Partial<KeySetStatement> = {}, before?: { sequence: number; keySet: Buffer }) {
    const { envelope, keySet } = published(set, signers, change);
    return verifyKeySetStatement(envelope, trusted.key, keySet, before);
  }
  function forged(set: readonly PublishedKey[], named: readonly Signer[], signing: readonly Signer[]) {
    const payload = statementBytes(statementOf(set, named));
    return verifyKeySetStatement(assembleStatement(payload, signing.map((s) => signature(s, payload))), old.key, keySetBytes(set));
  }
});

describe('any one bit flipped is refused', () => {
  let good: { envelope: Buffer; keySet: Buffer };
  beforeAll(() => (good = published(keysOf(old, next), [old, next])));

  test('in the envelope: form, payload, signatures', () => {
    for (const bad of everyBitFlip(good.envelope)) expect(() => verifyKeySetStatement(bad, old.key, good.keySet)).toThrow(expect.objectContaining({ name: 'StatementRefused' }) as Error);
  });

  test('in the payload, made to look whole again around it', () => {
    const { payload, signatures } = JSON.parse(good.envelope.toString()) as { payload: string; signatures: { keyid: string; sig: string }[] };
    const again = signatures.map((s) => ({ kid: s.keyid, signature: Buffer.from(s.sig, 'base64') }));
    for (const bad of everyBitFlip(Buffer.from(payload, 'base64'))) expect(() => verifyKeySetStatement(assembleStatement(bad, again), old.key, good.keySet)).toThrow(expect.objectContaining({ name: 'StatementRefused' }) as Error);
  });

  test('in the key set', () => {
    for (const bad of everyBitFlip(good.keySet)) expect(() => verifyKeySetStatement(good.envelope, old.key, bad)).toThrow(refusal('StatementRefused', /another key set/));
  });

  test('in the trusted key', () => {
    for (const spki of everyBitFlip(old.key.spki)) expect(() => verifyKeySetStatement(good.envelope, { ...old.key, spki }, good.keySet)).toThrow();
  });
});

describe('other spellings of the same statement are refused', () => {
  // An RSA signature always ends in padding; an ECDSA one is of 70 to 72 bytes, the last of which need none.
  const [rsaOld, rsaNext] = [signer('RSA_2048', 1), signer('RSA_2048', 2)];
  const { envelope, keySet } = published(keysOf(rsaOld, rsaNext), [rsaOld, rsaNext]);
  const text = envelope.toString();
  test.each([
    ['a space', text.replace(':', ': ')],
    ['a line feed at the end', `${text}\n`],
    ['members in another order', JSON.stringify({ signatures: (JSON.parse(text) as { signatures: unknown }).signatures, ...(JSON.parse(text) as object) })],
    ['a member more', text.replace('{', '{"a":1,')],
    ['another type', text.replace(type, 'application/vnd.in-toto+json')],
    ['base64 without padding', text.replace(/="/, '"')],
    ['base64 with other bits in its padding', text.replace(/"sig":"([^"]*?)(.)(=+)"/, (_, head: string, last: string, pad: string) => `"sig":"${head}${String.fromCharCode(last.charCodeAt(0) + 1)}${pad}"`)],
    ['base64url', text.replace(/"payload":"([^"]*)"/, (_, p: string) => `"payload":"${p.slice(0, -4)}-_-_"`)],
    ['nothing', ''],
  ])('%s', (_, changed) => {
    expect(changed).not.toBe(text);
    expect(() => verifyKeySetStatement(Buffer.from(changed), rsaOld.key, keySet)).toThrow(expect.objectContaining({ name: 'StatementRefused' }) as Error);
  });

  test('a payload that is not canonical, though both keys signed it', () => {
    const payload = Buffer.from(JSON.stringify(statementOf(keysOf(old, next), [old, next]), null, 1));
    const loose = assembleStatement(payload, [old, next].map((s) => signature(s, payload)));
    expect(() => verifyKeySetStatement(loose, old.key, keySet)).toThrow(refusal('StatementRefused', /version 1/));
  });

  test('a payload of another version or with more members, though both keys signed it', () => {
    for (const extra of [{ version: 2 }, { more: true }]) {
      const payload = Buffer.from(JSON.stringify(Object.fromEntries(Object.entries({ ...statementOf(keysOf(old, next), [old, next]), ...extra }).sort(([a], [b]) => (a < b ? -1 : 1)))));
      expect(() => verifyKeySetStatement(assembleStatement(payload, [old, next].map((s) => signature(s, payload))), old.key, keySet)).toThrow(refusal('StatementRefused', /version 1/));
    }
  });
});

describe('what KMS is asked to sign', () => {
  test.each([
    ['RSA_2048', undefined, 'RSASSA_PKCS1_V1_5_SHA_256', 'DIGEST', 32],
    ['RSA_2048', 'PS384', 'RSASSA_PSS_SHA_384', 'DIGEST', 48],
    ['ECC_NIST_P521', undefined, 'ECDSA_SHA_512', 'DIGEST', 64],
    ['ECC_SECG_P256K1', undefined, 'ECDSA_SHA_256', 'DIGEST', 32],
    ['ECC_NIST_EDWARDS25519', undefined, 'ED25519_SHA_512', 'RAW', undefined],
  ])('%s, %s: %s as %s', (spec, algorithm, signingAlgorithm, messageType, bytes) => {
    const { key } = signer(spec, 1, algorithm);
    const payload = statementBytes(statementOf([key], [{ key, n: 1 }]));
    expect(signerOf(key)).toEqual({ signingAlgorithm, messageType });
    if (bytes === undefined) expect(messageToSign(payload, key).equals(pae(payload))).toBe(true);
    else expect(messageToSign(payload, key)).toHaveLength(bytes);
  });

  test('a long statement goes as digest, and to a key that needs the message not at all', () => {
    const at = (length: number) => Buffer.alloc(length - pae(Buffer.alloc(1000)).length + 1000, 'x');
    const ed = madeKey('ECC_NIST_EDWARDS25519');
    expect(messageToSign(at(4096), ed)).toHaveLength(4096);
    expect(() => messageToSign(at(4097), ed)).toThrow(refusal('StatementTooLong', /4097 bytes/));
    expect(messageToSign(at(4097), old.key)).toHaveLength(32);
  });

  test('a key that does not sign is refused', () => {
    expect(() => signerOf(madeKey('RSA_2048', { usage: 'ENCRYPT_DECRYPT' }))).toThrow(refusal('AlgorithmMisfit', /signs nothing/));
  });
});
