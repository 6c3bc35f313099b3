import type { Json } from '../canonical-json.ts';

/** A grant as ListGrants answers it, as far as a plan needs it. */
export interface GrantFacts {
  readonly grantId: string;
  readonly name?: string;
  readonly granteePrincipal?: string;
  readonly retiringPrincipal?: string;
  readonly operations: readonly string[];
  readonly constraints?: Json;
}

/** What AWS says of a key at one instant: all that a plan is made from. */
export interface KeyFacts {
  readonly keyId: string;
  readonly arn: string;
  readonly accountId: string;
  readonly region: string;
  readonly spec: string;
  readonly usage: string;
  readonly origin: string;
  readonly keyManager: string;
  readonly state: string;
  readonly multiRegion: boolean;
  readonly description: string;
  readonly currentMaterialId?: string;
  readonly policy: Json;
  readonly tags: Readonly<Record<string, string>>;
  readonly grants: readonly GrantFacts[];
  /** Every alias of the key, sorted. */
  readonly aliases: readonly string[];
}
