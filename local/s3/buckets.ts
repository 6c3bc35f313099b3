import { Journal } from '../journal.ts';
import { AwsError } from '../wire/errors.ts';

export type LockMode = 'GOVERNANCE' | 'COMPLIANCE';

export interface Retention {
  readonly mode: LockMode;
  readonly untilMs: number;
}

/** One version of an object, or a delete marker. */
export interface Version {
  /** `null`, as a word, where the bucket kept no versions when it was made. */
  readonly versionId: string;
  readonly modifiedMs: number;
  /** Undefined for a delete marker. */
  readonly content?: Content;
  readonly retention?: Retention;
}

export interface Content {
  /** Base64, as it stands in the journal: an object is there whole or not at all. */
  readonly body: string;
  readonly bytes: number;
  /** With its quotes. */
  readonly etag: string;
  /** What a reader gets back: content-type and the like, x-amz-meta-*. */
  readonly headers: Readonly<Record<string, string>>;
  /** By header name, such as x-amz-checksum-crc32. */
  readonly checksums: Readonly<Record<string, string>>;
}

/** "Block public access" of a bucket, with the names that it has in XML. */
export interface PublicAccessBlock {
  readonly BlockPublicAcls: boolean;
  readonly IgnorePublicAcls: boolean;
  readonly BlockPublicPolicy: boolean;
  readonly RestrictPublicBuckets: boolean;
}

export interface BucketSettings {
  readonly versioning?: 'Enabled' | 'Suspended';
  readonly objectLock: boolean;
  /** JSON, as it was put. */
  readonly policy?: string | undefined;
  /** Undefined: as a bucket is made, all on. */
  readonly publicAccessBlock?: PublicAccessBlock;
  readonly defaultRetention?: { readonly mode: LockMode; readonly days: number; readonly unit: 'Days' | 'Years' } | undefined;
}

export interface Bucket {
  readonly name: string;
  readonly accountId: string;
  readonly region: string;
  readonly createdMs: number;
  settings: BucketSettings;
  /** Oldest version first. */
  readonly objects: Map<string, Version[]>;
}

/** One journal line, one effect. */
export type Change =
  | { readonly bucket: Omit<Bucket, 'objects'> }
  | { readonly set: string; readonly settings: BucketSettings }
  | { readonly put: string; readonly key: string; readonly version: Version }
  | { readonly remove: string; readonly key: string; readonly versionId: string };

/** All buckets, in memory and in one journal. */
export class Buckets {
  readonly #buckets: Map<string, Bucket>;
  readonly #journal: Journal<Change>;

  private constructor(buckets: Map<string, Bucket>, journal: Journal<Change>) {
    this.#buckets = buckets;
    this.#journal = journal;
  }

  static async open(file: string): Promise<Buckets> {
    const buckets = new Map<string, Bucket>();
    const journal = await Journal.open<Change>(file, (change) => {
      if ('kind' in change) throw new Error(`${file} is of an earlier version of the embedded S3: delete the data folder to start afresh`);
      apply(buckets, change);
    });
    return new Buckets(buckets, journal);
  }

  /** Takes effect at once, so that of two conditional puts the second sees the first; an answer may leave after `durable` only. */
  commit(change: Change): void {
    apply(this.#buckets, change);
    // Whoever awaits `durable` gets the failure; here it must not count as unhandled.
    this.#journal.append(change).catch(() => undefined);
  }

  durable(): Promise<void> {
    return this.#journal.durable;
  }

  find(name: string): Bucket | undefined {
    return this.#buckets.get(name);
  }

  ofAccount(accountId: string): Bucket[] {
    return [...this.#buckets.values()].filter((bucket) => bucket.accountId === accountId).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Throws NoSuchBucket, or AccessDenied for a bucket of another account. */
  get(name: string, accountId: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404, { BucketName: name });
    if (bucket.accountId !== accountId) throw new AwsError('AccessDenied', 'Access Denied', 403);
    return bucket;
  }

  close(): Promise<void> {
    return this.#journal.close();
  }
}

function apply(buckets: Map<string, Bucket>, change: Change): void {
  if ('bucket' in change) {
    buckets.set(change.bucket.name, { ...change.bucket, objects: new Map() });
    return;
  }
  const name = 'set' in change ? change.set : 'put' in change ? change.put : change.remove;
  const bucket = buckets.get(name);
  if (bucket === undefined) throw new Error(`the journal of S3 changes bucket ${name} before it makes it`);
  if ('set' in change) bucket.settings = change.settings;
  else if ('put' in change) putVersion(bucket, change.key, change.version);
  else removeVersion(bucket, change.key, change.versionId);
}

/** There is one `null` version at most: a new one replaces it. */
function putVersion({ objects }: Bucket, key: string, version: Version): void {
  const older = (objects.get(key) ?? []).filter(({ versionId }) => versionId !== 'null' || version.versionId !== 'null');
  objects.set(key, [...older, version]);
}

function removeVersion({ objects }: Bucket, key: string, versionId: string): void {
  const left = (objects.get(key) ?? []).filter((version) => version.versionId !== versionId);
  if (left.length > 0) objects.set(key, left);
  else objects.delete(key);
}
