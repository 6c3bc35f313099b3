import { adoptionOf, type Adoption } from '../../core/adoption/adoption.ts';
import { cutoverOf, readAdoptionFacts } from '../../store/adoption-facts.ts';
import type { ApiDeps } from '../deps.ts';

/** Who has followed a rotation to its new key and who has not, by all that AWS tells now. Throws `NotCutOver`, `NotFound`. */
export async function readAdoption({ store, clients, clock }: ApiDeps, rotationId: string): Promise<Adoption> {
  const cutover = await cutoverOf(store, await store.ledger.head(rotationId));
  return adoptionOf(await readAdoptionFacts(clients, cutover, clock.now()));
}
