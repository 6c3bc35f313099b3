import { afterAll, beforeAll, expect, test } from 'vitest';
import { allOpen, EveryBoundary, keptKey, type Case } from './every-boundary.ts';
import { Lives } from './killing.ts';
import type { ofImportedKey, ScenarioName } from './scenarios.ts';

/** The old key of a rotation, long after: taken out of use, and put back into it. */
let lives: Lives;
let every: EveryBoundary;

beforeAll(async () => {
  lives = await Lives.start();
  every = new EveryBoundary(lives);
});

afterAll(() => lives.end());

const cases: Readonly<Record<Extract<keyof typeof ofImportedKey, `retirement${string}`>, Case>> = {
  retirement: {
    leaves: {
      rotations: [{}, { workflow: 'retire', status: 'SUCCEEDED', leftBehind: [] }],
      keys: expect.arrayContaining([expect.objectContaining({ ...keptKey('alias/payments', 'RotaStopped', 'RotaRetention'), state: 'Disabled' })]) as unknown,
      objects: expect.arrayContaining(['rota-dossiers/retirement/retire.md']) as unknown,
      dossiers: ['complete', 'complete'],
      opened: { ...allOpen, 'alias/payments': 'DisabledException' },
    },
  },
  'retirement that is taken back': {
    beside: 'retirement',
    leaves: {
      rotations: [{}, { workflow: 'retire', status: 'ROLLED_BACK', leftBehind: [] }],
      keys: expect.arrayContaining([expect.objectContaining(keptKey('alias/payments', 'RotaRetention'))]) as unknown,
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
