import { expect, test } from 'vitest';
import { allOpen, keptKey, movedKey, testEveryBoundary, type Case } from './every-boundary.ts';
import type { Boundary } from './killing.ts';
import type { ofImportedKey } from './scenarios.ts';

/** The key with imported material: its rotation and the rollback. Retirements and published keys are in files of their own (`npm run fault`). */
const rotated = (alias: string) => ({
  rotations: [{ status: 'SUCCEEDED', leftBehind: [] }],
  keys: expect.arrayContaining([expect.objectContaining(movedKey(alias, 'byok-rotation')), expect.objectContaining(keptKey(alias, 'RotaRetention'))]) as unknown,
  dossiers: ['complete'],
  opened: allOpen,
});

const cases: Readonly<Record<Extract<keyof typeof ofImportedKey, `${string}BYOK rotation`>, Case>> = {
  'BYOK rotation': { leaves: rotated('alias/payments') },
  'gated BYOK rotation': { beside: 'BYOK rotation', leaves: rotated('alias/quiet') },
  'rollback of a BYOK rotation': {
    leaves: {
      rotations: [{ workflow: 'alias-rollback', status: 'SUCCEEDED', leftBehind: [] }, { workflow: 'byok-rotation', status: 'ROLLED_BACK' }],
      keys: expect.arrayContaining([
        expect.objectContaining({ name: 'new key of byok-rotation', state: 'Enabled', aliases: [] }),
        expect.objectContaining({ name: 'old key of alias/payments', state: 'Enabled', aliases: ['alias/payments'] }),
      ]) as unknown,
      dossiers: ['complete', 'rolled-back'],
      opened: allOpen,
    },
  },
};

const { lives, clean } = testEveryBoundary(cases);

test('with a ledger that forgets what was tried before, a kill makes two successors: these tests can fail', async () => {
  const kill: Boundary = { call: 'create-successor: CreateKey 1', when: 'after' };
  expect((await clean('BYOK rotation')).boundaries).toContainEqual(kill);
  const [end] = await lives().goThrough([{ scenario: 'BYOK rotation', template: lives().fresh, boundaries: [kill] }], { isForgetful: true });
  expect(end?.facts?.keys.filter((key) => key.name === 'new key of byok-rotation')).toHaveLength(2);
});
