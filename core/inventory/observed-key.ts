/** What DescribeKey says of a key, as far as an inventory needs it. Times are epoch milliseconds. */
export interface KeyDescription {
  readonly spec: string;
  readonly usage: string;
  readonly origin: string;
  readonly state: string;
  readonly createdMs: number;
  readonly multiRegion?: 'PRIMARY' | 'REPLICA';
  /** Of a replica: the Region of its primary key, where alone rotation is switched on (KMS-DG "rotate-keys"). */
  readonly primaryRegion?: string;
  readonly deletionMs?: number;
  /** The earliest expiry of any material of the key (SDK:KeyMetadata). */
  readonly validToMs?: number;
}

/** A question that AWS did not answer. */
export interface Unanswered {
  readonly operation: string;
  readonly error: string;
}

/** All that a sweep saw of one key; what it had no reason to ask is not there. */
export interface ObservedKey {
  readonly keyId: string;
  readonly manager: 'AWS' | 'CUSTOMER';
  readonly aliases: readonly string[];
  /** The tags that a sweep asks for, see `lineageTags`. */
  readonly tags: Readonly<Record<string, string>>;
  /** Of an AWS managed key nobody asks; of others it is missing when AWS refused. */
  readonly description?: KeyDescription;
  readonly rotation?: { readonly enabled: boolean; readonly periodDays?: number; readonly nextMs?: number };
  /** From ListKeyRotations: how many of the 25 are used, and the newest rotation. */
  readonly rotations?: { readonly onDemand: number; readonly newestMs?: number };
  readonly lastUse?: { readonly trackedSinceMs: number; readonly operation?: string; readonly atMs?: number };
  readonly unanswered?: Unanswered;
}

/** The tags that a rotation puts on the key that it makes, and on the one that it puts aside. */
export const lineageTags = { madeBy: 'rota:rotation', keptFor: 'rota:retained-for' } as const;
