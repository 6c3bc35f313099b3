import { quotasFor, readQuota, scaled, type Rates } from '../kms-quotas.ts';

/** The scarce ones of what a rotation asks of KMS. */
export const scarceQuotas = quotasFor(
  'CreateAlias',
  'CreateGrant',
  'CreateKey',
  'GetKeyLastUsage',
  'GetParametersForImport',
  'ImportKeyMaterial',
  'ListKeyRotations',
  'PutKeyPolicy',
  'TagResource',
  'UpdateAlias',
);

export type ScarceOperation = keyof typeof scarceQuotas;

/** Requests a second, by operation. */
export type KmsRates = Rates<ScarceOperation>;

export const isScarce = (operation: string): operation is ScarceOperation => Object.hasOwn(scarceQuotas, operation);

/** The quotas of an account: AWS's own, all times `scale`, or as `own` says of some (`GetParametersForImport=5,CreateKey=20`). Throws for what is no quota. */
export function quotasOf(own = '', scale = 1): KmsRates {
  const given = own.split(',').filter((part) => part.trim() !== '').map((part) => {
    const quota = readQuota(part, scarceQuotas);
    if (quota === undefined) throw new Error(`KMS quota ${part}: write it like GetParametersForImport=5; the operations are ${Object.keys(scarceQuotas).join(', ')}`);
    return quota;
  });
  return Object.assign({}, scaled(scarceQuotas, scale), ...given) as KmsRates;
}

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
