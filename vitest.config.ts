import { configDefaults, defineConfig } from 'vitest/config';

/** `npm run fault` runs these: a kill or a fault at each of some hundred places takes minutes. The kills of a BYOK rotation are in every run. */
const longFaults = ['test/fault/kill-at-every-boundary-of-a-rollover.test.ts', 'test/fault/faults-at-every-call.test.ts'];

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: process.env.ROTA_FAULT === undefined ? [...configDefaults.exclude, ...longFaults] : configDefaults.exclude,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    passWithNoTests: false,
    allowOnly: false,
  },
});
