import { configDefaults, defineConfig } from 'vitest/config';

/** `npm run fault` runs these: a kill or a fault at each of some hundred places takes minutes. The kills of a BYOK rotation and of its rollback are in every run. */
const longFaults = ['retirement', 'rollover'].map((what) => `test/fault/kill-at-every-boundary-of-a-${what}.test.ts`).concat('test/fault/faults-at-every-call.test.ts');

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: process.env.ROTA_FAULT === undefined ? [...configDefaults.exclude, ...longFaults] : configDefaults.exclude,
    // They only end what hangs: a busy machine is no failure.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    pool: 'forks',
    // Vitest would leave a core idle, and half the tests wait for something.
    maxWorkers: '100%',
    passWithNoTests: false,
    allowOnly: false,
  },
});
