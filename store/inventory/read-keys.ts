import { canRotateInPlace } from '../../core/inventory/key-class.ts';
import { lineageTags, type KeyDescription, type ObservedKey } from '../../core/inventory/observed-key.ts';
import { AliasNames, placeOfArn, type Found } from './alias-names.ts';
import { ask, describeKey, milliseconds, type DescribedKey } from './ask-key.ts';
import { concurrently } from './concurrently.ts';
import type { PacedCalls } from './paced-calls.ts';

/** Enough for half of each quota at a tenth of a second a request; each holds one key. */
const atOnce = 160;

export interface ReadOptions {
  /** Whether to ask for the rotations in place of this key; only ever asked where KMS can have any. */
  readonly wantsRotations: (description: KeyDescription, aliases: readonly string[]) => boolean;
  /** Whether to ask for the last use of this key: 5 a second is all that AWS gives. */
  readonly wantsLastUse: (description: KeyDescription) => boolean;
}

/** A key with where it is. */
export interface FoundKey extends Found {
  readonly key: ObservedKey;
}

/**
 * Reads every key of an account in a Region, in no order, with no request that cannot have an answer: one DescribeKey for a customer
 * managed key, none for one that `alias/aws/` shows to be AWS's; GetKeyRotationStatus where it can say true; aliases and lineage tags
 * page by page for all. Describing begins while the aliases still come in; what then waits is a few hundred bytes a key. A key that
 * AWS refuses to describe is there too, with the refusal. Throws when keys, aliases or tags cannot be listed.
 */
export async function* readKeys(calls: PacedCalls, options: ReadOptions): AsyncGenerator<FoundKey> {
  const names = new AliasNames(calls);
  const tagged = lineageOf(calls);
  tagged.catch(() => undefined);
  let complete = false;
  const leave = new AbortController();
  const { signal } = leave;
  try {
    const seen = concurrently(keysToAsk(calls, names), ({ keyId, manager }) => (manager === 'AWS' ? Promise.resolve<DescribedKey>({ keyId, manager }) : describeKey(calls, keyId)), { atOnce, signal, mayPileUp: () => !complete });
    // An alias or a tag may come last of all: nothing leaves before both are known.
    const [tags] = await Promise.all([tagged, names.complete]);
    complete = true;
    const whole = concurrently(seen, (key) => withHistory(calls, { ...key, aliases: names.of(key.keyId), tags: tags.get(key.keyId) ?? none }, options), { atOnce, signal });
    for await (const key of whole) yield { ...(names.found ?? nowhere), key };
  } finally {
    leave.abort();
  }
}

const none: Readonly<Record<string, string>> = {};
const nowhere: Found = { accountId: '', partition: 'aws' };

interface KeyToAsk {
  readonly keyId: string;
  readonly manager: ObservedKey['manager'];
}

interface KeyPage {
  readonly Keys: readonly { readonly KeyId: string; readonly KeyArn: string }[];
  readonly NextMarker?: string;
}

/** First the keys that an alias names, so that describing need not wait for the last alias; then all others. */
async function* keysToAsk(calls: PacedCalls, names: AliasNames): AsyncGenerator<KeyToAsk> {
  for await (const keyId of names.customerKeys()) yield { keyId, manager: 'CUSTOMER' };
  let Marker: string | undefined;
  do {
    const page: KeyPage = await calls.call<KeyPage>('ListKeys', { Limit: 1000, ...(Marker === undefined ? {} : { Marker }) });
    for (const { KeyId: keyId, KeyArn } of page.Keys) {
      names.found ??= placeOfArn(KeyArn);
      if (names.isAws(keyId)) yield { keyId, manager: 'AWS' };
      else if (names.of(keyId).length === 0) yield { keyId, manager: 'CUSTOMER' };
    }
    Marker = page.NextMarker;
  } while (Marker !== undefined);
}

/** A key with what only its history tells, where that is wanted. */
export async function withHistory(calls: PacedCalls, key: ObservedKey, { wantsRotations, wantsLastUse }: ReadOptions): Promise<ObservedKey> {
  const { description, keyId } = key;
  if (description === undefined) return key;
  const rotations = canRotateInPlace(description) && wantsRotations(description, key.aliases) ? await rotationsOf(calls, keyId) : undefined;
  const lastUse = wantsLastUse(description) ? await lastUseOf(calls, keyId) : undefined;
  return { ...key, ...rotations, ...lastUse };
}

interface RotationPage {
  readonly Rotations: readonly { readonly RotationType?: string; readonly RotationDate?: number }[];
  readonly NextMarker?: string;
}

/** One page of 1,000 holds all: a key has 25 rotations on demand in its life. */
async function rotationsOf(calls: PacedCalls, keyId: string): Promise<Pick<ObservedKey, 'rotations' | 'unanswered'>> {
  const listed = await ask<RotationPage>(calls, 'ListKeyRotations', { KeyId: keyId, Limit: 1000 });
  if ('unanswered' in listed) return listed;
  const onDemand = listed.answer.Rotations.filter(({ RotationType }) => RotationType === 'ON_DEMAND');
  const newest = Math.max(...onDemand.map(({ RotationDate = 0 }) => milliseconds(RotationDate)));
  return { rotations: { onDemand: onDemand.length, ...(onDemand.length === 0 ? {} : { newestMs: newest }) } };
}

interface LastUsage {
  readonly TrackingStartDate?: number;
  readonly KeyLastUsage?: { readonly Operation?: string; readonly Timestamp?: number };
}

async function lastUseOf(calls: PacedCalls, keyId: string): Promise<Pick<ObservedKey, 'lastUse'>> {
  const asked = await ask<LastUsage>(calls, 'GetKeyLastUsage', { KeyId: keyId });
  if ('unanswered' in asked) return {};
  const { TrackingStartDate = 0, KeyLastUsage: { Operation, Timestamp } = {} } = asked.answer;
  return {
    lastUse: {
      trackedSinceMs: milliseconds(TrackingStartDate),
      ...(Operation === undefined ? {} : { operation: Operation }),
      ...(Timestamp === undefined ? {} : { atMs: milliseconds(Timestamp) }),
    },
  };
}

interface ResourcePage {
  readonly ResourceTagMappingList: readonly { readonly ResourceARN: string; readonly Tags: readonly { readonly Key: string; readonly Value: string }[] }[];
  readonly PaginationToken?: string;
}

/** The keys that carry a tag of a rotation: filtered by AWS, so that the other thousands cost nothing. */
async function lineageOf(calls: PacedCalls): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
  const wanted: readonly string[] = Object.values(lineageTags);
  const found = new Map<string, Record<string, string>>();
  for (const tag of wanted) {
    let PaginationToken: string | undefined;
    do {
      const page: ResourcePage = await calls.call<ResourcePage>('GetResources', {
        ResourceTypeFilters: ['kms:key'],
        TagFilters: [{ Key: tag }],
        ResourcesPerPage: 100,
        ...(PaginationToken === undefined ? {} : { PaginationToken }),
      });
      for (const { ResourceARN, Tags } of page.ResourceTagMappingList)
        found.set(ResourceARN.slice(ResourceARN.lastIndexOf('/') + 1), Object.fromEntries(Tags.filter(({ Key }) => wanted.includes(Key)).map(({ Key, Value }) => [Key, Value])));
      PaginationToken = page.PaginationToken === '' ? undefined : page.PaginationToken;
    } while (PaginationToken !== undefined);
  }
  return found;
}
