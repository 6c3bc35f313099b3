import { describe, expect, test } from 'vitest';
import { dueStart, mayBeDue } from '../../../core/findings/due-start.ts';
import { expectationOf, expectedByLedger } from '../../../core/findings/expected-aliases.ts';
import { KeyEvent, subjectOf } from '../../../core/findings/key-event.ts';
import { keyFacts, repairFacts, type KeyLine } from '../../../core/findings/key-line.ts';
import type { FoundFinding, OpenFinding } from '../../../core/findings/open-finding.ts';
import { reconcile } from '../../../core/findings/reconcile.ts';
import type { KpiFact } from '../../../core/kpi/facts.ts';
import type { RollbackPlan } from '../../../core/plan/plan.ts';
import { addFacts, noFacts } from '../../../core/kpi/tally.ts';

const dayMs = 86_400_000;
const start = Date.UTC(2026, 0, 1);
const day = (n: number): string => new Date(start + n * dayMs).toISOString();

describe('what a look changes', () => {
  const found = (about: string, more: Partial<FoundFinding> = {}): FoundFinding => ({ name: 'rotation-off', about, severity: 'medium', sentence: 'It is off.', remedy: 'Switch it on.', ...more });
  const open = (about: string, more: Partial<OpenFinding> = {}): OpenFinding => ({ ...found(about), place: 'p', openedAt: day(1), seenBy: 'sweep 1', ...more });
  const excused = { owner: 'pat', reason: 'goes in May', until: '2026-05-31' };

  test('opens what is new, closes what is over, leaves the rest', () => {
    const { opens, closes, rewords } = reconcile([found('a'), found('b')], [open('b'), open('c')], day(2));
    expect(opens.map((f) => f.about)).toEqual(['a']);
    expect(closes).toEqual([{ finding: open('c'), because: 'it is so no more', isExcused: false }]);
    expect(rewords).toEqual([]);
  });
  test('another finding about the same key is another finding', () => {
    expect(reconcile([found('a', { name: 'overdue' })], [open('a')], day(2))).toMatchObject({ opens: [{ name: 'overdue' }], closes: [{ finding: { name: 'rotation-off' } }] });
  });
  test('an exception opens nothing, and closes what is open, by its name', () => {
    expect(reconcile([found('a', { excused })], [], day(2))).toEqual({ opens: [], closes: [], rewords: [], reminds: [] });
    expect(reconcile([found('a', { excused })], [open('a')], day(2)).closes).toEqual([{ finding: open('a'), because: 'pat has an exception until 2026-05-31: goes in May', isExcused: true }]);
  });
  test('an owner is reminded of what is still so, each week', () => {
    const owned = found('a', { owner: 'payments-owners' });
    const reminds = (n: number, more: Partial<OpenFinding> = {}, now = owned) => reconcile([now], [open('a', { owner: 'payments-owners', ...more })], day(n)).reminds.length;
    expect([2, 7, 8, 9].map((n) => reminds(n))).toEqual([0, 0, 1, 1]);
    expect([9, 14, 15].map((n) => reminds(n, { remindedAt: day(8) }))).toEqual([0, 0, 1]);
    expect(reminds(9, {}, found('a', { owner: 'payments-owners', excused }))).toBe(0);
    expect(reconcile([found('a')], [open('a')], day(9)).reminds).toEqual([]);
  });
  test('the same in other words is reworded, and keeps its age', () => {
    expect(reconcile([found('a', { sentence: 'It is still off.' })], [open('a')], day(2)).rewords).toEqual([open('a', { sentence: 'It is still off.' })]);
    expect(reconcile([found('a', { remedy: 'Switch it on elsewhere.' })], [open('a')], day(2)).rewords).toEqual([open('a', { remedy: 'Switch it on elsewhere.' })]);
  });
});

