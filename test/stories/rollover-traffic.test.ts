import { constants, createPublicKey, publicEncrypt, type JsonWebKey } from 'node:crypto';
import { DecryptCommand, EncryptCommand, GetPublicKeyCommand, type KeySpec, type SigningAlgorithmSpec } from '@aws-sdk/client-kms';
import { describe, expect, test } from 'vitest';
import { CachingVerifier } from '../../demo/caching-verifier.ts';
import { thumbprint, TokenSigner, type SignedMessage } from '../../demo/token-signer.ts';
import { isOver, startRollover, type Rollover } from '../rollover.ts';

const stepMs = 3_600_000;
const cacheTtlSeconds = 86_400;
const lifeMs = 43_200_000;

interface Tally {
  signatures: number;
  checks: number;
  failures: number;
}

/** Runs a rotation to its end while something happens every hour of its time. */
async function through(r: Rollover, rotationId: string, work: (nowMs: number) => Promise<void>): Promise<void> {
  const { clock } = r.rota.local.embedded;
  let acknowledged = false;
  for (let step = 0; step < 24 * 10; step++) {
    const status = await r.status(rotationId);
    if (isOver(status)) {
      expect(status.status).toBe('SUCCEEDED');
      return;
    }
    const [question] = status.waitingFor;
    if (question !== undefined) await r.rota.approve(question);
    if (!acknowledged && status.waits.some((w) => w.name === 'acknowledgements')) {
      await r.acknowledge(rotationId);
      acknowledged = true;
    }
    await work(clock.now());
    await clock.advance(stepMs);
  }
  throw new Error('ten days passed in vain');
}

/** What was published before anybody thought of a rotation: the old key alone. */
async function oldKeySet(r: Rollover): Promise<Buffer> {
  const { PublicKey } = await r.rota.kms.send(new GetPublicKeyCommand({ KeyId: r.oldKeyId }));
  const jwk = createPublicKey({ key: Buffer.from(PublicKey ?? []), format: 'der', type: 'spki' }).export({ format: 'jwk' });
  return Buffer.from(JSON.stringify({ keys: [{ ...jwk, kid: thumbprint(jwk) }] }));
}

/** Signatures all the way, checked by verifiers that fetched at different times, when made and at the end of their life. */
async function signingTraffic(r: Rollover, algorithm: SigningAlgorithmSpec, perStep: number): Promise<Tally> {
  const tally: Tally = { signatures: 0, checks: 0, failures: 0 };
  const { clock } = r.rota.local.embedded;
  const signer = new TokenSigner(r.rota.kms, 'alias/tokens', algorithm);
  const verifiers = ['fetched just before', 'fetches soon after'].map((name) => new CachingVerifier(name, r.target.url, cacheTtlSeconds, algorithm));
  r.target.serve(await oldKeySet(r));
  await verifiers[0]?.fetchKeys(clock.now());
  const rotationId = await r.start();
  await r.until(rotationId, (s) => s.rollover?.state === 'PUBLISHED');
  const alive: SignedMessage[] = [];
  const check = async (message: SignedMessage, nowMs: number): Promise<void> => {
    for (const verifier of verifiers) {
      tally.checks++;
      if (!(await verifier.verifies(message, nowMs))) tally.failures++;
    }
  };
  await through(r, rotationId, async (nowMs) => {
    const made = await Promise.all(Array.from({ length: perStep }, (_, i) => signer.sign(`${algorithm} ${nowMs} ${i}`, nowMs)));
    tally.signatures += made.length;
    alive.push(...made);
    const young = alive.findIndex((m) => m.signedAtMs > nowMs - lifeMs + stepMs);
    await Promise.all([...made, ...alive.splice(0, young)].map((message) => check(message, nowMs)));
  });
  await Promise.all(alive.map((message) => check(message, clock.now())));
  return tally;
}

