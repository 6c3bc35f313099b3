import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { expect, test } from 'vitest';
import fc from 'fast-check';
import { decisionBytes, type Decision, type DecisionStatement } from '../../../core/approval/decision.ts';
import { canonicalBytes } from '../../../core/canonical-json.ts';
import { genesis } from '../../../core/dossier/chain.ts';
import { predicateType, type RotationPredicate } from '../../../core/dossier/statement.ts';
import { decisionChallenge } from '../../../core/approval/passkey-assertion.ts';
import { decidersOf, type Insisted } from '../../../core/dossier/deciders.ts';
import { verifyChain, verifyDossier } from '../../../core/dossier/verify.ts';
import { planDigest, type CutoverPlan, type RetirePlan } from '../../../core/plan/plan.ts';
import { SoftPasskey } from '../../soft-authenticator.ts';
import { examplePlan } from '../plan/example-plan.ts';

const dossierKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const decisionKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const spkiOf = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });
const trusted = spkiOf(dossierKey.publicKey);

const plan = examplePlan();
const newKeyId = '22222222-2222-4222-8222-222222222222';
const cutoverPlan: CutoverPlan = {
  version: 1,
  stage: 'cutover',
  rotationId: plan.rotationId,
  method: 'new-key',
  rotationPlanDigest: planDigest(plan),
  oldKeyId: plan.oldKey.keyId,
  newKeyId,
  newKeyArn: `arn:aws:kms:eu-central-1:111122223333:key/${newKeyId}`,
  newKeySpec: 'SYMMETRIC_DEFAULT',
  newKeyUsage: 'ENCRYPT_DECRYPT',
  materialFingerprint: 'a'.repeat(64),
  keyMaterialId: 'b'.repeat(64),
  successorPolicyDigest: 'c'.repeat(64),
  successorGrants: [],
  policyDifference: { added: [], removed: [] },
  aliases: [{ alias: 'alias/payments', from: plan.oldKey.keyId, to: newKeyId }],
};
const approvalId = 'question-1';

function decision(person: string, change: Partial<DecisionStatement> = {}): Decision {
  const statement: DecisionStatement = {
    approvalId,
    stage: 'cutover',
    planDigest: planDigest(cutoverPlan),
    decision: 'approve',
    person,
    arn: `arn:aws:iam::111122223333:user/${person}`,
    groups: ['security'],
    reason: 'read and agreed',
    decidedAt: '2026-11-24T15:00:00Z',
    requestId: 'r-1',
    ...change,
  };
  return { ...statement, signature: sign('sha256', decisionBytes(statement), decisionKey.privateKey).toString('base64') };
}

function predicate(change: Partial<RotationPredicate> = {}, decisions = [decision('alice'), decision('bob')]): RotationPredicate {
  return {
    version: 1,
    sequence: 1,
    previous: genesis,
    rotationId: plan.rotationId,
    outcome: 'complete',
    requestedBy: plan.requestedBy,
    reason: plan.reason,
    startedAt: '2026-11-24T14:00:00Z',
    sealedAt: '2026-11-24T16:00:00Z',
    plan,
    cutoverPlan,
    approvals: [
      {
        approvalId,
        stage: 'cutover',
        planDigest: planDigest(cutoverPlan),
        rule: plan.approvals.cutover,
        requestedBy: plan.requestedBy,
        requestedAt: '2026-11-24T14:30:00Z',
        deadline: '2026-12-01T14:30:00Z',
        outcome: 'approved',
        decisions,
      },
    ],
    steps: [],
    keys: { before: [], after: [] },
    leftBehind: [],
    execution: { arn: 'arn:aws:states:eu-central-1:111122223333:execution:byok-rotation:x', definitionSha256: 'd'.repeat(64), history: [] },
    decisionKeySpki: spkiOf(decisionKey.publicKey).toString('base64'),
    ...change,
  };
}

