import type { Person } from '../../core/registry/registry-schema.ts';
import type { Passkey } from '../../store/passkey-table.ts';
import type { ApiDeps } from '../deps.ts';

export interface OwnedPasskey {
  readonly passkey: Passkey;
  readonly person: Person;
}

/** A passkey that opens something: it was not removed, and the registry still has its owner under the IAM identity that enrolled it. */
export async function livePasskey(deps: ApiDeps, credentialId: string): Promise<OwnedPasskey | undefined> {
  const passkey = await deps.store.passkeys.get(credentialId);
  if (passkey === undefined || passkey.removedAt !== undefined) return undefined;
  const person = (await deps.store.registry.people()).find((p) => p.id === passkey.person && p.arn === passkey.arn);
  return person === undefined ? undefined : { passkey, person };
}

/** The passkeys with which a person may log in and decide. */
export const passkeysOf = async ({ store }: ApiDeps, { id, arn }: Person): Promise<Passkey[]> =>
  (await store.passkeys.all()).filter((p) => p.person === id && p.arn === arn && p.removedAt === undefined);
