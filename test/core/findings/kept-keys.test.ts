import { describe, expect, test } from 'vitest';
import type { Json } from '../../../core/canonical-json.ts';
import { findingOfLock, keptKeys, withOwnersOfKept, type KeptKey } from '../../../core/findings/kept-keys.ts';
import { withRetentionLock, withRetentionLockAjar } from '../../../core/plan/key-policy.ts';

const arn = 'arn:aws:kms:eu-central-1:111122223333:key/k1';
const breakGlass = 'arn:aws:iam::111122223333:role/break-glass';
const former = 'arn:aws:iam::111122223333:role/former';

describe('the old keys that the ledger says are kept', () => {
  type Ledger = Parameters<typeof keptKeys>[0];
  const rotation = (day: number, more: object) => ({ rotationId: `r${day}`, requestedAt: `2026-01-0${day}T00:00:00Z`, plan: { oldKey: { keyId: 'k1' }, breakGlassRoleArn: former }, ...more });
  const retirement = (day: number, more: object) => ({ rotationId: `r${day}`, requestedAt: `2026-01-0${day}T00:00:00Z`, retirePlan: { keyId: 'k1', breakGlassRoleArn: breakGlass }, ...more });
  const kept = (...ledger: object[]): KeptKey | undefined => keptKeys(ledger as unknown as Ledger).get('k1');
  const byRotation = { rotationId: 'r1', breakGlassRoleArns: [former], mayBeAjar: false };

  test.each([
    { what: 'after a rotation', ledger: [rotation(1, { outcome: 'complete' })], is: byRotation },
    { what: 'while the rotation runs', ledger: [rotation(1, {})], is: undefined },
    { what: 'while the rotation runs on, but has locked it', ledger: [rotation(1, { keptAt: '2026-01-01T01:00:00Z' })], is: byRotation },
    { what: 'locked by a rotation that then went the way back', ledger: [rotation(1, { keptAt: '2026-01-01T01:00:00Z', outcome: 'failed' })], is: undefined },
    { what: 'locked by a rotation that was put back while the key drained', ledger: [rotation(1, { keptAt: '2026-01-01T01:00:00Z', outcome: 'rolled-back' })], is: undefined },
    { what: 'after a rotation without effect', ledger: [rotation(1, { outcome: 'failed' })], is: undefined },
    { what: 'put back after it', ledger: [rotation(1, { outcome: 'complete', rolledBackBy: 'r2' })], is: undefined },
    { what: 'put back by a plan that is no rotation', ledger: [rotation(1, { outcome: 'rolled-back', plan: { stage: 'rollback' } })], is: undefined },
    { what: 'rotated away again after it was put back', ledger: [rotation(3, { outcome: 'complete' }), rotation(1, { outcome: 'complete', rolledBackBy: 'r2' })], is: { ...byRotation, rotationId: 'r3' } },
    { what: 'while it is retired', ledger: [rotation(1, { outcome: 'complete' }), retirement(2, {})], is: { ...byRotation, breakGlassRoleArns: [former, breakGlass], mayBeAjar: true } },
    { what: 'when it has been retired', ledger: [rotation(1, { outcome: 'complete' }), retirement(2, { outcome: 'complete' })], is: { ...byRotation, breakGlassRoleArns: [former, breakGlass] } },
    { what: 'retired, but put aside by nobody', ledger: [retirement(2, { outcome: 'complete' })], is: undefined },
  ])('$what', ({ ledger, is }) => expect(kept(...ledger)).toEqual(is));
});

describe('who answers for a kept key', () => {
  type Ledger = Parameters<typeof withOwnersOfKept>[1];
  const rotation = { rotationId: 'r1', plan: { alias: 'alias/pay', owner: 'then', aliases: [{ alias: 'alias/cards' }, { alias: 'alias/pay' }] } };
  const rollback = { rotationId: 'r2', plan: { stage: 'rollback' } };
  const found = { name: 'retained-key-goes', severity: 'high', sentence: 'It goes.', remedy: 'Cancel it.', about: arn } as const;
  const ownerOf = (one: object, registered: readonly [string, string][]) =>
    withOwnersOfKept([{ ...found, ...one }], [rollback, rotation] as unknown as Ledger, new Map(registered.map(([alias, owner]) => [alias, { owner }])))[0]?.owner;

  test.each<{ what: string; one: object; registered: [string, string][]; is: string | undefined }>([
    { what: 'the owner of its alias', one: { keptFor: 'r1' }, registered: [['alias/cards', 'cards'], ['alias/pay', 'payments']], is: 'payments' },
    { what: 'the owner of another alias that its rotation moved', one: { keptFor: 'r1' }, registered: [['alias/cards', 'cards'], ['alias/other', 'others']], is: 'cards' },
    { what: 'who did when it was put aside, where the registry has no alias of it any more', one: { keptFor: 'r1' }, registered: [['alias/other', 'others']], is: 'then' },
    { what: 'the owner of the alias that leads to it again', one: { keptFor: 'r1', owner: 'others' }, registered: [['alias/pay', 'payments']], is: 'others' },
    { what: 'nobody, after a rotation that the ledger does not know', one: { keptFor: 'r9' }, registered: [['alias/pay', 'payments']], is: undefined },
    { what: 'nobody, after a rollback', one: { keptFor: 'r2' }, registered: [['alias/pay', 'payments']], is: undefined },
    { what: 'nobody, of a key that is not kept', one: {}, registered: [['alias/pay', 'payments']], is: undefined },
  ])('$what', ({ one, registered, is }) => expect(ownerOf(one, registered)).toBe(is));
});

