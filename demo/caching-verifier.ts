import { constants, createPublicKey, verify, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { SignedMessage } from './token-signer.ts';

/** How Node verifies what KMS signs by an algorithm. A consumer's own knowledge, apart from Rota's. */
const verifications: Readonly<Record<string, (message: Buffer, key: KeyObject, signature: Buffer) => boolean>> = {
  ...Object.fromEntries(
    ['256', '384', '512'].flatMap((bits) => [
      [`RSASSA_PKCS1_V1_5_SHA_${bits}`, (m: Buffer, key: KeyObject, s: Buffer) => verify(`sha${bits}`, m, key, s)],
      [
        `RSASSA_PSS_SHA_${bits}`,
        (m: Buffer, key: KeyObject, s: Buffer) => verify(`sha${bits}`, m, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }, s),
      ],
      [`ECDSA_SHA_${bits}`, (m: Buffer, key: KeyObject, s: Buffer) => verify(`sha${bits}`, m, { key, dsaEncoding: 'der' }, s)],
    ]),
  ),
  ED25519_SHA_512: (m, key, s) => verify(null, m, key, s),
};

/**
 * A consumer of the plainest kind: it fetches the key set, keeps it for its time to live, and does not fetch again for a `kid`
 * that it does not know. Whoever rotates too early breaks it.
 */
export class CachingVerifier {
  readonly name: string;
  readonly #url: string;
  readonly #ttlSeconds: number;
  readonly #algorithm: string;
  #keys = new Map<string, KeyObject>();
  #fetchedAtMs = Number.NEGATIVE_INFINITY;

  constructor(name: string, url: string, ttlSeconds: number, algorithm: string) {
    this.name = name;
    this.#url = url;
    this.#ttlSeconds = ttlSeconds;
    this.#algorithm = algorithm;
  }

  /** Whether a signature verifies with what this consumer has at that time. */
  async verifies({ kid, message, signature }: SignedMessage, nowMs: number): Promise<boolean> {
    if (nowMs - this.#fetchedAtMs >= this.#ttlSeconds * 1000) await this.fetchKeys(nowMs);
    const key = this.#keys.get(kid);
    return key !== undefined && (verifications[this.#algorithm]?.(message, key, signature) ?? false);
  }

  /** Fetches the key set, and answers the key ids that it holds. */
  async fetchKeys(nowMs: number): Promise<readonly string[]> {
    const answer = await fetch(this.#url);
    if (!answer.ok) throw new Error(`${this.#url} answers ${answer.status}`);
    const { keys } = (await answer.json()) as { keys: (JsonWebKey & { kid: string })[] };
    this.#keys = new Map(keys.map((jwk) => [jwk.kid, createPublicKey({ key: jwk, format: 'jwk' })]));
    this.#fetchedAtMs = nowMs;
    return [...this.#keys.keys()];
  }
}
