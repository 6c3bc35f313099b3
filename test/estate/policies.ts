import type { ManualPolicy, Policies } from '../../core/inventory/policies.ts';
import { estate, type EstateOptions } from './estate.ts';

/** The registry of an estate: every key that is registered, due every 365 days. */
export function policiesOfEstate(options: EstateOptions): Policies {
  const registered = new Map<string, ManualPolicy>();
  for (const { aliases, registered: known } of estate(options)) {
    const [alias] = aliases;
    if (known && alias !== undefined) registered.set(alias, { alias, owner: 'owners', cryptoperiodDays: 365, warningDays: 30 });
  }
  return { registered, exceptions: new Map() };
}
