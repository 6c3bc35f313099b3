import { RotaError } from '../errors.ts';
import { fieldChanges } from '../registry/field-changes.ts';
import type { RegisteredKey } from '../registry/registry-schema.ts';

/** What may differ between two aliases of one key: when each is due, and what people call it. */
const mayDiffer: ReadonlySet<string> = new Set(['alias', 'description', 'schedule'] satisfies (keyof RegisteredKey)[]);

const demands = (key: RegisteredKey): object => Object.fromEntries(Object.entries(key).filter(([field]) => !mayDiffer.has(field)));

/**
 * Whether one rotation may move all these aliases of a key. It asks for the approvals of one of them, so the registry must demand the same for the others (P4);
 * a public key is published for one alias only. `registered` is what the registry says of the key's aliases. Throws `AliasesDisagree`.
 */
export function checkOneRule(alias: string, registered: readonly RegisteredKey[]): void {
  const own = registered.find((key) => key.alias === alias);
  for (const other of registered) {
    if (other === own) continue;
    const fields = own === undefined ? ['whether it is registered'] : fieldChanges(demands(own), demands(other)).map(({ path }) => path);
    if (own?.method === 'asymmetric' && fields.length === 0) fields.push('for which of them the public key is published');
    if (fields.length > 0) throw new RotaError('AliasesDisagree', { alias, other: other.alias, fields });
  }
}
