import { canRotateItself } from '../../core/inventory/key-class.ts';
import type { KeyDescription, ObservedKey, Unanswered } from '../../core/inventory/observed-key.ts';
import type { PacedOperation } from '../../core/inventory/request-quotas.ts';
import { AwsRefusal } from './json-call.ts';
import type { PacedCalls } from './paced-calls.ts';

interface Metadata {
  readonly KeyId: string;
  readonly KeyManager?: string;
  readonly KeySpec?: string;
  readonly KeyUsage?: string;
  readonly Origin?: string;
  readonly KeyState?: string;
  readonly CreationDate?: number;
  readonly DeletionDate?: number;
  readonly ValidTo?: number;
  readonly MultiRegion?: boolean;
  readonly MultiRegionConfiguration?: { readonly MultiRegionKeyType?: 'PRIMARY' | 'REPLICA'; readonly PrimaryKey?: { readonly Region?: string } };
}

export const milliseconds = (epochSeconds: number): number => Math.round(epochSeconds * 1000);

function descriptionOf(m: Metadata): KeyDescription {
  const { MultiRegionKeyType: multiRegion = 'PRIMARY', PrimaryKey: { Region: primaryRegion } = {} } = m.MultiRegionConfiguration ?? {};
  return {
    spec: m.KeySpec ?? '',
    usage: m.KeyUsage ?? '',
    origin: m.Origin ?? '',
    state: m.KeyState ?? '',
    createdMs: milliseconds(m.CreationDate ?? 0),
    ...(m.MultiRegion === true ? { multiRegion, ...(multiRegion === 'REPLICA' && primaryRegion !== undefined ? { primaryRegion } : {}) } : {}),
    ...(m.DeletionDate === undefined ? {} : { deletionMs: milliseconds(m.DeletionDate) }),
    ...(m.ValidTo === undefined ? {} : { validToMs: milliseconds(m.ValidTo) }),
  };
}

interface RotationStatus {
  readonly KeyRotationEnabled?: boolean;
  readonly RotationPeriodInDays?: number;
  readonly NextRotationDate?: number;
}

export async function rotationOf(calls: PacedCalls, keyId: string): Promise<Pick<ObservedKey, 'rotation' | 'unanswered'>> {
  const status = await ask<RotationStatus>(calls, 'GetKeyRotationStatus', { KeyId: keyId });
  if ('unanswered' in status) return status;
  const { KeyRotationEnabled = false, RotationPeriodInDays, NextRotationDate } = status.answer;
  return {
    rotation: {
      enabled: KeyRotationEnabled,
      ...(RotationPeriodInDays === undefined ? {} : { periodDays: RotationPeriodInDays }),
      ...(NextRotationDate === undefined ? {} : { nextMs: milliseconds(NextRotationDate) }),
    },
  };
}

/** What KMS itself says of a key. */
export type DescribedKey = Omit<ObservedKey, 'aliases' | 'tags'>;

/** Describes a key by id, ARN or alias, and asks for its rotation where it can have one. */
export async function describeKey(calls: PacedCalls, key: string): Promise<DescribedKey> {
  const described = await ask<{ KeyMetadata: Metadata }>(calls, 'DescribeKey', { KeyId: key });
  if ('unanswered' in described) return { keyId: key, manager: 'CUSTOMER', ...described };
  const { KeyManager, KeyId: keyId } = described.answer.KeyMetadata;
  // AWS managed keys that no alias leads to yet, or any more.
  if (KeyManager === 'AWS') return { keyId, manager: 'AWS' };
  const description = descriptionOf(described.answer.KeyMetadata);
  return { keyId, manager: 'CUSTOMER', description, ...(canRotateItself(description) ? await rotationOf(calls, keyId) : {}) };
}

type Answered<T> = { readonly answer: T } | { readonly unanswered: Unanswered };

/** The answer, or that AWS refused this key. What no key is to blame for is thrown. */
export async function ask<T>(calls: PacedCalls, operation: PacedOperation, input: object): Promise<Answered<T>> {
  try {
    return { answer: await calls.call<T>(operation, input) };
  } catch (error) {
    if (error instanceof AwsRefusal && ofOneKey.has(error.name)) return { unanswered: { operation, error: error.name } };
    throw error;
  }
}

/** Refusals that say something of one key. An expired session or a wrong signature is none: it would make every key unreadable. */
const ofOneKey: ReadonlySet<string> = new Set(['AccessDeniedException', 'NotFoundException', 'InvalidArnException', 'KMSInvalidStateException', 'UnsupportedOperationException', 'DisabledException', 'KMSInternalException', 'DependencyTimeoutException']);

