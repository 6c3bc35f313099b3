/**
 * Requests a second that AWS allows an account in a Region by default, for what Rota asks of KMS. Each is adjustable, so an account may have
 * more. AWS KMS Developer Guide, "requests-per-second" (2026).
 */
const kmsQuotas = {
  CreateAlias: 5,
  CreateGrant: 50,
  CreateKey: 5,
  DescribeKey: 2000,
  EnableKeyRotation: 15,
  GetKeyLastUsage: 5,
  GetKeyPolicy: 1000,
  GetKeyRotationStatus: 1000,
  GetParametersForImport: 1,
  ImportKeyMaterial: 15,
  ListAliases: 500,
  ListKeyRotations: 100,
  ListKeys: 500,
  ListResourceTags: 2000,
  PutKeyPolicy: 15,
  TagResource: 10,
  UpdateAlias: 5,
} as const;

type KmsOperation = keyof typeof kmsQuotas;

/** Requests a second, by operation. */
export type Rates<O extends string> = Readonly<Record<O, number>>;

/** AWS's own quotas of these operations. */
export const quotasFor = <O extends KmsOperation>(...operations: readonly O[]): Rates<O> => Object.fromEntries(operations.map((o): [string, number] => [o, kmsQuotas[o]])) as Rates<O>;

/** Half of each quota is for everybody else who uses the account (P9). */
export const usualShare = 0.5;

/** All rates times a factor: what a share of each leaves, or what an account with more has. */
export const scaled = <O extends string>(rates: Rates<O>, by: number): Rates<O> => Object.fromEntries(Object.entries<number>(rates).map(([operation, perSecond]) => [operation, perSecond * by])) as Rates<O>;

/** A quota of one's own, as people write it: `DescribeKey=4000`. Undefined for what is no quota of these. */
export function readQuota<O extends string>(text: string, of: Rates<O>): Partial<Rates<O>> | undefined {
  const [operation = '', perSecond = ''] = text.split('=').map((word) => word.trim());
  return Object.hasOwn(of, operation) && Number(perSecond) > 0 && Number.isFinite(Number(perSecond)) ? ({ [operation]: Number(perSecond) } as Partial<Rates<O>>) : undefined;
}
