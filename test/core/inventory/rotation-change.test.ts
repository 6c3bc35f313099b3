import { expect, test } from 'vitest';
import { rotationChange } from '../../../core/inventory/rotation-change.ts';
import type { KeyDescription, ObservedKey } from '../../../core/inventory/observed-key.ts';

const symmetric: KeyDescription = { spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', origin: 'AWS_KMS', state: 'Enabled', createdMs: 0 };
const change = (description: Partial<KeyDescription>, rotation?: ObservedKey['rotation']) =>
  rotationChange({ keyId: 'k', manager: 'CUSTOMER', description: { ...symmetric, ...description }, ...(rotation === undefined ? {} : { rotation }) }, 180);
const off = { enabled: false };

test.each([
  ['off', change({}, off), { change: 'enable', periodDays: 180 }],
  ['on, every year', change({}, { enabled: true, periodDays: 365 }), { change: 'shorten', periodDays: 180 }],
  ['on, of the time before periods', change({}, { enabled: true }), { change: 'shorten', periodDays: 180 }],
  ['on, as asked', change({}, { enabled: true, periodDays: 180 }), { change: 'none', periodDays: 180 }],
  ['on, more often than asked', change({}, { enabled: true, periodDays: 90 }), { change: 'none', periodDays: 90 }],
  ['a primary key', change({ multiRegion: 'PRIMARY' }, off), { change: 'enable', periodDays: 180 }],
  ['a replica', change({ multiRegion: 'REPLICA', primaryRegion: 'eu-west-1' }, off), { change: 'impossible', reason: 'it is a replica: rotation is set on the primary key in eu-west-1, and holds in every Region' }],
  ['a replica of a key that rotates', change({ multiRegion: 'REPLICA' }, { enabled: true, periodDays: 180 }), { change: 'none', periodDays: 180 }],
  ['disabled', change({ state: 'Disabled' }, off), { change: 'impossible', reason: 'the key is disabled' }],
  ['imported', change({ origin: 'EXTERNAL' }), { change: 'impossible', reason: 'KMS cannot make new material for a key whose material is imported' }],
  ['asymmetric', change({ spec: 'RSA_2048' }), { change: 'impossible', reason: 'KMS rotates symmetric encryption keys only' }],
  ['AWS managed', rotationChange({ keyId: 'k', manager: 'AWS' }, 180), { change: 'impossible', reason: 'AWS rotates its managed keys every year by itself, and nobody else can' }],
])('%s', (_, decided, expected) => expect(decided).toEqual(expected));
