/**
 * Requests a second that AWS allows an account in a Region by default, for the scarce ones of what a rotation asks. Each is adjustable, so an
 * account may have more. AWS KMS Developer Guide, "requests-per-second" (2026).
 */
export const scarceQuotas = {
  CreateAlias: 5,
  CreateGrant: 50,
  CreateKey: 5,
  GetKeyLastUsage: 5,
  GetParametersForImport: 1,
  ImportKeyMaterial: 15,
  ListKeyRotations: 100,
  PutKeyPolicy: 15,
  TagResource: 10,
  UpdateAlias: 5,
} as const;

export type ScarceOperation = keyof typeof scarceQuotas;

/** Requests a second, by operation. */
export type KmsRates = Readonly<Record<ScarceOperation, number>>;

/** Half of each quota is for everybody else who uses the account (P9). */
export const usualShare = 0.5;

export const isScarce = (operation: string): operation is ScarceOperation => Object.hasOwn(scarceQuotas, operation);

/** The quotas of an account: AWS's own, all times `scale`, or as `own` says of some (`GetParametersForImport=5,CreateKey=20`). Throws for what is no quota. */
export function quotasOf(own = '', scale = 1): KmsRates {
  const given = own.split(',').filter((part) => part.trim() !== '').map((part) => {
    const [operation = '', perSecond = ''] = part.split('=').map((word) => word.trim());
    if (!isScarce(operation) || !(Number(perSecond) > 0)) throw new Error(`KMS quota ${part}: write it like GetParametersForImport=5; the operations are ${Object.keys(scarceQuotas).join(', ')}`);
    return [operation, Number(perSecond)] as const;
  });
  return { ...scaled(scarceQuotas, scale), ...Object.fromEntries(given) };
}

/** What a share of each leaves. */
export const scaled = (rates: KmsRates, by: number): KmsRates => Object.fromEntries(Object.entries(rates).map(([operation, perSecond]) => [operation, perSecond * by])) as KmsRates;

/** How often one rotation of a key with one alias and no grant asks, by workflow. */
const asks: Readonly<Record<string, Partial<KmsRates>>> = {
  'byok-rotation': { CreateKey: 1, GetParametersForImport: 1, ImportKeyMaterial: 1, UpdateAlias: 1, PutKeyPolicy: 1, TagResource: 1 },
  'asymmetric-rotation': { CreateKey: 1, UpdateAlias: 1, PutKeyPolicy: 2, TagResource: 1 },
};

/** Which operation holds up rotations of this kind, and how many a second it lets through. */
export function bottleneckOf(workflow: string, rates: KmsRates): { readonly operation: ScarceOperation; readonly perSecond: number } {
  const each = Object.entries(asks[workflow] ?? {}) as [ScarceOperation, number][];
  const found = each.map(([operation, times]) => ({ operation, perSecond: rates[operation] / times })).sort((a, b) => a.perSecond - b.perSecond)[0];
  if (found === undefined) throw new Error(`nothing says what a rotation by ${workflow} asks of KMS: core/pace/kms-rates.ts`);
  return found;
}
