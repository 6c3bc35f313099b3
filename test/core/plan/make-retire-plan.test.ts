import { describe, expect, test } from 'vitest';
import type { KeyFacts } from '../../../core/plan/key-facts.ts';
import { hasStop, withRetentionLock, withRetentionLockAjar, withStop } from '../../../core/plan/key-policy.ts';
import type { UsageEvidence } from '../../../core/plan/key-usage.ts';
import { leavesAnotherLook, makeRetirePlan, retainedFor, retireChanges, type RetainedBy } from '../../../core/plan/make-retire-plan.ts';
import { exampleFacts, exampleKey, examplePlan } from './example-plan.ts';

const plan = examplePlan();
const newKeyId = '22222222-2222-4222-8222-222222222222';
const kept: KeyFacts = { ...exampleFacts, aliases: [], tags: { 'rota:retained-for': plan.rotationId } };
const retainedBy: RetainedBy = { rotationId: plan.rotationId, alias: plan.alias, outcome: 'complete', plan, newKeyId };
const request = { rotationId: 'retire-payments-20271124T150000-0001', requestedBy: 'carol', reason: 'followed a year ago', requestedAt: '2027-11-24T15:00:00Z' };
const nowMs = Date.parse(request.requestedAt);
const day = 86_400_000;

const use = (person: string, operation: string, at: string, error?: string) => ({ operation, principal: `arn:aws:iam::111122223333:user/${person}`, at, ...(error === undefined ? {} : { error }) });
const quiet: UsageEvidence = { uses: [], complete: true };
const used: UsageEvidence = { lastUsage: { operation: 'Decrypt', at: '2027-11-20T10:00:00Z' }, uses: [use('app', 'Decrypt', '2027-11-20T10:00:00Z'), use('app', 'Decrypt', '2027-11-19T10:00:00Z')], complete: true };
const planned = (evidence = quiet, key: Partial<KeyFacts> = {}, by: Partial<RetainedBy> = {}, atMs = nowMs) =>
  makeRetirePlan(request, { key: { ...kept, ...key }, retainedBy: { ...retainedBy, ...by }, registered: exampleKey, evidence }, atMs);

const why = (act: () => unknown): string => {
  try {
    act();
    return 'nothing';
  } catch (error) {
    return (error as Error).message.replace(`Key ${exampleFacts.keyId} cannot be retired: `, '');
  }
};

test('only a key that a complete rotation put aside, and that nothing points to, can be retired', () => {
  expect(retainedFor(kept)).toBe(plan.rotationId);
  expect(why(() => retainedFor({ ...kept, keyManager: 'AWS' }))).toBe('it is an AWS managed key, which AWS alone disables.');
  expect(why(() => retainedFor({ ...kept, aliases: ['alias/a', 'alias/b'] }))).toBe('alias/a, alias/b still points to it: rotate that first.');
  for (const state of ['Disabled', 'PendingDeletion', 'PendingImport', 'Unavailable']) expect(why(() => retainedFor({ ...kept, state }))).toBe(`it is ${state}, and a retirement starts from an Enabled key.`);
  expect(why(() => retainedFor({ ...kept, tags: {} }))).toContain('it carries no tag rota:retained-for');
  for (const outcome of ['failed', 'refused', 'rolled-back']) expect(why(() => planned(quiet, {}, { outcome }))).toBe(`rotation ${plan.rotationId}, for which it is kept, did not complete.`);
  expect(why(() => planned(quiet, { keyId: newKeyId }))).toContain(`which put ${plan.oldKey.keyId} aside`);
});

