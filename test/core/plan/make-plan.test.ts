import { expect, test } from 'vitest';
import { planDigest, planChanges } from '../../../core/plan/plan.ts';
import { withRetentionLock, withoutRetentionLock, policyDifference } from '../../../core/plan/key-policy.ts';
import type { KeyFacts } from '../../../core/plan/key-facts.ts';
import { exampleFacts, examplePlan } from './example-plan.ts';

test('the same facts give the same digest, others another', () => {
  expect(planDigest(examplePlan())).toBe(planDigest(examplePlan()));
  expect(planDigest(examplePlan({ description: 'Other' }))).not.toBe(planDigest(examplePlan()));
});

test('carries tags over, but neither those of AWS nor those of an earlier rotation', () => {
  expect(examplePlan().successor.tags).toEqual({
    team: 'payments',
    'rota:rotation': 'payments-20261124T150000-0001',
    'rota:predecessor': exampleFacts.keyId,
  });
});

test('moves every alias of the old key', () => {
  expect(examplePlan().aliases).toEqual([
    { alias: 'alias/payments', from: exampleFacts.keyId },
    { alias: 'alias/payments-eu', from: exampleFacts.keyId },
  ]);
});

test('says what may break', () => {
  expect(examplePlan().hazards.map((h) => h.code)).toEqual(['arn-holders', 'old-ciphertext', 'grants-made-anew', 'cloudformation-drift', 'aws-tags', 'alias-authorization']);
});

const bytes: { spec: string; bytes: number }[] = [
  { spec: 'HMAC_224', bytes: 28 },
  { spec: 'HMAC_256', bytes: 32 },
  { spec: 'HMAC_384', bytes: 48 },
  { spec: 'HMAC_512', bytes: 64 },
];
test.each(bytes)('makes $bytes bytes for $spec', ({ spec, bytes: expected }) => {
  expect(examplePlan({ spec, usage: 'GENERATE_VERIFY_MAC' }).material?.bytes).toBe(expected);
});

test('an AWS_KMS key may change to imported material', () => {
  expect(examplePlan({ origin: 'AWS_KMS' }).successor.origin).toBe('EXTERNAL');
});

const refusals: { name: string; facts: Partial<KeyFacts>; error: string; says: string }[] = [
  { name: 'AWS managed', facts: { keyManager: 'AWS' }, error: 'AwsManagedKey', says: 'AWS rotates it every year by itself' },
  { name: 'RSA', facts: { spec: 'RSA_2048', usage: 'SIGN_VERIFY' }, error: 'MethodDoesNotFit', says: 'whoever uses its public key needs the new one first' },
  { name: 'pending deletion', facts: { state: 'PendingDeletion' }, error: 'KeyNotUsable', says: 'is PendingDeletion; a rotation starts from an Enabled key' },
  { name: 'pending import', facts: { state: 'PendingImport' }, error: 'KeyNotUsable', says: 'is PendingImport' },
  { name: 'multi-Region', facts: { multiRegion: true }, error: 'MethodDoesNotFit', says: 'single-Region keys only' },
  { name: 'a grant of an AWS service', facts: { grants: [{ grantId: 'g9', granteePrincipal: 'dynamodb.eu-central-1.amazonaws.com', operations: ['Decrypt'] }] }, error: 'GrantsNotCopyable', says: 'cannot be copied to a new key: g9' },
];
test.each(refusals)('refuses: $name', ({ facts, error, says }) => {
  let thrown: unknown;
  try {
    examplePlan(facts);
  } catch (e) {
    thrown = e;
  }
  expect(thrown).toMatchObject({ name: error });
  expect((thrown as Error).message).toContain(says);
});

test('the retention lock goes on once and comes off whole', () => {
  const arn = 'arn:aws:iam::111122223333:role/break-glass';
  const locked = withRetentionLock(exampleFacts.policy, arn);
  expect(withRetentionLock(locked, arn)).toEqual(locked);
  expect(withoutRetentionLock(locked)).toEqual(exampleFacts.policy);
  expect(policyDifference(exampleFacts.policy, locked).added).toHaveLength(1);
  expect(policyDifference(exampleFacts.policy, locked).removed).toEqual([]);
});

test('names what changed between two plans', () => {
  expect(planChanges(examplePlan(), examplePlan({ aliases: ['alias/payments'] }))).toHaveLength(2);
});
