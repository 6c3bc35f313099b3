import { findingIdOf } from '../../core/findings/open-finding.ts';
import { isoSeconds } from '../../core/clock.ts';
import { RotaError } from '../../core/errors.ts';
import type { Person } from '../../core/registry/registry-schema.ts';
import { readKeyFacts } from '../../store/key-facts.ts';
import { announceFact } from '../../store/events.ts';
import type { ApiDeps } from '../deps.ts';

/** Takes where an alias of the registry leads now for where it should lead: somebody moved it by hand, and that is right. */
export async function acceptAlias(deps: ApiDeps, person: Person, alias: string, reason: string): Promise<{ readonly alias: string; readonly keyId: string }> {
  const { store, clients, clock } = deps;
  const finding = (await store.findings.all()).find((f) => f.name === 'alias-moved' && f.about === alias);
  if (finding === undefined) throw new RotaError('NotFound', { what: `finding that ${alias} was moved` });
  const { keyId } = await readKeyFacts(clients.kms, alias);
  const now = isoSeconds(clock.now());
  const because = `${person.id} accepted it: ${reason}`;
  const known = await store.records.aliases(finding.place);
  await store.records.putAliases(finding.place, { ...known, [alias]: { keyId, at: now, because } });
  await store.records.addFacts(now.slice(0, 10), `accept.${alias.replace(/[^\w-]/g, '-')}.${now}`, [{ fact: 'finding-closed', at: now, findingId: findingIdOf(finding), evidence: because }]);
  await announceFact(deps, 'Rota Finding Closed', { findingId: findingIdOf(finding), ...finding, because });
  await store.findings.close(finding);
  return { alias, keyId };
}
