import { algorithmsOf, specOf, type KeyUsage, type SpecName } from './specs.ts';

export type KeyState = 'Enabled' | 'Disabled' | 'PendingImport' | 'PendingDeletion' | 'PendingReplicaDeletion';

/** Which of the two PENDING states AWS shows follows from the other Regions, so it is computed (rotation.ts). */
type MaterialState = 'CURRENT' | 'NON_CURRENT' | 'PENDING';

/** One key material. Without `sealed` the bytes are not here: never imported in this Region, deleted or expired. */
export interface Material {
  /** 64 hex digits from key id and bytes (aws-facts 1.4). */
  readonly id: string;
  readonly state: MaterialState;
  /** The bytes under the folder's master key: raw for symmetric and HMAC keys, PKCS#8 DER for asymmetric keys. */
  readonly sealed?: string | undefined;
  /** DER SPKI, base64; stays when the private bytes go. */
  readonly publicKey?: string | undefined;
  readonly description?: string | undefined;
  /** Set while imported with KEY_MATERIAL_EXPIRES. */
  readonly validToMs?: number | undefined;
  readonly rotatedMs?: number | undefined;
  readonly rotationType?: 'AUTOMATIC' | 'ON_DEMAND' | undefined;
}

/** A KMS key in one Region. Never changed in place: a change is a new record, written to the journal whole. */
export interface Key {
  readonly id: string;
  readonly accountId: string;
  readonly region: string;
  readonly manager: 'CUSTOMER' | 'AWS';
  readonly spec: SpecName;
  readonly usage: KeyUsage;
  readonly origin: 'AWS_KMS' | 'EXTERNAL';
  readonly description: string;
  readonly createdMs: number;
  readonly enabled: boolean;
  readonly policy: string;
  readonly tags: Readonly<Record<string, string>>;
  /** `atMs` is null while a multi-Region primary waits for its last replica to go. */
  readonly deletion?: { readonly windowDays: number; readonly atMs: number | null } | undefined;
  readonly multiRegion?: { readonly primaryRegion: string } | undefined;
  readonly materials: readonly Material[];
  /** Automatic rotation: the period runs from `sinceMs`, the enabling or the last automatic rotation. */
  readonly rotation?: { readonly periodDays: number; readonly sinceMs: number } | undefined;
}

export const dayMs = 86_400_000;

export const arnOf = (key: Pick<Key, 'id' | 'accountId' | 'region'>): string =>
  `arn:aws:kms:${key.region}:${key.accountId}:key/${key.id}`;

/** Epoch milliseconds as the awsJson wire has them: seconds, fraction kept. */
export const seconds = (epochMs: number): number => epochMs / 1000;

export const isPending = (material: Material): boolean => material.state === 'PENDING';

export const isReplica = (key: Key): boolean => key.multiRegion !== undefined && key.multiRegion.primaryRegion !== key.region;

export const isSymmetric = (key: Key): boolean => specOf(key.spec).type === 'symmetric';

export const currentOf = (key: Key): Material | undefined => key.materials.find((material) => material.state === 'CURRENT');

/**
 * The state of a key, computed from its facts. An EXTERNAL key is PendingImport until every permanently associated
 * material is here, the non-current ones included (aws-facts 1.5 hazards).
 */
export function stateOf(key: Key): KeyState {
  if (key.deletion !== undefined) return key.deletion.atMs === null ? 'PendingReplicaDeletion' : 'PendingDeletion';
  const lasting = key.materials.filter((material) => !isPending(material));
  if (lasting.length === 0 || lasting.some((material) => material.sealed === undefined)) return 'PendingImport';
  return key.enabled ? 'Enabled' : 'Disabled';
}

/** When the next automatic rotation is due; undefined for a key that does not rotate by itself now. */
export function nextRotationMs(key: Key): number | undefined {
  if (key.rotation === undefined || isReplica(key) || stateOf(key) !== 'Enabled') return undefined;
  return key.rotation.sinceMs + key.rotation.periodDays * dayMs;
}

/** When time next changes this key by itself (deletion, expiry, rotation); Infinity for never. */
export function dueMs(key: Key): number {
  const expiries = key.materials.map((material) => (material.sealed === undefined ? undefined : material.validToMs));
  const all = [key.deletion?.atMs, nextRotationMs(key), ...expiries];
  return Math.min(...all.map((at) => at ?? Infinity));
}

const algorithmField = {
  ENCRYPT_DECRYPT: 'EncryptionAlgorithms',
  SIGN_VERIFY: 'SigningAlgorithms',
  GENERATE_VERIFY_MAC: 'MacAlgorithms',
  KEY_AGREEMENT: 'KeyAgreementAlgorithms',
} as const satisfies Record<KeyUsage, string>;

/** The field that lists what a key's usage allows, as DescribeKey and GetPublicKey carry it. */
export const algorithmsField = (key: Key): Record<string, unknown> => ({
  [algorithmField[key.usage]]: [...algorithmsOf(key.spec, key.usage)],
});

/** KeyMetadata as DescribeKey gives it (SDK:KeyMetadata). `replicaRegions` counts for multi-Region keys only. */
export function metadataOf(key: Key, replicaRegions: readonly string[]): Record<string, unknown> {
  const state = stateOf(key);
  const deletionAt = key.deletion?.atMs;
  const here = key.materials.filter((material) => material.sealed !== undefined);
  const expiries = here.flatMap((material) => material.validToMs ?? []);
  return {
    AWSAccountId: key.accountId,
    KeyId: key.id,
    Arn: arnOf(key),
    CreationDate: seconds(key.createdMs),
    Enabled: state === 'Enabled',
    Description: key.description,
    KeyUsage: key.usage,
    KeyState: state,
    Origin: key.origin,
    KeyManager: key.manager,
    CustomerMasterKeySpec: key.spec,
    KeySpec: key.spec,
    MultiRegion: key.multiRegion !== undefined,
    ...algorithmsField(key),
    ...(typeof deletionAt === 'number' ? { DeletionDate: seconds(deletionAt) } : {}),
    ...(state === 'PendingReplicaDeletion' ? { PendingDeletionWindowInDays: key.deletion?.windowDays } : {}),
    ...(key.origin === 'EXTERNAL' && here.length > 0
      ? { ExpirationModel: expiries.length > 0 ? 'KEY_MATERIAL_EXPIRES' : 'KEY_MATERIAL_DOES_NOT_EXPIRE' }
      : {}),
    // The earliest expiry of any associated material (SDK:KeyMetadata).
    ...(expiries.length > 0 ? { ValidTo: seconds(Math.min(...expiries)) } : {}),
    ...(isSymmetric(key) && currentOf(key) !== undefined ? { CurrentKeyMaterialId: currentOf(key)?.id } : {}),
    ...(key.multiRegion === undefined ? {} : { MultiRegionConfiguration: multiRegionOf(key, key.multiRegion.primaryRegion, replicaRegions) }),
  };
}

function multiRegionOf(key: Key, primaryRegion: string, replicaRegions: readonly string[]): Record<string, unknown> {
  const at = (region: string) => ({ Arn: arnOf({ ...key, region }), Region: region });
  return {
    MultiRegionKeyType: isReplica(key) ? 'REPLICA' : 'PRIMARY',
    PrimaryKey: at(primaryRegion),
    ReplicaKeys: replicaRegions.map(at),
  };
}
