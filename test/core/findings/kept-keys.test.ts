import { describe, expect, test } from 'vitest';
import type { Json } from '../../../core/canonical-json.ts';
import { failingKey, findingOfLock, keptKeys, withFindingsOfKept, withOwnersOfKept, type KeptKey } from '../../../core/findings/kept-keys.ts';
import type { FoundFinding } from '../../../core/findings/open-finding.ts';
import type { JudgedKey } from '../../../core/inventory/judge-key.ts';
import { withRetentionLock, withRetentionLockAjar } from '../../../core/plan/key-policy.ts';

const arn = 'arn:aws:kms:eu-central-1:111122223333:key/k1';
const breakGlass = 'arn:aws:iam::111122223333:role/break-glass';
const former = 'arn:aws:iam::111122223333:role/former';

describe('the old keys that the ledger says are kept', () => {
  type Ledger = Parameters<typeof keptKeys>[0];
  const rotation = (day: number, more: object) => ({ rotationId: `r${day}`, requestedAt: `2026-01-0${day}T00:00:00Z`, plan: { oldKey: { keyId: 'k1' }, breakGlassRoleArn: former }, ...more });
  const retirement = (day: number, more: object) => ({ rotationId: `r${day}`, requestedAt: `2026-01-0${day}T00:00:00Z`, retirePlan: { keyId: 'k1', breakGlassRoleArn: breakGlass }, ...more });
  const kept = (...ledger: object[]): KeptKey | undefined => keptKeys(ledger as unknown as Ledger).get('k1');
  const byRotation = { rotationId: 'r1', breakGlassRoleArns: [former], mayBeAjar: false, isRetired: false };

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
    { what: 'while a retirement disables it, or watches it Disabled', ledger: [rotation(1, { outcome: 'complete' }), retirement(2, { disablesAt: '2026-01-03T00:00:00Z' })], is: { ...byRotation, breakGlassRoleArns: [former, breakGlass], mayBeAjar: true, isRetired: true } },
    { what: 'while a retirement of the same second watches it', ledger: [retirement(1, { disablesAt: '2026-01-03T00:00:00Z' }), rotation(1, { outcome: 'complete' })], is: { ...byRotation, breakGlassRoleArns: [former, breakGlass], mayBeAjar: true, isRetired: true } },
    { what: 'when it has been retired', ledger: [rotation(1, { outcome: 'complete' }), retirement(2, { outcome: 'complete' })], is: { ...byRotation, breakGlassRoleArns: [former, breakGlass], isRetired: true } },
    { what: 'when a retirement has put it back', ledger: [rotation(1, { outcome: 'complete' }), retirement(2, { outcome: 'rolled-back', disablesAt: '2026-01-03T00:00:00Z' })], is: { ...byRotation, breakGlassRoleArns: [former, breakGlass] } },
    { what: 'retired, but put aside by nobody', ledger: [retirement(2, { outcome: 'complete' })], is: undefined },
  ])('$what', ({ ledger, is }) => expect(kept(...ledger)).toEqual(is));
});

