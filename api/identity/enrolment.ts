/** Enrols passkeys: an IAM identity makes a link for itself, a browser that opens it makes the passkey. */
import { createPublicKey, randomBytes } from 'node:crypto';
import { generateRegistrationOptions, verifyRegistrationResponse } from '@simplewebauthn/server';
import { cose, decodeCredentialPublicKey, isoBase64URL } from '@simplewebauthn/server/helpers';
import { z } from 'zod';
import { isoSeconds } from '../../core/clock.ts';
import { sha256Hex } from '../../core/canonical-json.ts';
import { RotaError } from '../../core/errors.ts';
import type { Person } from '../../core/registry/registry-schema.ts';
import type { EnrolmentLink, Passkey } from '../../store/passkey-table.ts';
import type { ApiDeps } from '../deps.ts';
import { consolePlace } from './console-place.ts';
import { askCeremony, takeCeremony } from './passkey-answer.ts';
import { passkeysOf } from './passkey-owner.ts';
import { countTry } from './tries.ts';

/** Long enough to open a link that was just printed, on this device or another. */
const linkLifeMs = 10 * 60_000;

/** ES256, EdDSA and RS256: what authenticators make and node:crypto verifies. IANA COSE Algorithms. */
const algorithms = [-7, -8, -257];

const hashOf = (secret: string): string => sha256Hex(Buffer.from(secret, 'utf8'));
const Base64Url = z.string().regex(/^[A-Za-z0-9_-]+$/);

/** What `navigator.credentials.create` answered, in JSON. Web Authentication Level 3, RegistrationResponseJSON. */
export const NewPasskey = z.object({
  id: Base64Url.max(1400),
  rawId: Base64Url.max(1400),
  type: z.literal('public-key'),
  response: z.object({ clientDataJSON: Base64Url.max(4096), attestationObject: Base64Url.max(65_536), transports: z.array(z.string().max(32)).max(8).default([]) }),
});
export type NewPasskey = z.infer<typeof NewPasskey>;

/** Makes a one-use link by which this person enrols a passkey. Its secret is nowhere else, and not told again. Throws `TooManyTries`. */
export async function makeEnrolmentLink(deps: ApiDeps, person: Person): Promise<{ readonly url: string; readonly expiresAt: string }> {
  await countTry(deps, 'enrolment-link', person.id);
  const secret = randomBytes(32).toString('base64url');
  const expiresAt = isoSeconds(deps.clock.now() + linkLifeMs);
  await deps.store.passkeys.putLink({ secretSha256: hashOf(secret), person: person.id, arn: person.arn, expiresAt });
  return { url: new URL(`/enrol/${secret}`, deps.consoleUrl).href, expiresAt };
}

/** Looks at a link without using it, and for whom it is. Throws `EnrolmentLinkInvalid`. */
export async function openEnrolment({ store, clock }: ApiDeps, secret: string): Promise<{ readonly link: EnrolmentLink; readonly person: Person }> {
  const link = await store.passkeys.link(hashOf(secret));
  const person = link && (await store.registry.people()).find((p) => p.id === link.person && p.arn === link.arn);
  if (link === undefined || person === undefined || Date.parse(link.expiresAt) <= clock.now()) throw new RotaError('EnrolmentLinkInvalid', {});
  return { link, person };
}

/** What the browser asks an authenticator to make. Throws `EnrolmentLinkInvalid`, `TooManyTries`. */
export async function enrolmentOptions(deps: ApiDeps, sourceIp: string, secret: string) {
  await countTry(deps, 'enrolment', sourceIp);
  const { link, person } = await openEnrolment(deps, secret);
  const { rpId } = consolePlace(deps);
  const userHandle = randomBytes(32);
  const { challenge, timeoutMs } = await askCeremony(deps, { kind: 'enrolment', secretSha256: link.secretSha256, userHandle: userHandle.toString('base64url') });
  return generateRegistrationOptions({
    rpName: 'Rota',
    rpID: rpId,
    userName: person.id,
    userDisplayName: person.name,
    userID: new Uint8Array(userHandle),
    challenge: new Uint8Array(challenge),
    timeout: timeoutMs,
    attestationType: 'none',
    excludeCredentials: (await passkeysOf(deps, person)).map(({ credentialId, transports }) => ({ id: credentialId, transports: [...transports] })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    supportedAlgorithmIDs: algorithms,
  });
}

/** Enrols the passkey that a browser made. Throws `EnrolmentLinkInvalid`, `PasskeyEnrolled`, and what is wrong with an assertion. */
export async function enrol(deps: ApiDeps, sourceIp: string, secret: string, made: NewPasskey): Promise<Passkey> {
  await countTry(deps, 'enrolment', sourceIp);
  const { link, person } = await openEnrolment(deps, secret);
  const { challenge, purpose } = await takeCeremony(deps, 'enrolment', made.response.clientDataJSON);
  if (purpose.secretSha256 !== link.secretSha256) throw new RotaError('AssertionInvalid', { why: 'it answers another enrolment' });
  const { origin, rpId } = consolePlace(deps);
  const { verified, registrationInfo } = await verifyRegistrationResponse({
    response: { ...made, response: { ...made.response, transports: [] }, clientExtensionResults: {} },
    expectedChallenge: challenge,
    expectedOrigin: origin,
    expectedRPID: rpId,
    requireUserVerification: true,
    supportedAlgorithmIDs: algorithms,
  }).catch((error: unknown) => {
    throw new RotaError('AssertionInvalid', { why: (error as Error).message });
  });
  if (!verified) throw new RotaError('AssertionInvalid', { why: 'its attestation is wrong' });
  const { credential, credentialDeviceType } = registrationInfo;
  const at = isoSeconds(deps.clock.now());
  // First: a crash in between costs a link, and not the promise that it works once.
  if (!(await deps.store.passkeys.useLink(link.secretSha256, at))) throw new RotaError('EnrolmentLinkInvalid', {});
  const passkey: Passkey = {
    credentialId: credential.id,
    person: person.id,
    arn: person.arn,
    userHandle: purpose.userHandle,
    publicKeyCose: isoBase64URL.fromBuffer(credential.publicKey),
    publicKeySpki: spkiOf(credential.publicKey).toString('base64'),
    counter: credential.counter,
    transports: made.response.transports,
    synced: credentialDeviceType === 'multiDevice',
    enrolledAt: at,
  };
  if (!(await deps.store.passkeys.enrol(passkey))) throw new RotaError('PasskeyEnrolled', {});
  return passkey;
}

/** A COSE key as SubjectPublicKeyInfo, DER: what node:crypto, and so an auditor, reads. RFC 9053 section 7, by way of RFC 7517. */
function spkiOf(publicKeyCose: Uint8Array<ArrayBuffer>): Buffer {
  const key = decodeCredentialPublicKey(publicKeyCose);
  const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('base64url');
  const jwk = cose.isCOSEPublicKeyEC2(key)
    ? { kty: 'EC', crv: 'P-256', x: text(key.get(cose.COSEKEYS.x)), y: text(key.get(cose.COSEKEYS.y)) }
    : cose.isCOSEPublicKeyOKP(key)
      ? { kty: 'OKP', crv: 'Ed25519', x: text(key.get(cose.COSEKEYS.x)) }
      : cose.isCOSEPublicKeyRSA(key)
        ? { kty: 'RSA', n: text(key.get(cose.COSEKEYS.n)), e: text(key.get(cose.COSEKEYS.e)) }
        : undefined;
  if (jwk === undefined) throw new RotaError('AssertionInvalid', { why: 'its public key is of no known kind' });
  return createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'der' });
}