/** Seals as DSSE v1.0 says, written out by hand: an oracle beside the task that seals. */
function seal(p: RotationPredicate, key = dossierKey): Buffer {
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: `rotation/${p.rotationId}`, digest: { sha256: p.plan ? planDigest(p.plan) : p.retirePlan ? planDigest(p.retirePlan) : genesis } }],
    predicateType,
    predicate: p,
  };
  const payload = canonicalBytes(statement);
  const type = 'application/vnd.in-toto+json';
  const encoded = Buffer.concat([Buffer.from(`DSSEv1 28 ${type} ${payload.length} `), payload]);
  return canonicalBytes({
    payloadType: type,
    payload: payload.toString('base64'),
    signatures: [{ keyid: createHash('sha256').update(spkiOf(key.publicKey)).digest('hex'), sig: sign('sha256', encoded, key.privateKey).toString('base64') }],
  });
}

const named = (bytes: Buffer, name = 'd1.json') => ({ name, bytes });
const why = (act: () => unknown): string => {
  try {
    act();
    return 'nothing';
  } catch (error) {
    return (error as Error).message;
  }
};

test('a dossier that is right verifies', () => {
  expect(verifyDossier(named(seal(predicate())), trusted).rotationId).toBe(plan.rotationId);
});

const refusals: { name: string; file: () => Buffer; says: string }[] = [
  { name: 'signed by another key', file: () => seal(predicate(), generateKeyPairSync('ec', { namedCurve: 'P-256' })), says: 'which is not the one you trust' },
  { name: 'one approval too few', file: () => seal(predicate({}, [decision('alice')])), says: 'its decisions do not fill the rule' },
  { name: 'the requester among the approvers', file: () => seal(predicate({}, [decision('alice'), decision(plan.requestedBy)])), says: 'its decisions do not fill the rule' },
  { name: 'a decision on another plan', file: () => seal(predicate({}, [decision('alice'), decision('bob', { planDigest: 'e'.repeat(64) })])), says: 'the decision of bob is bound to another question' },
  { name: 'a decision after the deadline', file: () => seal(predicate({}, [decision('alice'), decision('bob', { decidedAt: '2026-12-01T14:30:01Z' })])), says: 'the decision of bob was not made while the question was open' },
  { name: 'a decision before the question', file: () => seal(predicate({}, [decision('alice', { decidedAt: '2026-11-24T14:29:59Z' }), decision('bob')])), says: 'the decision of alice was not made while the question was open' },
  { name: 'a decision that was edited', file: () => seal(predicate({}, [decision('alice'), { ...decision('bob'), reason: 'never' }])), says: 'the decision of bob does not carry a valid signature' },
  { name: 'an alias that nobody approved', file: () => seal(predicate({ cutoverPlan: { ...cutoverPlan, newKeyId: plan.oldKey.keyId } })), says: 'no approval of the cutover is bound to the plan' },
  { name: 'no approvals at all', file: () => seal(predicate({ approvals: [] })), says: 'no approval of the cutover is bound to the plan' },
  { name: 'a weaker rule than the plan demands', file: () => seal(predicate({ approvals: predicate().approvals.map((a) => ({ ...a, rule: { all: [{ group: 'security', count: 1 }] } })) })), says: 'no approval of the cutover is bound to the plan' },
  { name: 'white space added', file: () => Buffer.from(`${seal(predicate()).toString()}\n`), says: 'it is no DSSE envelope in canonical form' },
];

test.each(refusals)('refuses: $name', ({ file, says }) => {
  expect(why(() => verifyDossier(named(file()), trusted))).toContain(says);
});