describe('what is wrong with a kept key itself', () => {
  type Ledger = Parameters<typeof withFindingsOfKept>[2];
  const now = Date.UTC(2026, 5, 1);
  const rotation = { rotationId: 'r1', requestedAt: '2026-01-01T00:00:00Z', outcome: 'complete', plan: { oldKey: { keyId: 'k1' }, breakGlassRoleArn: breakGlass } };
  const retirement = (more: object) => ({ rotationId: 'r2', requestedAt: '2026-01-02T00:00:00Z', retirePlan: { keyId: 'k1', breakGlassRoleArn: breakGlass }, ...more });
  const look = (key: { state?: string; validToMs?: number; aliases?: string[]; tags?: object }, ledger: readonly object[] = [rotation], own: readonly FoundFinding[] = []): FoundFinding[] => {
    const { state = 'Enabled', validToMs, aliases = [], tags = {} } = key;
    const judged = { arn, key: { keyId: 'k1', aliases, tags, description: { state, validToMs } } } as unknown as JudgedKey;
    const fails = failingKey(judged, new Map([['alias/pay', { owner: 'payments' }]]), now);
    return withFindingsOfKept(own, fails === undefined ? [] : [fails], ledger as unknown as Ledger);
  };
  const inDays = (days: number): number => now + days * 86_400_000;
  const tagged = { tags: { 'rota:retained-for': 'r0' } };

  test.each<{ what: string; key: Parameters<typeof look>[0]; ledger?: object[]; is: string | undefined }>([
    { what: 'nothing, of one that works', key: {}, is: undefined },
    { what: 'its deletion, by the ledger', key: { state: 'PendingDeletion' }, is: 'retained-key-goes r1' },
    { what: 'its deletion once its replicas are gone', key: { state: 'PendingReplicaDeletion' }, is: 'retained-key-goes r1' },
    { what: 'its deletion, with a tag that says otherwise', key: { state: 'PendingDeletion', ...tagged }, is: 'retained-key-goes r1' },
    { what: 'its deletion, by the tag alone', key: { state: 'PendingDeletion', ...tagged }, ledger: [], is: 'retained-key-goes r0' },
    { what: 'its deletion after its retirement', key: { state: 'PendingDeletion' }, ledger: [rotation, retirement({ outcome: 'complete' })], is: 'retained-key-goes r1' },
    { what: 'no deletion of a key that is not kept', key: { state: 'PendingDeletion' }, ledger: [], is: undefined },
    { what: 'that somebody disabled it', key: { state: 'Disabled' }, is: 'retained-key-disabled r1' },
    { what: 'that somebody disabled it before its retirement did', key: { state: 'Disabled' }, ledger: [rotation, retirement({})], is: 'retained-key-disabled r1' },
    { what: 'not that its retirement disabled it', key: { state: 'Disabled' }, ledger: [rotation, retirement({ disablesAt: '2026-01-03T00:00:00Z' })], is: undefined },
    { what: 'that a retirement which failed has left it Disabled', key: { state: 'Disabled' }, ledger: [rotation, retirement({ disablesAt: '2026-01-03T00:00:00Z', outcome: 'failed' })], is: 'retained-key-disabled r1' },
    { what: 'not by the tag alone that it is Disabled: a retirement may have done that', key: { state: 'Disabled', ...tagged }, ledger: [], is: undefined },
    { what: 'that its material is gone', key: { state: 'PendingImport' }, is: 'no-material r1' },
    { what: 'that its material is gone after its retirement', key: { state: 'PendingImport' }, ledger: [rotation, retirement({ outcome: 'complete' })], is: 'no-material r1' },
    { what: 'that its material is gone, by the tag alone', key: { state: 'PendingImport', ...tagged }, ledger: [], is: 'no-material r0' },
    { what: 'nothing by a left-over tag of a key that an alias leads to', key: { state: 'PendingImport', aliases: ['alias/pay'], ...tagged }, ledger: [], is: undefined },
    { what: 'that its material expires in 30 days', key: { validToMs: inDays(30) }, is: 'material-expires r1' },
    { what: 'nothing about material that lasts', key: { validToMs: inDays(31) }, is: undefined },
    { what: 'that the material of a retired one expires', key: { state: 'Disabled', validToMs: inDays(3) }, ledger: [rotation, retirement({ outcome: 'complete' })], is: 'material-expires r1' },
  ])('$what', ({ key, ledger, is }) => {
    const [found, ...more] = look(key, ledger);
    expect(more).toEqual([]);
    expect(found === undefined ? undefined : `${found.name} ${found.keptFor ?? ''}`).toBe(is);
    if (found !== undefined) expect(found).toMatchObject({ about: arn, severity: 'high', sentence: expect.stringMatching(/^It is kept for what it made before rotation r\d, but .+\.$/) as string });
  });

  test('tells whose it is by the alias that leads to it, and types the Region of the key', () => {
    expect(look({ state: 'Disabled', aliases: ['alias/pay', 'alias/archive'] })).toMatchObject([{ owner: 'payments', aliases: ['alias/archive', 'alias/pay'], remedy: expect.stringContaining('`aws kms enable-key --key-id k1 --region eu-central-1`') as string }]);
  });
  test('stands in the place of what said the same, with its exception', () => {
    const own = (name: FoundFinding['name'], more: Partial<FoundFinding> = {}): FoundFinding => ({ name, about: arn, severity: 'high', sentence: 'It has none.', remedy: 'Import it.', ...more });
    expect(look({ state: 'PendingImport' }, [rotation], [own('no-material'), own('unregistered')]).map((f) => `${f.name} ${f.keptFor ?? ''}`)).toEqual(['no-material r1', 'unregistered ']);
    const excused = { owner: 'pat', reason: 'goes in May', until: '2026-12-31' };
    expect(look({ state: 'PendingImport' }, [rotation], [own('no-material', { excused })])).toMatchObject([{ keptFor: 'r1', excused }]);
  });
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
  const kept = (more: Partial<KeptKey> = {}): KeptKey => ({ rotationId: 'r1', breakGlassRoleArns: [breakGlass], mayBeAjar: false, isRetired: false, ...more });
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
