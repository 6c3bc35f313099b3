import { createPrivateKey, generateKeyPair, randomUUID, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { WrappingPair } from './records.ts';
import type { Store } from './store.ts';

const makePair = promisify(generateKeyPair);

export const wrappingSpecs = { RSA_2048: 2048, RSA_3072: 3072, RSA_4096: 4096 } as const;

export type WrappingSpec = keyof typeof wrappingSpecs;

const sealContext = (id: string): string => `wrapping pair ${id}`;

/**
 * The RSA pairs under which material travels. AWS makes one for each GetParametersForImport; here one a spec serves them
 * all, since making one takes a second. The tokens differ, and bind key, algorithm and expiry.
 */
export class WrappingPairs {
  readonly #store: Store;
  readonly #opened = new Map<string, KeyObject>();
  readonly #made = new Map<WrappingSpec, Promise<WrappingPair>>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** The pair of a spec, made once and kept over restarts. */
  of(spec: WrappingSpec): Promise<WrappingPair> {
    let pair = this.#made.get(spec);
    if (pair === undefined) {
      this.#made.set(spec, (pair = this.#findOrMake(spec)));
      // A failure is told to whoever waits, and the next one tries again.
      pair.catch(() => this.#made.delete(spec));
    }
    return pair;
  }

  /** Starts making the pair that most imports ask for, so that they need not wait. */
  prepare(): void {
    void this.of('RSA_4096');
  }

  privateKey(id: string): KeyObject | undefined {
    const known = this.#opened.get(id);
    if (known !== undefined) return known;
    const pair = this.#store.wrappingPair((each) => each.id === id);
    if (pair === undefined) return undefined;
    const der = this.#store.seal.unseal(pair.sealed, sealContext(id));
    try {
      const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
      this.#opened.set(id, key);
      return key;
    } finally {
      der.fill(0);
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#made.values());
  }

  async #findOrMake(spec: WrappingSpec): Promise<WrappingPair> {
    const known = this.#store.wrappingPair((pair) => pair.spec === spec);
    if (known !== undefined) return known;
    const { publicKey, privateKey } = await makePair('rsa', { modulusLength: wrappingSpecs[spec] });
    const der = privateKey.export({ format: 'der', type: 'pkcs8' });
    try {
      const id = randomUUID();
      const sealed = this.#store.seal.seal(der, sealContext(id));
      const wrapping = { id, spec, publicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'), sealed };
      this.#store.commit({ wrapping });
      return wrapping;
    } finally {
      der.fill(0);
    }
  }
}