const retirePlan: RetirePlan = {
  version: 1,
  stage: 'retire',
  rotationId: 'retire-payments-20271124T150000-0001',
  alias: plan.alias,
  keyId: plan.oldKey.keyId,
  arn: plan.oldKey.arn,
  spec: plan.oldKey.spec,
  usage: plan.oldKey.usage,
  origin: plan.oldKey.origin,
  policyDigest: 'c'.repeat(64),
  tags: { 'rota:retained-for': plan.rotationId },
  stoppedBefore: false,
  retainedFor: plan.rotationId,
  successorKeyId: newKeyId,
  usesOfLast90Days: [],
  evidenceComplete: true,
  denies: ['kms:Encrypt'],
  denySeconds: 2_592_000,
  watchSeconds: 7_776_000,
  breakGlassRoleArn: plan.breakGlassRoleArn,
  requestedBy: plan.requestedBy,
  reason: plan.reason,
  hazards: [],
  rule: plan.approvals.cutover,
  timeoutSeconds: 604_800,
  heartbeatSeconds: 259_200,
};

/** A retirement whose decisions are about this plan. */
function retirement(change: Partial<RotationPredicate> = {}, approved = retirePlan): RotationPredicate {
  const about = { stage: 'retire', planDigest: planDigest(approved) } as const;
  const whole = predicate({}, [decision('alice', about), decision('bob', about)]);
  const asked = { rotationId: retirePlan.rotationId, retirePlan, approvals: whole.approvals.map((a) => ({ ...a, ...about })) };
  const rest = Object.fromEntries(Object.entries(whole).filter(([field]) => field !== 'plan' && field !== 'cutoverPlan')) as RotationPredicate;
  return { ...rest, ...asked, ...change };
}

test('a retirement verifies: complete, and put back, with the approval of its plan', () => {
  for (const outcome of ['complete', 'rolled-back'] as const) expect(verifyDossier(named(seal(retirement({ outcome }))), trusted).outcome).toBe(outcome);
  for (const outcome of ['refused', 'failed'] as const) expect(verifyDossier(named(seal(retirement({ outcome, approvals: [] }))), trusted).outcome).toBe(outcome);
});

test.each<[string, RotationPredicate, string]>([
  ['without approval', retirement({ approvals: [] }), 'no approval of the retire is bound to the plan'],
  ['put back, without approval', retirement({ outcome: 'rolled-back', approvals: [] }), 'no approval of the retire is bound to the plan'],
  ['approved for another key', retirement({}, { ...retirePlan, keyId: newKeyId }), 'no approval of the retire is bound to the plan'],
  ['with the plan of a rotation beside', retirement({ plan }), 'it holds the plan of a rotation beside'],
])('refuses a retirement %s', (_, dossier, says) => {
  expect(why(() => verifyDossier(named(seal(dossier)), trusted))).toContain(says);
});