test('the plan names what is denied, the rule of the registry, and who used the key', () => {
  const made = planned(used);
  expect(made).toMatchObject({
    alias: 'alias/payments',
    successorKeyId: newKeyId,
    denies: ['kms:Encrypt', 'kms:ReEncryptTo', 'kms:GenerateDataKey*'],
    denySeconds: 2_592_000,
    watchSeconds: 7_776_000,
    rule: exampleKey.approvals.cutover,
    stoppedBefore: false,
    usesOfLast90Days: [{ principal: 'arn:aws:iam::111122223333:user/app', operation: 'Decrypt', count: 2, lastAt: '2027-11-20T10:00:00Z' }],
  });
  expect(made.hazards.map((h) => h.code)).toEqual(['loss', 'used-lately', 'data-keys']);
  expect(planned({ uses: [], complete: false }).hazards.map((h) => h.code)).toEqual(['loss', 'evidence-incomplete', 'last-use-unknown', 'data-keys']);
});

test('a retirement that its year has no room for is refused', () => {
  const { denySeconds, watchSeconds } = exampleKey.retirement;
  const last = nowMs + 364 * day - (denySeconds + watchSeconds) * 1000;
  expect(leavesAnotherLook(exampleKey.retirement, request.requestedAt, 999, last)).toBe(true);
  expect(leavesAnotherLook(exampleKey.retirement, request.requestedAt, 1, last + 1000)).toBe(false);
  // With the shortest intervals its history is full before its year is over.
  expect(leavesAnotherLook(exampleKey.retirement, request.requestedAt, 1000, nowMs)).toBe(false);
  expect(why(() => planned(quiet, {}, {}, last + 1000))).toContain('too short for its intervals');
});

describe('what voids an approval', () => {
  test.each<[string, UsageEvidence, RegExp | undefined]>([
    ['nothing', used, undefined],
    ['more of the same', { ...used, lastUsage: { operation: 'Decrypt', at: '2027-11-24T14:00:00Z' }, uses: [use('app', 'Decrypt', '2027-11-24T14:00:00Z'), ...used.uses] }, undefined],
    ['what the 90 days leave behind', { ...used, uses: used.uses.slice(0, 1) }, undefined],
    ['another principal', { ...used, uses: [use('archive', 'Decrypt', '2027-11-24T14:00:00Z'), ...used.uses] }, /user\/archive has tried Decrypt with it at 2027-11-24T14:00:00Z/],
    ['another operation', { ...used, uses: [use('app', 'Encrypt', '2027-11-24T14:00:00Z'), ...used.uses] }, /user\/app has tried Encrypt/],
    ['a use that nobody can name', { ...used, lastUsage: { operation: 'Encrypt', at: '2027-11-24T14:00:00Z' } }, /it was used \(Encrypt\) at 2027-11-24T14:00:00Z/],
  ])('%s', (_, evidence, expected) => {
    const changes = retireChanges(planned(used), planned(evidence));
    if (expected === undefined) expect(changes).toEqual([]);
    else expect(changes).toEqual([expect.stringMatching(expected)]);
  });

  test('another policy, another rule', () => {
    const live = { ...planned(used, { policy: { Version: '2012-10-17', Statement: [] } }), rule: { all: [{ group: 'security', count: 1 }] } };
    expect(retireChanges(planned(used), live).map((c) => c.split(' ')[0])).toEqual(['policyDigest', 'rule']);
  });
});

test('the lock that is ajar lets a key be disabled, and nothing else; closed again it is as it was', () => {
  const arn = 'arn:aws:iam::111122223333:role/break-glass';
  const locked = withRetentionLock(kept.policy, arn);
  const ajar = withRetentionLockAjar(locked, arn);
  const denied = (policy: unknown) => (policy as { Statement: { Sid?: string; Action: string[] }[] }).Statement.find((s) => s.Sid === 'RotaRetention')?.Action;
  expect(denied(locked)).toEqual(['kms:ScheduleKeyDeletion', 'kms:DisableKey', 'kms:DeleteImportedKeyMaterial']);
  expect(denied(ajar)).toEqual(['kms:ScheduleKeyDeletion', 'kms:DeleteImportedKeyMaterial']);
  expect(withRetentionLock(ajar, arn)).toEqual(locked);
  expect([hasStop(locked), hasStop(withStop(locked, ['kms:Sign']))]).toEqual([false, true]);
});
