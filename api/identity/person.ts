import { RotaError } from '../../core/errors.ts';
import type { Person, Role } from '../../core/registry/registry-schema.ts';
import type { ApiDeps, SignedBy } from '../deps.ts';

/** The person who signed a request. Throws `NotSignedIn` for an identity that the registry does not know. */
export async function personOf({ store }: ApiDeps, { arn }: SignedBy): Promise<Person> {
  const person = (await store.registry.people()).find((p) => p.arn === arn);
  if (person === undefined) throw new RotaError('NotSignedIn', { arn });
  return person;
}

/** The person, if they may change anything: an auditor may not, whatever else they are. Throws `AuditorChangesNothing`. */
export async function actingPerson(deps: ApiDeps, signedBy: SignedBy, act: string): Promise<Person> {
  const person = await personOf(deps, signedBy);
  refuseAuditor(person, act);
  return person;
}

/** Throws `AuditorChangesNothing`. */
export function refuseAuditor({ id, roles }: Person, act: string): void {
  if (roles.includes('auditor')) throw new RotaError('AuditorChangesNothing', { person: id, act });
}

/** The person, if they have the role; `act` says what it is needed for. Throws `NotYourRole`, `AuditorChangesNothing`. */
export async function personWithRole(deps: ApiDeps, signedBy: SignedBy, role: Role, act: string): Promise<Person> {
  const person = await personOf(deps, signedBy);
  checkRole(person, role, act);
  return person;
}

/** Throws `NotYourRole`, `AuditorChangesNothing`. */
export function checkRole(person: Person, role: Role, act: string): void {
  refuseAuditor(person, act);
  if (!person.roles.includes(role)) throw new RotaError('NotYourRole', { person: person.id, role, act });
}

/** Who applies a registry: a person with the role `platform`, or an identity that the deployment names for the first time. Throws `NotSignedIn`, `NotYourRole`, `AuditorChangesNothing`. */
export async function applierOf(deps: ApiDeps, signedBy: SignedBy): Promise<string> {
  if (deps.platformArns.includes(signedBy.arn)) return signedBy.arn;
  return (await personWithRole(deps, signedBy, 'platform', 'apply a registry')).id;
}

/** Lets a person of the registry through, and an identity that the deployment names. Throws `NotSignedIn`. */
export async function checkReader(deps: ApiDeps, signedBy: SignedBy): Promise<void> {
  if (!deps.platformArns.includes(signedBy.arn)) await personOf(deps, signedBy);
}

/** Whether a person may do what is for one role. */
export const mayAct = ({ roles }: Person, role: Role): boolean => roles.includes(role) && !roles.includes('auditor');
