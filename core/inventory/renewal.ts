import type { ManualPolicy } from './policies.ts';
import type { ObservedKey } from './observed-key.ts';

const dayMs = 86_400_000;

/** KMS rotates a key on demand 25 times in its life (AWS KMS Developer Guide, "resource-limits"). */
export const rotationsInLife = 25;

/** When the present material of a key that people rotate came to be, and when the next one is due. */
export interface Renewal {
  readonly sinceMs: number;
  readonly dueMs?: number;
}

/**
 * From when a cryptoperiod counts: the newest rotation in place, else the day on which the key was made, which for a key that
 * Rota put in the place of another is the day of that rotation. NIST SP 800-57 Part 1 Rev. 5, section 5.3.
 */
export function renewalOf({ description, rotations }: Pick<ObservedKey, 'description' | 'rotations'>, policy: ManualPolicy | undefined): Renewal | undefined {
  if (description === undefined) return undefined;
  const sinceMs = Math.max(description.createdMs, rotations?.newestMs ?? 0);
  return { sinceMs, ...(policy === undefined ? {} : { dueMs: sinceMs + policy.cryptoperiodDays * dayMs }) };
}

/** Since when a key has the material that it has, rotated or as it was made; undefined where it has none. Epoch milliseconds. */
export const materialSinceMs = ({ key, renewal }: { readonly key: Pick<ObservedKey, 'description'>; readonly renewal?: Renewal | undefined }): number | undefined =>
  key.description?.state === 'PendingImport' ? undefined : renewal?.sinceMs;

/** Whether a key is so old by its making alone that only a rotation in place could have kept it in time. */
export const wantsRotations = ({ createdMs }: { readonly createdMs: number }, policy: ManualPolicy, nowMs: number): boolean =>
  createdMs + (policy.cryptoperiodDays - policy.warningDays) * dayMs <= nowMs;