const specs: readonly { spec: KeySpec; algorithm: SigningAlgorithmSpec; perStep: number }[] = [
  { spec: 'ECC_NIST_P256', algorithm: 'ECDSA_SHA_256', perStep: 18 },
  { spec: 'ECC_NIST_P384', algorithm: 'ECDSA_SHA_384', perStep: 18 },
  { spec: 'ECC_NIST_P521', algorithm: 'ECDSA_SHA_512', perStep: 18 },
  { spec: 'ECC_SECG_P256K1', algorithm: 'ECDSA_SHA_256', perStep: 18 },
  { spec: 'ECC_NIST_EDWARDS25519', algorithm: 'ED25519_SHA_512', perStep: 18 },
  { spec: 'RSA_2048', algorithm: 'RSASSA_PKCS1_V1_5_SHA_256', perStep: 18 },
  { spec: 'RSA_3072', algorithm: 'RSASSA_PSS_SHA_384', perStep: 18 },
  { spec: 'RSA_4096', algorithm: 'RSASSA_PSS_SHA_512', perStep: 18 },
];

describe('verifiers that cache the key set never meet a signature that they cannot verify', () => {
  test.each(specs)('$spec', async ({ spec, algorithm, perStep }) => {
    const tally = await signingTraffic(await startRollover({ spec }), algorithm, perStep);
    expect(tally.failures).toBe(0);
    expect(tally.signatures).toBeGreaterThan(1000);
  });
});

test('without the wait until READY the same traffic fails', async () => {
  const hasty = { propagationSeconds: 0, cacheTtlSeconds: 0, publishSafetySeconds: 0, longestLifetimeSeconds: 43_200, clockSkewSeconds: 300, retireSafetySeconds: 3600, kmsPropagationSeconds: 300 };
  const tally = await signingTraffic(await startRollover({ change: { rollover: hasty } }), 'ECDSA_SHA_256', 4);
  expect(tally.failures).toBeGreaterThan(50);
});

interface Letter {
  readonly kid: string;
  readonly text: string;
  readonly ciphertext: Buffer;
  readonly arrivesMs: number;
}

test('what senders encrypt with the key that they have cached always opens', async () => {
  const r = await startRollover({ spec: 'RSA_2048', usage: 'ENCRYPT_DECRYPT' });
  const keyIds = new Map<string, string>();
  const rotationId = await r.start();
  const { newKeyId = '' } = await r.until(rotationId, (s) => s.rollover?.state === 'PUBLISHED');
  const [oldKid = '', newKid = ''] = r.target.kids();
  keyIds.set(oldKid, r.oldKeyId).set(newKid, newKeyId);
  const letters: Letter[] = [];
  const used = new Map<string, number>();
  let opened = 0;
  let cached: { jwk: JsonWebKey & { kid: string }; fetchedMs: number } | undefined;
  const open = async ({ kid, text, ciphertext }: Letter): Promise<void> => {
    const { Plaintext } = await r.rota.kms.send(new DecryptCommand({ KeyId: keyIds.get(kid), CiphertextBlob: ciphertext, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }));
    expect(Buffer.from(Plaintext ?? []).toString()).toBe(text);
    opened++;
  };
  await through(r, rotationId, async (nowMs) => {
    if (cached === undefined || nowMs - cached.fetchedMs >= cacheTtlSeconds * 1000) {
      const { keys } = (await (await fetch(r.target.url)).json()) as { keys: (JsonWebKey & { kid: string })[] };
      const [jwk] = keys;
      if (jwk === undefined) throw new Error('the key set is empty');
      cached = { jwk, fetchedMs: nowMs };
    }
    const text = `letter of ${nowMs}`;
    const key = { key: createPublicKey({ key: cached.jwk, format: 'jwk' }), padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
    letters.push({ kid: cached.jwk.kid, text, ciphertext: publicEncrypt(key, Buffer.from(text)), arrivesMs: nowMs + lifeMs - stepMs });
    used.set(cached.jwk.kid, (used.get(cached.jwk.kid) ?? 0) + 1);
    for (let next = letters[0]; next !== undefined && next.arrivesMs <= nowMs; next = letters[0]) {
      await open(next);
      letters.shift();
    }
  });
  for (const letter of letters) await open(letter);
  expect(opened).toBeGreaterThan(50);
  expect([...used.keys()].sort()).toEqual([oldKid, newKid].sort());
  // The old key encrypts nothing any more, and is left to decrypt for good.
  await expect(r.rota.kms.send(new EncryptCommand({ KeyId: r.oldKeyId, Plaintext: Buffer.from('x'), EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }))).rejects.toThrow(/explicit deny/i);
});