describe('the lock of a kept key', () => {
  const allow = { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'kms:*', Resource: '*' };
  const bare: Json = { Version: '2012-10-17', Statement: [allow] };
  const lock = { Effect: 'Deny', Principal: '*', Action: ['kms:ScheduleKeyDeletion', 'kms:DisableKey', 'kms:DeleteImportedKeyMaterial'], Resource: '*', Condition: { ArnNotEquals: { 'aws:PrincipalArn': breakGlass } } };
  const kept = (more: Partial<KeptKey> = {}): KeptKey => ({ rotationId: 'r1', breakGlassRoleArns: [breakGlass], mayBeAjar: false, ...more });
  const says = (policy: Json, key: KeptKey = kept()): string | undefined => findingOfLock(arn, key, { answer: policy })?.sentence;
  const written = (...statements: Json[]): Json => ({ Version: '2012-10-17', Statement: [allow, ...statements] });
  const lacks = (actions: string): string => `It is kept for what it made before rotation r1, but its policy no longer denies ${actions} to all but ${breakGlass}.`;
  const all = lacks('kms:ScheduleKeyDeletion, kms:DisableKey, kms:DeleteImportedKeyMaterial');

  test.each<{ what: string; policy: Json; is: string | undefined }>([
    { what: 'as Rota puts it', policy: withRetentionLock(bare, breakGlass), is: undefined },
    { what: 'in other words that say the same', policy: written(...lock.Action.map((Action) => ({ ...lock, Sid: 'mine', Action, Principal: { AWS: ['*'] }, Condition: { ArnNotEquals: { 'aws:PrincipalArn': [breakGlass] } } }))), is: undefined },
    { what: 'gone', policy: bare, is: all },
    { what: 'that lets another role through', policy: withRetentionLock(bare, former), is: all },
    { what: 'that lets two roles through', policy: written({ ...lock, Condition: { ArnNotEquals: { 'aws:PrincipalArn': [breakGlass, former] } } }), is: all },
    { what: 'that holds on a condition more', policy: written({ ...lock, Condition: { ...lock.Condition, StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } } }), is: all },
    { what: 'for one principal only', policy: written({ ...lock, Principal: { AWS: former } }), is: all },
    { what: 'that lacks its resource, which makes it void', policy: written({ ...lock, Resource: 'arn:aws:kms:*:*:alias/x' }), is: all },
    { what: 'that allows', policy: written({ ...lock, Effect: 'Allow' }), is: all },
    { what: 'that lacks an action', policy: written({ ...lock, Action: lock.Action.slice(0, 2) }), is: lacks('kms:DeleteImportedKeyMaterial') },
    { what: 'ajar', policy: withRetentionLockAjar(bare, breakGlass), is: lacks('kms:DisableKey') },
  ])('$what', ({ policy, is }) => expect(says(policy)).toBe(is));

  test('ajar is as it should be while a retirement disables the key, and gone is not', () => {
    expect(says(withRetentionLockAjar(bare, breakGlass), kept({ mayBeAjar: true }))).toBeUndefined();
    expect(says(bare, kept({ mayBeAjar: true }))).toBe(lacks('kms:ScheduleKeyDeletion, kms:DeleteImportedKeyMaterial'));
  });
  test('of a retirement since, with another role, is one too', () => {
    expect(says(withRetentionLock(bare, breakGlass), kept({ breakGlassRoleArns: [former, breakGlass] }))).toBeUndefined();
  });
  test('that nobody may read is a finding of its own; of a key that is gone there is none', () => {
    const unanswered = (error: string) => findingOfLock(arn, kept(), { unanswered: { operation: 'GetKeyPolicy', error } });
    expect(unanswered('AccessDeniedException')).toMatchObject({ name: 'unreadable', about: arn, sentence: 'Whether it still has its retention lock cannot be told: GetKeyPolicy ended with AccessDeniedException.' });
    expect(unanswered('NotFoundException')).toBeUndefined();
  });
});