describe('where an alias should lead', () => {
  const rotation = (n: number, more: object) => ({ rotationId: `r${n}`, requestedAt: day(n), cutoverPlan: { aliases: [{ alias: 'alias/a' as const, from: `k${n}`, to: `k${n + 1}` }] }, ...more });
  const rollback = { stage: 'rollback', aliases: [{ alias: 'alias/a', from: 'k2', to: 'k1' }] } as unknown as RollbackPlan;
  const keyOf = (rotations: Parameters<typeof expectedByLedger>[0], remembered = {}) => expectationOf('alias/a', expectedByLedger(rotations), remembered)?.keyId;
  const accepted = (n: number) => ({ 'alias/a': { keyId: 'k9', at: day(n), because: 'pat accepted it' } });

  test.each([
    { what: 'nobody knows it', rotations: [], keyId: undefined },
    { what: 'after a rotation', rotations: [rotation(1, { outcome: 'complete' })], keyId: 'k2' },
    { what: 'after a rotation that failed', rotations: [rotation(1, { outcome: 'complete' }), rotation(2, { outcome: 'failed' })], keyId: 'k2' },
    { what: 'after a rollback', rotations: [rotation(1, { outcome: 'complete', rolledBackBy: 'r2' })], keyId: 'k1' },
    { what: 'while a rotation moves it', rotations: [rotation(1, { outcome: 'complete' }), rotation(2, {})], keyId: undefined },
    { what: 'after one that has switched and waits for its old key to be quiet', rotations: [rotation(1, { outcome: 'complete' }), rotation(2, { quiet: { met: false, lookedAt: day(3), overdueAt: day(9), because: 'app uses it' } })], keyId: 'k3' },
    { what: 'while a rollback moves it back', rotations: [rotation(1, { outcome: 'complete' }), { rotationId: 'r2', requestedAt: day(2), plan: rollback }], keyId: undefined },
    { what: 'after a rollback that came to nothing', rotations: [rotation(1, { outcome: 'complete' }), { rotationId: 'r2', requestedAt: day(2), plan: rollback, outcome: 'failed' }], keyId: 'k2' },
    { what: 'whatever the order of the ledger', rotations: [rotation(2, { outcome: 'complete' }), rotation(1, { outcome: 'complete' })], keyId: 'k3' },
  ])('$what', ({ rotations, keyId }) => expect(keyOf(rotations)).toBe(keyId));

  test('the later of a rotation and an acceptance counts', () => {
    expect(keyOf([rotation(1, { outcome: 'complete' })], accepted(2))).toBe('k9');
    expect(keyOf([rotation(3, { outcome: 'complete' })], accepted(2))).toBe('k4');
    // Asked for before, carried out after; and the rollback of one.
    expect(keyOf([rotation(1, { outcome: 'complete', switchedAt: day(3) })], accepted(2))).toBe('k2');
    expect(keyOf([rotation(1, { outcome: 'complete', switchedAt: day(1), rolledBackBy: 'r2' }), { rotationId: 'r2', requestedAt: day(1), switchedAt: day(3), outcome: 'rolled-back' }], accepted(2))).toBe('k1');
    expect(keyOf([rotation(1, { outcome: 'complete', switchedAt: day(2) })], accepted(3))).toBe('k9');
  });
});

describe('the keys that may be due', () => {
  const key = (alias: string, cryptoperiodDays = 365) => ({ alias, method: 'new-key', schedule: { cryptoperiodDays, warningDays: 30 } });
  const now = start + 400 * dayMs;
  const swept = { sweptAt: day(399), sinceAtOfAlias: { 'alias/old': day(10), 'alias/older': day(5), 'alias/young': day(100), 'alias/short': day(100) } };
  const names = (sweptNow: typeof swept | undefined, nowMs = now) => mayBeDue([key('alias/young'), key('alias/old'), key('alias/new'), key('alias/older'), key('alias/short', 300)], sweptNow, nowMs).map(({ key: { alias }, sweptMs }) => [alias, sweptMs]);

  test('those of which the last sweep does not tell, then those that it saw due, the longest overdue first', () => {
    expect(names(swept)).toEqual([['alias/new', undefined], ['alias/older', start + 5 * dayMs], ['alias/old', start + 10 * dayMs], ['alias/short', start + 100 * dayMs]]);
  });

  test('all of them before the first sweep, and two days after the last', () => {
    const all = ['alias/young', 'alias/old', 'alias/new', 'alias/older', 'alias/short'].map((alias) => [alias, undefined]);
    expect(names(undefined)).toEqual(all);
    expect(names(swept, start + 401 * dayMs)).toEqual(all);
  });

  test('an alias with the name of something that every object has', () => {
    expect(mayBeDue([key('constructor')], swept, now)).toEqual([{ key: key('constructor') }]);
  });
});

describe('the rotation that the schedule starts', () => {
  const key = { alias: 'alias/pay/ledger', method: 'new-key', schedule: { cryptoperiodDays: 365, warningDays: 30, starts: 'when-due' as const } };
  const past = (n: number, outcome?: string) => ({ rotationId: `r${n}`, alias: key.alias, workflow: 'byok-rotation', requestedAt: day(n), ...(outcome === undefined ? {} : { outcome }) });
  const at = (n: number): number => start + n * dayMs;

  test.each([
    { what: 'a day too early', ledger: [], now: 334, id: undefined },
    { what: 'when its warning begins', ledger: [], now: 335, id: 'pay-ledger-af1e2b34-s1' },
    { what: 'while one runs', ledger: [past(335)], now: 336, id: undefined },
    { what: 'by its serial, after others', ledger: [past(-400, 'complete'), past(-30, 'complete')], now: 335, id: 'pay-ledger-af1e2b34-s3' },
    { what: 'not at once after one without effect', ledger: [past(335, 'refused')], now: 341, id: undefined },
    { what: 'again a week after one without effect', ledger: [past(335, 'refused')], now: 342, id: 'pay-ledger-af1e2b34-s2' },
    { what: 'retirements and rollbacks are no rotations of it', ledger: [{ ...past(335), workflow: 'retire' }], now: 336, id: 'pay-ledger-af1e2b34-s1' },
  ])('$what: $id', ({ ledger, now, id }) => expect(dueStart(key, ledger, start, at(now))).toBe(id));

  test('a key that people start is left to them', () => {
    expect(dueStart({ ...key, schedule: { ...key.schedule, starts: 'by-hand' } }, [], start, at(900))).toBeUndefined();
  });
});

