import type { Person } from '../../core/registry/registry-schema.ts';
import type { ApiDeps } from '../deps.ts';
import { askCeremony, checkAnswer, ownerOf, requestOptions, takeCeremony, type PasskeyAnswer } from './passkey-answer.ts';
import { countTry } from './tries.ts';

/** What the browser asks a passkey for a login: nobody says who they are before. Throws `TooManyTries`. */
export async function loginOptions(deps: ApiDeps, sourceIp: string) {
  await countTry(deps, 'login', sourceIp);
  return requestOptions(deps, await askCeremony(deps, { kind: 'login' }));
}

/** Who logs in by this answer. Throws `TooManyTries`, `PasskeyUnknown`, and what is wrong with an assertion. */
export async function logIn(deps: ApiDeps, sourceIp: string, answer: PasskeyAnswer): Promise<{ readonly person: Person; readonly credentialId: string }> {
  await countTry(deps, 'login', sourceIp);
  const { challenge } = await takeCeremony(deps, 'login', answer.response.clientDataJSON);
  const { passkey, person } = await ownerOf(deps, answer);
  await checkAnswer(deps, passkey, answer, challenge);
  return { person, credentialId: passkey.credentialId };
}
