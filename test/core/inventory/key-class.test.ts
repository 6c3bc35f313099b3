import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canRotateItself, classOf } from '../../../core/inventory/key-class.ts';
import type { KeyDescription, ObservedKey } from '../../../core/inventory/observed-key.ts';

const symmetric: KeyDescription = { spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', origin: 'AWS_KMS', state: 'Enabled', createdMs: 0 };
const seen = (description: Partial<KeyDescription>, rest: Partial<ObservedKey> = {}): ObservedKey => ({ keyId: 'k', manager: 'CUSTOMER', aliases: [], tags: {}, description: { ...symmetric, ...description }, ...rest });
const off = { rotation: { enabled: false } };

test.each<[string, ObservedKey, object]>([
  ['rotation on', seen({}, { rotation: { enabled: true, periodDays: 90, nextMs: 5 } }), { class: 'rotates', periodDays: 90, nextMs: 5 }],
  ['on, of the time before periods', seen({}, { rotation: { enabled: true } }), { class: 'rotates', periodDays: 365 }],
  ['on and disabled', seen({ state: 'Disabled' }, { rotation: { enabled: true, periodDays: 365 } }), { class: 'rotates', periodDays: 365 }],
  ['rotation off', seen({}, off), { class: 'rotation-off' }],
  ['off and disabled', seen({ state: 'Disabled' }, off), { class: 'disabled' }],
  ['off, moving its primary Region', seen({ state: 'Updating', multiRegion: 'PRIMARY' }, off), { class: 'rotation-off' }],
  ['imported', seen({ origin: 'EXTERNAL' }), { class: 'manual', why: 'imported' }],
  ['imported, without its material', seen({ origin: 'EXTERNAL', state: 'PendingImport' }), { class: 'manual', why: 'imported' }],
  ['in CloudHSM', seen({ origin: 'AWS_CLOUDHSM' }), { class: 'manual', why: 'custom-store' }],
  ['outside AWS, store not connected', seen({ origin: 'EXTERNAL_KEY_STORE', state: 'Unavailable' }), { class: 'manual', why: 'custom-store' }],
  ['HMAC', seen({ spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC' }), { class: 'manual', why: 'hmac' }],
  ['HMAC, imported', seen({ spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC', origin: 'EXTERNAL' }), { class: 'manual', why: 'imported' }],
  ['RSA', seen({ spec: 'RSA_2048' }), { class: 'manual', why: 'asymmetric' }],
  ['ML-DSA', seen({ spec: 'ML_DSA_65', usage: 'SIGN_VERIFY' }), { class: 'manual', why: 'asymmetric' }],
  ['RSA, disabled', seen({ spec: 'RSA_2048', state: 'Disabled' }), { class: 'disabled' }],
  ['to be deleted', seen({ state: 'PendingDeletion', deletionMs: 7 }), { class: 'pending-deletion', deletionMs: 7 }],
  ['to be deleted after its replicas', seen({ state: 'PendingReplicaDeletion', multiRegion: 'PRIMARY' }), { class: 'pending-deletion' }],
  ['put aside', seen({ origin: 'EXTERNAL' }, { tags: { 'rota:retained-for': 'r1' } }), { class: 'retained', rotationId: 'r1' }],
  ['tagged so, but with an alias', seen({ origin: 'EXTERNAL' }, { tags: { 'rota:retained-for': 'r1' }, aliases: ['alias/x'] }), { class: 'manual', why: 'imported' }],
  ['AWS managed', { keyId: 'k', manager: 'AWS', aliases: [], tags: {} }, { class: 'aws-managed' }],
  ['of a spec to come', seen({ spec: 'LATTICE_9' }, off), { class: 'unknown', reason: 'this release knows no key spec LATTICE_9' }],
  ['of an origin to come', seen({ origin: 'MOON' }, off), { class: 'unknown', reason: 'this release knows no origin MOON' }],
  ['not described', { keyId: 'k', manager: 'CUSTOMER', aliases: [], tags: {}, unanswered: { operation: 'DescribeKey', error: 'AccessDeniedException' } }, { class: 'unknown', reason: 'DescribeKey ended with AccessDeniedException' }],
  ['status refused', seen({}, { unanswered: { operation: 'GetKeyRotationStatus', error: 'AccessDeniedException' } }), { class: 'unknown', reason: 'GetKeyRotationStatus ended with AccessDeniedException' }],
])('%s', (_, key, its) => expect(classOf(key)).toEqual(its));

const anyKey: fc.Arbitrary<ObservedKey> = fc.record(
  {
    keyId: fc.constant('k'),
    manager: fc.constantFrom('AWS' as const, 'CUSTOMER' as const),
    aliases: fc.constantFrom([], ['alias/x']),
    tags: fc.constantFrom({}, { 'rota:retained-for': 'r1' }),
    rotation: fc.record({ enabled: fc.boolean() }),
    unanswered: fc.record({ operation: fc.constantFrom('DescribeKey', 'GetKeyRotationStatus'), error: fc.constant('AccessDeniedException') }),
    description: fc.record(
      {
        spec: fc.constantFrom('SYMMETRIC_DEFAULT', 'HMAC_256', 'RSA_2048', 'ECC_NIST_P256', 'ML_KEM_768', 'SM2', 'LATTICE_9'),
        usage: fc.constantFrom('ENCRYPT_DECRYPT', 'SIGN_VERIFY', 'GENERATE_VERIFY_MAC', 'KEY_AGREEMENT', 'ENCAPSULATE_DECAPSULATE'),
        origin: fc.constantFrom('AWS_KMS', 'EXTERNAL', 'AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE', 'MOON'),
        state: fc.constantFrom('Enabled', 'Disabled', 'PendingDeletion', 'PendingReplicaDeletion', 'PendingImport', 'Creating', 'Updating', 'Unavailable', 'Dreaming'),
        createdMs: fc.constant(0),
        multiRegion: fc.constantFrom('PRIMARY' as const, 'REPLICA' as const),
      },
      { requiredKeys: ['spec', 'usage', 'origin', 'state', 'createdMs'] },
    ),
  },
  { requiredKeys: ['keyId', 'manager', 'aliases', 'tags'] },
);

test('"rotation off" is said of an enabled symmetric key of KMS with the answer false, and of no other', () => {
  fc.assert(
    fc.property(anyKey, (key) => {
      if (classOf(key).class !== 'rotation-off') return;
      expect(key).toMatchObject({ manager: 'CUSTOMER', rotation: { enabled: false }, description: { spec: 'SYMMETRIC_DEFAULT', origin: 'AWS_KMS' } });
      expect(['Disabled', 'PendingDeletion', 'PendingReplicaDeletion']).not.toContain(key.description?.state);
    }),
    { numRuns: 2000 },
  );
});

test('no question for a key that cannot say yes', () => {
  fc.assert(
    fc.property(anyKey, ({ description }) => {
      if (description === undefined || !canRotateItself(description)) return;
      expect(description).toMatchObject({ spec: 'SYMMETRIC_DEFAULT', origin: 'AWS_KMS', usage: 'ENCRYPT_DECRYPT' });
      expect(['PendingDeletion', 'PendingReplicaDeletion', 'Unavailable', 'PendingImport']).not.toContain(description.state);
    }),
    { numRuns: 2000 },
  );
});