test('any changed bit is detected', () => {
  const whole = seal(predicate());
  fc.assert(
    fc.property(fc.integer({ min: 0, max: whole.length * 8 - 1 }), (bit) => {
      const spoiled = Buffer.from(whole);
      spoiled[bit >> 3] = (spoiled[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(why(() => verifyDossier(named(spoiled), trusted))).toContain('does not verify');
    }),
    { numRuns: 400 },
  );
});

function chain(length: number): { name: string; bytes: Buffer }[] {
  let previous: string = genesis;
  return Array.from({ length }, (_, i) => {
    const bytes = seal(predicate({ sequence: i + 1, previous }));
    previous = createHash('sha256').update(bytes).digest('hex');
    return named(bytes, `d${i + 1}.json`);
  });
}

test('a chain verifies in any order, and shows what is missing', () => {
  const files = chain(4);
  expect(verifyChain([...files].reverse(), trusted)).toHaveLength(4);
  for (const gone of [0, 1, 2])
    expect(why(() => verifyChain(files.filter((_, i) => i !== gone), trusted))).toBe(`Dossier number ${gone + 1} is missing from the chain.`);
  expect(why(() => verifyChain(files.slice(0, 3), trusted, 4))).toBe('Dossier number 4 is missing from the chain.');
});

test('a dossier put in the place of another breaks the chain', () => {
  const [first, , third] = chain(3);
  const other = named(seal(predicate({ sequence: 2, previous: 'f'.repeat(64) })), 'other.json');
  expect(why(() => verifyChain([first, other, third].filter((f) => f !== undefined), trusted))).toContain('it does not name the dossier before it');
});

const origin = 'https://rota.bank.example';
const alicesKey = new SoftPasskey();

/** Alice's decision by passkey; `answered` is what the passkey was asked, where that differs from what is recorded. */
function byPasskey(answered: Partial<DecisionStatement> = {}): Decision {
  const statement = decision('alice');
  const challenge = decisionChallenge({ ...statement, ...answered }, 'bm9uY2U').toString('base64url');
  const { authenticatorData, clientDataJSON, signature } = alicesKey.answer({ challenge, origin, rpId: 'rota.bank.example' }).response;
  return decision('alice', { passkey: { credentialId: alicesKey.credentialId, publicKeySpki: alicesKey.publicKeySpki, origin, rpId: 'rota.bank.example', nonce: 'bm9uY2U', authenticatorData, clientDataJson: clientDataJSON, signature } });
}

const sealedWith = (first: Decision) => named(seal(predicate({}, [first, decision('bob')])));
const known = { credentialId: alicesKey.credentialId, person: 'alice', publicKeySpki: alicesKey.publicKeySpki, enrolledAt: '2026-11-01T00:00:00Z' };

test('a decision by passkey verifies, and the dossier tells who decided by what', () => {
  const insisted: Insisted = { consoleOrigin: origin, passkeys: [known] };
  const deciders = decidersOf(verifyDossier(sealedWith(byPasskey()), trusted, insisted));
  expect(deciders.map(({ person, identity, credentialId }) => [person, identity, credentialId])).toEqual([['alice', 'passkey', alicesKey.credentialId], ['bob', 'iam', undefined]]);
});

test.each<[string, Decision, Insisted, string]>([
  ['that signed another decision', byPasskey({ decision: 'refuse' }), {}, 'the passkey of alice signed another decision'],
  ['that signed for another plan', byPasskey({ planDigest: 'e'.repeat(64) }), {}, 'the passkey of alice signed another decision'],
  ['of another console', byPasskey(), { consoleOrigin: 'https://console.bank.example' }, `signed at ${origin}, not at https://console.bank.example`],
  ['that nobody knows', byPasskey(), { passkeys: [] }, 'is not among the passkeys that you know'],
  ['of somebody else', byPasskey(), { passkeys: [{ ...known, person: 'bob' }] }, 'is another one than you know under its id'],
  ['with another public key', byPasskey(), { passkeys: [{ ...known, publicKeySpki: 'AAAA' }] }, 'is another one than you know under its id'],
  ['that was enrolled later', byPasskey(), { passkeys: [{ ...known, enrolledAt: '2026-11-25T00:00:00Z' }] }, 'before it was enrolled'],
  ['that was removed before', byPasskey(), { passkeys: [{ ...known, removedAt: '2026-11-20T00:00:00Z' }] }, 'after it was removed'],
])('refuses a passkey %s', (_, first, insisted, says) => {
  expect(why(() => verifyDossier(sealedWith(first), trusted, insisted))).toContain(says);
});

test('a dossier that names another requester than its plan, so that whoever asked could approve, is refused', () => {
  const mallory = predicate({ requestedBy: 'mallory' }, [decision('alice'), decision(plan.requestedBy)]);
  const approvals = mallory.approvals.map((a) => ({ ...a, requestedBy: 'mallory' }));
  expect(why(() => verifyDossier(named(seal({ ...mallory, approvals })), trusted))).toContain(`it says that mallory asked for it, but its plan says ${plan.requestedBy}`);
});

test('two approvals by one identity, under two names, fill one seat', () => {
  const again = decision('alicia', { arn: decision('alice').arn });
  expect(why(() => verifyDossier(named(seal(predicate({}, [decision('alice'), again]))), trusted))).toContain('its decisions do not fill the rule');
});
