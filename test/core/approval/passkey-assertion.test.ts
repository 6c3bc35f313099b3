import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { assertionFault, type DecisionToSign, type PasskeyAssertion } from '../../../core/approval/passkey-assertion.ts';
import { SoftPasskey, type Asked } from '../../soft-authenticator.ts';

const decided: DecisionToSign = { approvalId: 'q-1', stage: 'cutover', planDigest: 'a'.repeat(64), decision: 'approve', reason: 'read and agreed', person: 'alice' };
const nonce = 'bm9uY2U';
const origin = 'https://rota.bank.example';
const rpId = 'rota.bank.example';

/** RFC 8785 by hand: keys in order, no white space. */
const challengeOf = (d: DecisionToSign): string =>
  createHash('sha256')
    .update(`{"approvalId":"${d.approvalId}","decision":"${d.decision}","nonce":"${nonce}","person":"${d.person}","planDigest":"${d.planDigest}","purpose":"rota decision","reason":"${d.reason}","stage":"${d.stage}","version":1}`)
    .digest('base64url');

function assertion(change: Partial<PasskeyAssertion> = {}, asked: Partial<Asked> = {}, key = new SoftPasskey()): PasskeyAssertion {
  const { response } = key.answer({ challenge: challengeOf(decided), origin, rpId, ...asked });
  const { authenticatorData, clientDataJSON, signature } = response;
  return { credentialId: key.credentialId, publicKeySpki: key.publicKeySpki, origin, rpId, nonce, authenticatorData, clientDataJson: clientDataJSON, signature, ...change };
}

test.each(['ES256', 'EdDSA', 'RS256'] as const)('an assertion by %s holds', (algorithm) => {
  expect(assertionFault(assertion({}, {}, new SoftPasskey(algorithm)), decided)).toBeUndefined();
});

test.each(Object.keys(decided) as (keyof DecisionToSign)[])('an assertion is about one %s', (field) => {
  const other = field === 'decision' ? 'refuse' : `${decided[field]}x`;
  expect(assertionFault(assertion(), { ...decided, [field]: other })).toBe('signed another decision');
});

const faults: readonly [name: string, () => PasskeyAssertion, says: string][] = [
  ['another nonce', () => assertion({ nonce: 'b3RoZXI' }), 'signed another decision'],
  ['another origin than recorded', () => assertion({ origin: 'https://evil.example', rpId: 'evil.example' }), 'signed for another site'],
  ['a page inside another', () => assertion({}, { client: { crossOrigin: true } }), 'signed for another site'],
  ['the domain of another authenticator', () => assertion({}, { rpId: 'evil.example' }), 'belongs to another domain'],
  ['a domain that is not of the origin', () => assertion({ rpId: 'bank.test' }, { rpId: 'bank.test' }), 'belongs to another domain'],
  ['a domain that only ends alike', () => assertion({ rpId: 'ank.example' }, { rpId: 'ank.example' }), 'belongs to another domain'],
  ['nobody verified', () => assertion({}, { flags: 0x01 }), 'did not verify the person'],
  ['nobody present', () => assertion({}, { flags: 0x04 }), 'did not verify the person'],
  ['an enrolment', () => assertion({}, { client: { type: 'webauthn.create' } }), 'did not answer a login or a decision'],
  ['another key', () => assertion({ publicKeySpki: new SoftPasskey().publicKeySpki }), 'did not make this signature'],
  ['no key at all', () => assertion({ publicKeySpki: 'AAAA' }), 'did not make this signature'],
  ['short authenticator data', () => assertion({ authenticatorData: 'AAAA' }), 'answered in no known form'],
  ['client data that is no JSON', () => assertion({ clientDataJson: 'AAAA' }), 'answered in no known form'],
];
test.each(faults)('refuses %s', (_, make, says) => expect(assertionFault(make(), decided)).toBe(says));

test('a passkey of the domain above is of this console too', () => {
  expect(assertionFault(assertion({ rpId: 'bank.example' }, { rpId: 'bank.example' }), decided)).toBeUndefined();
});
