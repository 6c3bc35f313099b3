import { quotasFor, scaled, type Rates as RatesOf } from '../kms-quotas.ts';

/**
 * Requests a second that AWS allows for what an inventory asks: of KMS, and GetResources (AWS General Reference, "AWS Resource Groups and Tagging
 * endpoints and quotas"; unconfirmed).
 */
export const requestQuotas = {
  ...quotasFor('DescribeKey', 'EnableKeyRotation', 'GetKeyLastUsage', 'GetKeyPolicy', 'GetKeyRotationStatus', 'ListAliases', 'ListKeyRotations', 'ListKeys', 'ListResourceTags'),
  GetResources: 15,
};

export type PacedOperation = keyof typeof requestQuotas;

/** Requests a second by operation. */
export type Rates = RatesOf<PacedOperation>;

/** What a sweep may take: `share` of each quota, so that whoever else uses the account has the rest (P9). */
export const ratesOf = (share: number, quotas: Partial<Rates> = {}): Rates => scaled({ ...requestQuotas, ...quotas }, share);
