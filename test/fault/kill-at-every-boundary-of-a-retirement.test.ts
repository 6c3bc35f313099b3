import { expect } from 'vitest';
import { allOpen, keptKey, testEveryBoundary, type Case } from './every-boundary.ts';
import type { ofImportedKey } from './scenarios.ts';

/** The old key of a rotation, long after: taken out of use, and put back into it. */
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

testEveryBoundary(cases);
