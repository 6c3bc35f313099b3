import { expect } from 'vitest';
import { allOpen, keptKey, movedKey, testEveryBoundary, type Case } from './every-boundary.ts';
import type { ofPublishedKey } from './scenarios.ts';

/**
 * The keys whose public half, or id, others hold. What another key has of its own is killed in its own rotation; what it shares with a
 * signing key, by the name of step and call, is killed in that one's alone (an HMAC key shares all).
 */
const rolled = (alias: string) => ({
  rotations: [{ status: 'SUCCEEDED', leftBehind: [] }],
  keys: expect.arrayContaining([expect.objectContaining(movedKey(alias, 'asymmetric-rotation')), expect.objectContaining(keptKey(alias, 'RotaRetention', 'RotaStopped'))]) as unknown,
  published: published(alias, 'new key of asymmetric-rotation'),
  dossiers: ['complete'],
  opened: allOpen,
});
const published = (alias: string, key: string) => {
  const folder = alias.replace('alias/', '');
  return { [`${folder}/.well-known/jwks.json`]: [key], [`/rota/published/${folder}`]: [key] };
};

const signing = 'rotation of a signing key';
const cases: Readonly<Record<keyof typeof ofPublishedKey, Case>> = {
  [signing]: { leaves: rolled('alias/tokens') },
  'rotation of an encryption key': { beside: signing, leaves: rolled('alias/secrets') },
  'rotation of an HMAC key': { beside: signing, leaves: rolled('alias/macs') },
  'emergency rotation of a signing key': { beside: signing, leaves: rolled('alias/tokens') },
  'rotation of a signing key that is rolled back': {
    beside: signing,
    leaves: {
      rotations: [{ status: 'ROLLED_BACK' }],
      keys: expect.arrayContaining([
        expect.objectContaining({ name: 'new key of asymmetric-rotation', state: 'Enabled', aliases: [] }),
        expect.objectContaining({ name: 'old key of alias/tokens', state: 'Enabled', aliases: ['alias/tokens'] }),
      ]) as unknown,
      published: published('alias/tokens', 'old key of alias/tokens'),
      dossiers: ['rolled-back'],
      opened: allOpen,
    },
  },
};

testEveryBoundary(cases);
