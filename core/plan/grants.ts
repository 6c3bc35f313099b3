import { z } from 'zod';
import { digestOf } from '../canonical-json.ts';

/** Whom a grant lets do what, whichever its id and name. AWS KMS API Reference, GrantListEntry. */
export const GrantedUse = z.strictObject({ grantee: z.string(), operations: z.array(z.string()), constraints: z.json().optional() });
export type GrantedUse = z.infer<typeof GrantedUse>;

/** A grant of KMS, or one that is planned. */
interface GrantLike {
  readonly granteePrincipal?: string;
  readonly operations: readonly string[];
  readonly constraints?: unknown;
}

/** A grant without a plain grantee is one that an AWS service made for itself. */
export const usedBy = ({ granteePrincipal, operations, constraints }: GrantLike): GrantedUse =>
  GrantedUse.parse({ grantee: granteePrincipal ?? 'an AWS service', operations: [...operations].sort(), ...(constraints === undefined ? {} : { constraints }) });

/**
 * What the grants `here` let somebody do that none of `there` does: what is lost when an alias goes from one key to the other, since grants do not move
 * with it. Each once and in a fixed order, so that an application that makes the same grant for each of its tasks changes nothing.
 */
export function grantsLacking(here: readonly GrantLike[], there: readonly GrantLike[]): GrantedUse[] {
  const present = new Set(there.map((grant) => digestOf(usedBy(grant))));
  const lacking = new Map<string, GrantedUse>();
  for (const use of here.map(usedBy)) if (!present.has(digestOf(use))) lacking.set(digestOf(use), use);
  return [...lacking].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, use]) => use);
}
