import { findingsOfAliases, findingsOfQuiet } from '../../core/findings/estate-findings.ts';
import { expectationOf, expectedByLedger, type Expectation } from '../../core/findings/expected-aliases.ts';
import type { FoundFinding } from '../../core/findings/open-finding.ts';
import type { Policies } from '../../core/inventory/policies.ts';
import type { RotationOutline } from '../../store/ledger-table.ts';
import type { PlainContext } from '../task.ts';

interface AliasLook {
  /** Account and Region. */
  readonly place: string;
  /** The aliases to judge, with what the registry asks of them. */
  readonly registered: Policies['registered'];
  readonly leads: ReadonlyMap<string, string>;
  /** The ledger, read after `leads` was: else a rotation that moves an alias in between looks like a stranger. */
  readonly heads: readonly RotationOutline[];
  /** What looks. */
  readonly seenBy: string;
}

/**
 * Aliases of the registry that are gone, lead elsewhere than a rotation, an acceptance or the first look left them, or have left an old key that is not quiet. Where no rotation and no
 * earlier look knows an alias, this look is the one to go by from now on.
 */
export async function aliasFindings({ place, registered, leads, heads, seenBy }: AliasLook, { store, now }: PlainContext): Promise<FoundFinding[]> {
  if (registered.size === 0) return [];
  const ledger = expectedByLedger(heads);
  const known: Record<string, Expectation> = await store.records.aliases(place);
  const first = [...registered.keys()].filter((alias) => known[alias] === undefined && !ledger.has(alias) && leads.has(alias));
  for (const alias of first) known[alias] = { keyId: leads.get(alias) ?? '', at: now, because: `${seenBy} saw it first` };
  if (first.length > 0) await store.records.putAliases(place, known);
  return [...findingsOfAliases(registered, leads, (alias) => expectationOf(alias, ledger, known)), ...findingsOfQuiet(registered, heads, now)];
}
