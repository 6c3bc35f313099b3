/** Asks a passkey, and takes what it answers: once, in time, for what was asked. */
import { randomBytes } from 'node:crypto';
import { generateAuthenticationOptions, verifyAuthenticationResponse } from '@simplewebauthn/server';
import { isoBase64URL } from '@simplewebauthn/server/helpers';
import { z } from 'zod';
import { readAuthenticatorData, readClientData } from '../../core/approval/passkey-assertion.ts';
import { isoSeconds } from '../../core/clock.ts';
import { RotaError } from '../../core/errors.ts';
import type { Passkey } from '../../store/passkey-table.ts';
import type { Ceremony } from '../../store/session-table.ts';
import type { ApiDeps } from '../deps.ts';
import { consolePlace } from './console-place.ts';
import { livePasskey, type OwnedPasskey } from './passkey-owner.ts';

const Base64Url = z.string().regex(/^[A-Za-z0-9_-]+$/).max(4096);

/** What `navigator.credentials.get` answered, in JSON. Web Authentication Level 3, AuthenticationResponseJSON; ids have 1023 bytes at most. */
export const PasskeyAnswer = z.object({
  id: Base64Url.max(1400),
  rawId: Base64Url.max(1400),
  type: z.literal('public-key'),
  response: z.object({ clientDataJSON: Base64Url, authenticatorData: Base64Url, signature: Base64Url, userHandle: Base64Url.optional() }),
});
export type PasskeyAnswer = z.infer<typeof PasskeyAnswer>;

type Kind = Ceremony['purpose']['kind'];
type CeremonyOf<K extends Kind> = Ceremony & { readonly purpose: Extract<Ceremony['purpose'], { readonly kind: K }> };

/** How long a question to a passkey stays open; people must find their key and touch it. */
const lifeMs: Readonly<Record<Kind, number>> = { login: 5 * 60_000, enrolment: 5 * 60_000, decision: 2 * 60_000 };

/** Writes a question to a passkey down. */
export async function askCeremony({ store, clock }: ApiDeps, purpose: Ceremony['purpose'], challenge: Buffer = randomBytes(32)): Promise<{ challenge: Buffer; timeoutMs: number }> {
  const timeoutMs = lifeMs[purpose.kind];
  await store.sessions.ask({ challenge: challenge.toString('base64url'), expiresAt: isoSeconds(clock.now() + timeoutMs), purpose });
  return { challenge, timeoutMs };
}

/** What the browser hands to a passkey: any one that is of this console, or one of these. */
export async function requestOptions(deps: ApiDeps, { challenge, timeoutMs }: { challenge: Buffer; timeoutMs: number }, allowed: readonly Passkey[] = []) {
  return generateAuthenticationOptions({
    rpID: consolePlace(deps).rpId,
    challenge: new Uint8Array(challenge),
    timeout: timeoutMs,
    userVerification: 'required',
    allowCredentials: allowed.map(({ credentialId, transports }) => ({ id: credentialId, transports: [...transports] })),
  });
}

/** Takes the question that an answer is to, and uses it up. Throws `AssertionInvalid`, `AssertionReplayed`, `AssertionExpired`. */
export async function takeCeremony<K extends Kind>({ store, clock }: ApiDeps, kind: K, clientDataJson: string): Promise<CeremonyOf<K>> {
  const challenge = readClientData(clientDataJson)?.challenge ?? '';
  if (!/^[A-Za-z0-9_-]{43}$/.test(challenge)) throw new RotaError('AssertionInvalid', { why: 'it is in no known form' });
  const ceremony = await store.sessions.ceremony(challenge);
  if (ceremony === undefined || !(await store.sessions.answer(ceremony, clock.now()))) throw new RotaError('AssertionReplayed', {});
  if (!isOfKind(ceremony, kind)) throw new RotaError('AssertionInvalid', { why: `it answers a question of another kind (${ceremony.purpose.kind})` });
  if (Date.parse(ceremony.expiresAt) <= clock.now()) throw new RotaError('AssertionExpired', { expiredAt: ceremony.expiresAt });
  return ceremony;
}

const isOfKind = <K extends Kind>(ceremony: Ceremony, kind: K): ceremony is CeremonyOf<K> => ceremony.purpose.kind === kind;

/** Whose passkey answered. Throws `PasskeyUnknown`. */
export async function ownerOf(deps: ApiDeps, { id }: PasskeyAnswer): Promise<OwnedPasskey> {
  const owned = await livePasskey(deps, id);
  if (owned === undefined) throw new RotaError('PasskeyUnknown', {});
  return owned;
}

/** Checks that this passkey signed this challenge for this console, its person verified; and notes the use. Throws `AssertionInvalid`, `PasskeyCounterWentBack`. */
export async function checkAnswer(deps: ApiDeps, passkey: Passkey, answer: PasskeyAnswer, challenge: string): Promise<void> {
  const { credentialId } = passkey;
  const { clientDataJSON, authenticatorData, signature, userHandle } = answer.response;
  const { counter } = readAuthenticatorData(Buffer.from(authenticatorData, 'base64url')) ?? { counter: 0 };
  const wentBack = () => new RotaError('PasskeyCounterWentBack', { credentialId, stored: passkey.counter, given: counter });
  const { origin, rpId } = consolePlace(deps);
  if (userHandle !== undefined && userHandle !== passkey.userHandle) throw new RotaError('AssertionInvalid', { why: 'it names another owner' });
  const { verified } = await verifyAuthenticationResponse({
    response: { id: answer.id, rawId: answer.rawId, type: answer.type, response: { clientDataJSON, authenticatorData, signature }, clientExtensionResults: {} },
    expectedChallenge: challenge,
    expectedOrigin: origin,
    expectedRPID: rpId,
    requireUserVerification: true,
    // The counter is compared below, once the signature is known to hold: it has an error of its own.
    credential: { id: credentialId, publicKey: isoBase64URL.toBuffer(passkey.publicKeyCose), counter: 0 },
  }).catch((error: unknown) => {
    throw new RotaError('AssertionInvalid', { why: (error as Error).message });
  });
  if (!verified) throw new RotaError('AssertionInvalid', { why: 'its signature is wrong' });
  if ((counter > 0 || passkey.counter > 0) && counter <= passkey.counter) throw wentBack();
  if (!(await deps.store.passkeys.noteUse(passkey, counter, isoSeconds(deps.clock.now())))) throw wentBack();
}
