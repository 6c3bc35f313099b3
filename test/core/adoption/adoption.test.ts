import { expect, test } from 'vitest';
import { adoptionOf, adoptionOperations, type AdoptionFacts } from '../../../core/adoption/adoption.ts';
import type { TrailUse } from '../../../core/plan/key-usage.ts';
import { successorGrantName } from '../../../core/plan/make-plan.ts';

const arnOf = (keyId: string): string => `arn:aws:kms:eu-central-1:111122223333:key/${keyId}`;
const oldId = '11111111-1111-4111-8111-111111111111';
const newId = '22222222-2222-4222-8222-222222222222';
const oldKey = { keyId: oldId, arn: arnOf(oldId) };
const newKey = { keyId: newId, arn: arnOf(newId) };
const rotationId = 'payments-20261124T150000-0001';
const who = (name: string): string => `arn:aws:iam::111122223333:role/${name}`;

const use = (name: string, operation: string, named: TrailUse['named'], more: Partial<TrailUse> = {}): TrailUse => ({ operation, principal: who(name), at: '2026-12-01T10:00:00Z', keyArn: oldKey.arn, named, ...more });
const adoption = (uses: readonly TrailUse[], change: Partial<AdoptionFacts> = {}) =>
  adoptionOf({
    rotationId,
    alias: 'alias/payments',
    usage: 'ENCRYPT_DECRYPT',
    oldKey,
    newKey,
    cutoverAt: '2026-11-24T16:00:00Z',
    since: '2026-11-24T16:00:00Z',
    until: '2026-12-02T00:00:00Z',
    uses,
    complete: true,
    ownRequestIds: new Set(['ours']),
    aliases: [],
    grants: [],
    grantsMade: [],
    ...change,
  });
const short = (list: ReturnType<typeof adoption>['stillMaking']) => list.map(({ principal, operation, namedBy, count }) => [principal.split('/').at(-1), operation, namedBy, count]);

test('who makes, who only opens, who has moved, and who holds the ARN', () => {
  const found = adoption([
    use('batch', 'Encrypt', { keyId: oldKey.arn }),
    use('batch', 'Encrypt', { keyId: oldKey.arn }, { at: '2026-12-01T11:00:00Z' }),
    use('batch', 'Decrypt', {}),
    use('tool', 'GenerateDataKey', { keyId: oldId }),
    use('late', 'Encrypt', { keyId: 'alias/payments' }),
    use('archive', 'Decrypt', {}),
    use('pinned', 'Decrypt', { keyId: oldKey.arn }),
    use('app', 'Encrypt', { keyId: 'alias/payments' }, { keyArn: newKey.arn }),
    use('app', 'Decrypt', {}, { keyArn: newKey.arn }),
  ]);
  expect(short(found.stillMaking)).toEqual([['batch', 'Encrypt', 'arn', 2], ['late', 'Encrypt', 'alias', 1], ['tool', 'GenerateDataKey', 'key id', 1]]);
  expect(found.stillMaking[0]?.lastAt).toBe('2026-12-01T11:00:00Z');
  expect(short(found.onlyOpening)).toEqual([['archive', 'Decrypt', 'ciphertext', 1], ['pinned', 'Decrypt', 'arn', 1]]);
  expect(short(found.adopted)).toEqual([['app', 'Encrypt', 'alias', 1]]);
  expect(found.holdingOldKey).toEqual([who('batch'), who('tool')]);
});

test.each([
  ['to the new key through the alias it only opens', { sourceKeyId: oldKey.arn, destinationKeyId: 'alias/payments' }, [], 'arn', []],
  ['to the new key by its ARN it only opens', { destinationKeyId: newKey.arn }, [], 'ciphertext', []],
  ['to the old key by its ARN it makes', { destinationKeyId: oldKey.arn }, ['ReEncrypt'], 'arn', [who('mover')]],
  ['to the old key through an alias that leads to it, it makes', { destinationKeyId: 'arn:aws:kms:eu-central-1:111122223333:alias/other' }, ['ReEncrypt'], 'alias', []],
])('ReEncrypt: %s', (_, named, making, by, holding) => {
  const found = adoption([use('mover', 'ReEncrypt', named)], { aliases: ['alias/other'] });
  expect(found.stillMaking.map((u) => u.operation)).toEqual(making);
  expect([...found.stillMaking, ...found.onlyOpening].map((u) => u.namedBy)).toEqual([by]);
  expect(found.holdingOldKey).toEqual(holding);
});

test("the rotation's own proofs, and what came before the cutover, are nobody's use", () => {
  const found = adoption([use('rota', 'Encrypt', { keyId: oldId }, { requestId: 'ours' }), use('early', 'Encrypt', { keyId: oldId }, { at: '2026-11-24T16:00:00Z' })], {
    lastUsage: { operation: 'Encrypt', at: '2026-11-24T16:00:01Z', requestId: 'ours' },
  });
  expect([found.stillMaking, found.onlyOpening]).toEqual([[], []]);
});

test('a use that KMS knows and CloudTrail does not name is told; an attempt that was refused is one too; a service is named', () => {
  const found = adoption([use('s3-user', 'GenerateDataKey', { keyId: oldKey.arn }, { error: 'AccessDenied', through: 's3.amazonaws.com' })], { lastUsage: { operation: 'Encrypt', at: '2026-12-01T12:00:00Z' } });
  expect(found.stillMaking).toMatchObject([
    { principal: `${who('s3-user')} through s3.amazonaws.com`, error: 'AccessDenied' },
    { principal: 'somebody whom CloudTrail does not name', operation: 'Encrypt', namedBy: 'unknown' },
  ]);
});

test('signing keys: Sign makes, Verify opens', () => {
  expect(adoptionOperations('SIGN_VERIFY')).toEqual(['Sign', 'Verify']);
  const found = adoption([use('issuer', 'Sign', { keyId: oldId }), use('gateway', 'Verify', { keyId: oldKey.arn })], { usage: 'SIGN_VERIFY' });
  expect([short(found.stillMaking), short(found.onlyOpening)]).toEqual([[['issuer', 'Sign', 'key id', 1]], [['gateway', 'Verify', 'arn', 1]]]);
  expect(found.holdingOldKey).toEqual([who('issuer')]);
  expect(found.mind.at(-1)).toBe('Whoever verifies with a copy of the key does so unseen.');
});

test('grants are told with whether the rotation made them anew; evidence that does not reach back is incomplete', () => {
  const grants = [{ grantId: 'g1', granteePrincipal: who('app'), operations: ['Encrypt'] }, { grantId: 'g2', operations: ['Decrypt'] }];
  const found = adoption([], { grants, grantsMade: [successorGrantName(rotationId, 'g1')] });
  expect(found.grants.map((g) => [g.grantee, g.carriedOver])).toEqual([[who('app'), true], ['an AWS service', false]]);
  expect(found.evidenceComplete).toBe(true);
  expect(adoption([], { complete: false })).toMatchObject({ evidenceComplete: false });
  const late = adoption([], { since: '2027-01-01T00:00:00Z' });
  expect([late.evidenceComplete, late.mind.some((m) => m.startsWith('CloudTrail keeps 90 days: what came before 2027-01-01T00:00:00Z'))]).toEqual([false, true]);
});