describe('what an event is about', () => {
  const keyId = '1234abcd-12ab-34cd-56ef-1234567890ab';
  const arn = `arn:aws:kms:eu-central-1:111122223333:key/${keyId}`;
  const event = (type: string, detail: object, resources: string[] = []): KeyEvent => KeyEvent.parse({ version: '0', id: 'e1', account: '111122223333', region: 'eu-central-1', 'detail-type': type, source: 'aws.kms', time: day(1), resources, detail });
  const call = (detail: object) => subjectOf(event('AWS API Call via CloudTrail', { eventName: 'UpdateAlias', userIdentity: { arn: 'arn:aws:iam::111122223333:user/mallory' }, ...detail }));

  test('a call, with its keys, its alias and who made it', () => {
    expect(call({ requestParameters: { aliasName: 'alias/a' }, resources: [{ ARN: arn, type: 'AWS::KMS::Key' }] })).toEqual({ keyIds: [keyId], aliases: ['alias/a'], seenBy: 'event UpdateAlias e1 by arn:aws:iam::111122223333:user/mallory' });
  });
  test('a call that failed is about nothing', () => expect(call({ errorCode: 'AccessDenied', resources: [{ ARN: arn }] })).toBeUndefined());
  test('an event of KMS itself', () => {
    expect(subjectOf(event('KMS CMK Deletion', { 'key-id': keyId }, [arn]))).toEqual({ keyIds: [keyId], aliases: [], seenBy: 'event KMS CMK Deletion e1' });
    expect(subjectOf(event('KMS Imported Key Material Expiration', { 'key-id': 'mrk-1234abcd12ab34cd56ef1234567890ab' }))?.keyIds).toEqual(['mrk-1234abcd12ab34cd56ef1234567890ab']);
  });
  test('the end of a rotation, with its keys and aliases', () => {
    const ended = event('Rota Rotation Ended', { rotationId: 'a-s1', alias: 'alias/a', requestedBy: 'carol', outcome: 'complete', keyIds: [keyId, keyId.replace('1', '5')], aliases: ['alias/a', 'alias/b'] });
    expect(subjectOf(ended)).toEqual({ keyIds: [keyId, keyId.replace('1', '5')], aliases: ['alias/a', 'alias/b'], seenBy: 'event Rota Rotation Ended e1' });
  });
  test('an alias ARN is no key', () => expect(call({ resources: [{ ARN: 'arn:aws:kms:eu-central-1:111122223333:alias/a' }] })?.keyIds).toEqual([]));
});

test('the KPIs learn of keys that stand otherwise and of keys that are gone, and of no others', () => {
  const line = (keyId: string, more: Partial<KeyLine> = {}): KeyLine => ({ keyId, rotation: 'off', retained: false, standing: 'finding', class: 'rotation-off', aliases: [], ...more });
  const before = new Map(['same', 'mended', 'gone'].map((id) => [id, line(id)]));
  const facts = keyFacts(before, [line('same', { aliases: ['alias/new'] }), line('mended', { rotation: 'on' }), line('new')], (id) => `arn/${id}`, day(2));
  expect(facts.map((f) => ('keyArn' in f ? `${f.fact} ${f.keyArn}` : f.fact))).toEqual(['key-seen arn/mended', 'key-seen arn/new', 'key-gone arn/gone']);
});

test('a sweep puts right what an event told and a missed event undid, and nothing that was told since it began', () => {
  const line = (keyId: string, rotation: KeyLine['rotation']): KeyLine => ({ keyId, rotation, retained: false, standing: 'in-order', class: 'rotates', aliases: [] });
  const seen = (keyArn: string, on: number, rotation: KeyLine['rotation']): KpiFact => ({ fact: 'key-seen', at: day(on), keyArn, rotation, retained: false });
  const told = addFacts(noFacts, [seen('here/mended', 1, 'off'), seen('here/same', 1, 'on'), seen('here/later', 3, 'off'), seen('here/gone', 1, 'on'), { fact: 'key-gone', at: day(1), keyArn: 'here/gone before' }, { fact: 'key-gone', at: day(1), keyArn: 'here/back' }, seen('there/other', 1, 'off')]);
  const lines = [line('mended', 'on'), line('same', 'on'), line('later', 'on'), line('back', 'on')];
  expect(repairFacts(told.keys, { lines, prefix: 'here/', sweptAt: day(2) })).toEqual([seen('here/mended', 2, 'on'), { fact: 'key-gone', at: day(2), keyArn: 'here/gone' }, seen('here/back', 2, 'on')]);
});
