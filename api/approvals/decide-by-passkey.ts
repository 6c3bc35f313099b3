import { randomBytes } from 'node:crypto';
import { assertionFault, decisionChallenge, type PasskeyAssertion } from '../../core/approval/passkey-assertion.ts';
import { RotaError } from '../../core/errors.ts';
import type { Person } from '../../core/registry/registry-schema.ts';
import type { Approval } from '../../core/approval/approval.ts';
import type { ApiDeps } from '../deps.ts';
import { consolePlace } from '../identity/console-place.ts';
import { askCeremony, checkAnswer, ownerOf, requestOptions, takeCeremony, type PasskeyAnswer } from '../identity/passkey-answer.ts';
import { passkeysOf } from '../identity/passkey-owner.ts';
import { countTry } from '../identity/tries.ts';
import { checkMayDecide, decide, type DecisionRequest } from './decide.ts';

/**
 * What the browser asks one of this person's passkeys for a decision: the challenge is derived from what they decide. Throws `TooManyTries`,
 * and why they may not decide this.
 */
export async function decisionOptions(deps: ApiDeps, person: Person, request: DecisionRequest) {
  await countTry(deps, 'decision', person.id);
  const read = await deps.store.approvals.get(request.approvalId);
  await checkMayDecide(deps, read, person, request);
  const nonce = randomBytes(32).toString('base64url');
  const decided = { ...request, stage: read.stage, person: person.id };
  const asked = await askCeremony(deps, { kind: 'decision', ...decided, nonce }, decisionChallenge(decided, nonce));
  return requestOptions(deps, asked, await passkeysOf(deps, person));
}

/** Records the decision that a passkey has signed: what was asked of it counts, not what comes with the answer. Throws what is wrong with it. */
export async function decideByPasskey(deps: ApiDeps, person: Person, approvalId: string, answer: PasskeyAnswer, requestId: string): Promise<Approval> {
  await countTry(deps, 'decision', person.id);
  const { challenge, purpose } = await takeCeremony(deps, 'decision', answer.response.clientDataJSON);
  const { planDigest, decision, reason, nonce } = purpose;
  if (purpose.approvalId !== approvalId) throw new RotaError('AssertionForAnotherDecision', { signed: purpose.approvalId, asked: approvalId });
  if (purpose.person !== person.id) throw new RotaError('AssertionOfAnotherPerson', { person: person.id });
  const { passkey } = await ownerOf(deps, answer);
  if (passkey.person !== person.id) throw new RotaError('AssertionOfAnotherPerson', { person: person.id });
  await checkAnswer(deps, passkey, answer, challenge);
  const { origin, rpId } = consolePlace(deps);
  const { authenticatorData, clientDataJSON, signature } = answer.response;
  const assertion: PasskeyAssertion = { credentialId: passkey.credentialId, publicKeySpki: passkey.publicKeySpki, origin, rpId, nonce, authenticatorData, clientDataJson: clientDataJSON, signature };
  // As an auditor will check it: what does not verify offline is not recorded.
  const fault = assertionFault(assertion, purpose);
  if (fault !== undefined) throw new RotaError('AssertionInvalid', { why: `the passkey ${fault}` });
  return decide(deps, person, { arn: passkey.arn, requestId, passkey: assertion }, { approvalId, decision, reason, planDigest });
}
