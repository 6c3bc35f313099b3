import { z } from 'zod';

/** Somebody's use of a key, or attempt to use it, as CloudTrail has it. Times are ISO 8601, UTC. */
export const KeyUse = z.strictObject({
  operation: z.string(),
  principal: z.string(),
  at: z.string(),
  /** The error that it ended with; absent for a use that worked. */
  error: z.string().optional(),
});
export type KeyUse = z.infer<typeof KeyUse>;

/** The same, with what tells how the caller came by the key. */
export interface TrailUse extends KeyUse {
  readonly keyArn: string;
  /** How the request named its keys: an id, an ARN or an alias. Decrypt by a symmetric key may name none. */
  readonly named: { readonly keyId?: string; readonly sourceKeyId?: string; readonly destinationKeyId?: string };
  /** Which AWS service made the call for the principal. */
  readonly through?: string;
  readonly requestId?: string;
}

/** What AWS tells of the use of a key since a time. */
export interface UsageEvidence {
  /** The last cryptographic operation of any kind that worked, up to an hour late. AWS KMS API Reference, GetKeyLastUsage. */
  readonly lastUsage?: { readonly operation: string; readonly at: string };
  /** CloudTrail's event history, newest first; `complete` is false where there is more than was read, or no trail to ask. */
  readonly uses: readonly KeyUse[];
  readonly complete: boolean;
}

/** Uses of one kind by one principal, as a plan and its readers want them. */
export const GroupedUse = z.strictObject({ operation: z.string(), principal: z.string(), count: z.int(), lastAt: z.string(), error: z.string().optional() });
export type GroupedUse = z.infer<typeof GroupedUse>;

const kindOf = ({ principal, operation, error = '' }: Pick<KeyUse, 'principal' | 'operation' | 'error'>): string => `${principal} ${operation} ${error}`;

/** Uses by principal, operation and error, sorted by these. */
export function groupUses(uses: readonly KeyUse[]): GroupedUse[] {
  const groups = new Map<string, GroupedUse>();
  for (const { operation, principal, at, error } of uses) {
    const before = groups.get(kindOf({ principal, operation, error }));
    const lastAt = before !== undefined && before.lastAt > at ? before.lastAt : at;
    groups.set(kindOf({ principal, operation, error }), { operation, principal, count: (before?.count ?? 0) + 1, lastAt, ...(error === undefined ? {} : { error }) });
  }
  return [...groups.entries()].sort(([a], [b]) => a.localeCompare(b)).map(([, group]) => group);
}

/** What `live` has that `before` lacks: another principal, another operation. More of the same is no news. */
export const newKindsOfUse = (before: readonly GroupedUse[], live: readonly GroupedUse[]): GroupedUse[] => live.filter((use) => !before.some((b) => kindOf(b) === kindOf(use)));

/** The last use that KMS knows of, where it is later than `since` and CloudTrail has not told of it: somebody's, without a name. */
export function unnamedUse(uses: readonly KeyUse[], lastUsage: UsageEvidence['lastUsage'], since: string): KeyUse[] {
  const isNamed = uses.some((use) => use.error === undefined && use.at === lastUsage?.at);
  return lastUsage === undefined || lastUsage.at <= since || isNamed ? [] : [{ ...lastUsage, principal: 'somebody whom CloudTrail does not name' }];
}

/** The last time of these uses, or `otherwise` where there are none later. ISO 8601 sorts as text. */
export const newestOf = (times: readonly string[], otherwise: string): string => times.reduce((newest, at) => (at > newest ? at : newest), otherwise);
