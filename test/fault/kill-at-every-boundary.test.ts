import { afterAll, beforeAll, expect, test } from 'vitest';
import { allOpen, EveryBoundary, keptKey, movedKey, type Case } from './every-boundary.ts';
import { Lives, type Boundary } from './killing.ts';
import type { ofImportedKey, ScenarioName } from './scenarios.ts';

/** The key with imported material: its rotation and the rollback. Retirements and published keys are in files of their own (`npm run fault`). */
let lives: Lives;
let every: EveryBoundary;

beforeAll(async () => {
  lives = await Lives.start();
  every = new EveryBoundary(lives);
});

afterAll(() => lives.end());

const cases: Readonly<Record<Extract<keyof typeof ofImportedKey, `${string}BYOK rotation`>, Case>> = {
  'BYOK rotation': {
    leaves: {
      rotations: [{ status: 'SUCCEEDED', leftBehind: [] }],
      keys: expect.arrayContaining([expect.objectContaining(movedKey('alias/payments', 'byok-rotation')), expect.objectContaining(keptKey('alias/payments', 'RotaRetention'))]) as unknown,
      dossiers: ['complete'],
      opened: allOpen,
    },
  },
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

test.each(Object.entries(cases) as [ScenarioName, Case][])('killed at every boundary, a %s ends as one without a kill', { timeout: 3_600_000 }, async (scenario, { beside, leaves }) => {
  const { facts } = await every.clean(scenario);
  expect(facts).toMatchObject({ ...leaves, openQuestions: 0, isFree: true });
  expect(facts.keys.filter((key) => key.name.startsWith('new key'))).toHaveLength(1);
  expect(await every.wrongIn(scenario, beside)).toEqual([]);
});

test('with a ledger that forgets what was tried before, a kill makes two successors: these tests can fail', async () => {
  const kill: Boundary = { call: 'create-successor: CreateKey 1', when: 'after' };
  expect((await every.clean('BYOK rotation')).boundaries).toContainEqual(kill);
  const [end] = await lives.goThrough([{ scenario: 'BYOK rotation', template: lives.fresh, boundaries: [kill] }], { isForgetful: true });
  expect(end?.facts?.keys.filter((key) => key.name === 'new key of byok-rotation')).toHaveLength(2);
});
