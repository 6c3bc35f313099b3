import assert from 'node:assert/strict';
import { KeyState } from '@aws-sdk/client-kms';
import { describe, test } from 'vitest';
import { callAllowed, usableAliasTarget, type RotaCall } from '../../../core/key/key-state.ts';

// AWS KMS Developer Guide, "key-state" (aws-facts 1.3): the states that take the call, in words
const usable = 'Enabled Updating';
const always = 'Enabled Disabled PendingDeletion PendingReplicaDeletion PendingImport Creating Updating';
const notWhenDeleted = 'Enabled Disabled PendingImport Creating Updating';
const takenIn: Record<RotaCall, string> = {
  Encrypt: usable, Decrypt: usable, ReEncrypt: usable, GenerateDataKey: usable, GenerateDataKeyWithoutPlaintext: usable,
  Sign: usable, Verify: usable, GenerateMac: usable, VerifyMac: usable, DeriveSharedSecret: usable, Encapsulate: usable, Decapsulate: usable,
  CreateGrant: usable,
  GetPublicKey: 'Enabled Disabled PendingImport Updating',
  DescribeKey: always, GetKeyPolicy: always, PutKeyPolicy: always, ListAliases: always, ListGrants: always, ListResourceTags: always, RetireGrant: always,
  CreateAlias: notWhenDeleted, UpdateAlias: notWhenDeleted, TagResource: notWhenDeleted, UntagResource: notWhenDeleted, UpdateKeyDescription: notWhenDeleted,
  EnableKey: 'Enabled Disabled',
  DisableKey: 'Enabled Disabled',
  EnableKeyRotation: usable,
  GetKeyRotationStatus: 'Enabled Disabled PendingDeletion PendingReplicaDeletion Creating Updating',
  ListKeyRotations: always,
  RotateKeyOnDemand: usable,
  GetParametersForImport: 'Enabled Disabled PendingImport',
  ImportKeyMaterial: 'Enabled Disabled PendingImport Updating',
  DeleteImportedKeyMaterial: 'Enabled Disabled PendingDeletion PendingReplicaDeletion PendingImport',
};

describe('the calls that KMS takes', () => {
  for (const [call, states] of Object.entries(takenIn) as [RotaCall, string][])
    test(`${call}: ${states}`, () => {
      const confirmed = Object.values(KeyState).filter((state) => state !== 'Unavailable'); // custom key stores: unconfirmed
      const taken = confirmed.filter((state) => callAllowed(call, state).verdict === 'yes');
      assert.deepEqual(taken.sort(), states.split(' ').sort());
    });

  test('a key whose store is not connected is described, but not used', () => {
    assert.equal(callAllowed('DescribeKey', 'Unavailable').verdict, 'yes');
    assert.deepEqual(callAllowed('Encrypt', 'Unavailable'), { verdict: 'no', reason: 'the custom key store of the key is not connected' });
  });

  test('a state that is not known is a no', () =>
    assert.deepEqual(callAllowed('DescribeKey', 'Sleeping'), { verdict: 'no', reason: 'this release knows no key state Sleeping' }));
});

test('an alias points to an Enabled key and to no other (P2)', () => {
  const usableStates = [...Object.values(KeyState), 'Sleeping', 'toString'].filter((state) => usableAliasTarget(state).verdict === 'yes');
  assert.deepEqual(usableStates, ['Enabled']);
  assert.deepEqual(usableAliasTarget('PendingImport'), {
    verdict: 'no',
    reason: 'the key is waiting for key material: it was never imported, or some of it expired or was deleted',
  });
});
