import { RotaError } from '../../core/errors.ts';
import type { Person, Role } from '../../core/registry/registry-schema.ts';
import type { ApiDeps, SignedBy } from '../deps.ts';

/** The person who signed a request. Throws `NotSignedIn` for an identity that the registry does not know. */
export async function personOf({ store }: ApiDeps, { arn }: SignedBy): Promise<Person> {
  const person = (await store.registry.people()).find((p) => p.arn === arn);
  if (person === undefined) throw new RotaError('NotSignedIn', { arn });
  return person;
}

/** The person, if they have the role; `act` says what it is needed for. Throws `NotYourRole`. */
export async function personWithRole(deps: ApiDeps, signedBy: SignedBy, role: Role, act: string): Promise<Person> {
  const person = await personOf(deps, signedBy);
  if (!person.roles.includes(role)) throw new RotaError('NotYourRole', { person: person.id, role, act });
  return person;
}
