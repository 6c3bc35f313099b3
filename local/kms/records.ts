import type { Key } from './key.ts';

/** An alias; without `targetKeyId` it is an AWS alias whose key nobody has needed yet. */
export interface Alias {
  readonly name: string;
  readonly accountId: string;
  readonly region: string;
  readonly targetKeyId?: string | undefined;
  readonly createdMs: number;
  readonly updatedMs: number;
}

export interface Grant {
  readonly id: string;
  readonly accountId: string;
  readonly region: string;
  readonly keyId: string;
  readonly name?: string | undefined;
  readonly createdMs: number;
  readonly grantee: string;
  readonly retiring?: string | undefined;
  readonly operations: readonly string[];
  readonly constraints?: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined;
}

/** A pair that wraps material for import. It is kept, sealed, because a token outlives a restart. */
export interface WrappingPair {
  readonly id: string;
  readonly spec: string;
  /** DER SPKI, base64. */
  readonly publicKey: string;
  /** DER PKCS#8 under the master key. */
  readonly sealed: string;
}

/** The last successful cryptographic use of a key in a Region. */
export interface LastUse {
  readonly keyArn: string;
  readonly operation: string;
  readonly atMs: number;
  readonly eventId: string;
  readonly requestId: string;
}

/** 2026-04-23T00:00:00Z, when AWS began to record last uses (aws-facts 0.7). */
export const trackingStartMs = 1_776_902_400_000;

/** One new fact. Each is whole, so that applying it twice is the same as once. */
export type Change =
  | { readonly key: Key }
  | { readonly keyGone: Pick<Key, 'id' | 'accountId' | 'region'> }
  | { readonly alias: Alias }
  | { readonly aliasGone: Pick<Alias, 'name' | 'accountId' | 'region'> }
  | { readonly grant: Grant }
  | { readonly grantGone: Pick<Grant, 'id' | 'keyId' | 'accountId' | 'region'> }
  | { readonly wrapping: WrappingPair }
  | { readonly used: LastUse };
