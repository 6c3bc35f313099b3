/**
 * Requests a second that AWS allows an account in a Region by default, for what an inventory asks. AWS KMS Developer Guide,
 * "requests-per-second" (2026); GetResources: AWS General Reference, "AWS Resource Groups and Tagging endpoints and quotas"
 * (unconfirmed). All are adjustable, so an account may have more.
 */
export const requestQuotas = {
  DescribeKey: 2000,
  EnableKeyRotation: 15,
  GetKeyLastUsage: 5,
  GetKeyRotationStatus: 1000,
  GetResources: 15,
  ListAliases: 500,
  ListKeyRotations: 100,
  ListKeys: 500,
  ListResourceTags: 2000,
} as const;

export type PacedOperation = keyof typeof requestQuotas;

/** Requests a second by operation. */
export type Rates = Readonly<Record<PacedOperation, number>>;

/** What a sweep may take: `share` of each quota, so that whoever else uses the account has the rest (P9). */
export const ratesOf = (share: number, quotas: Partial<Rates> = {}): Rates =>
  Object.fromEntries(Object.entries({ ...requestQuotas, ...quotas }).map(([operation, perSecond]) => [operation, perSecond * share])) as Rates;
