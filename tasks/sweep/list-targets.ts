import { z } from 'zod';
import { plainTask } from '../task.ts';
import { SweepTarget, targetsOf } from './targets.ts';

/** The accounts and Regions that a sweep looks at: those of the registry, else Rota's own. */
export const listTargets = plainTask({
  name: 'list-targets',
  input: z.strictObject({ sweepId: z.string() }),
  output: z.strictObject({ targets: z.array(SweepTarget) }),
  errors: ['RegistryEmpty'],
  actions: ['dynamodb:GetItem', 'dynamodb:Query'],
  run: async ({ sweepId }, { store, clients }) => {
    const targets = targetsOf(await store.registry.whole(), await clients.kms.config.region());
    return { targets: targets.map((target) => ({ sweepId, ...target })) };
  },
});
