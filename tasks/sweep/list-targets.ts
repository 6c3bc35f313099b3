import { z } from 'zod';
import { plainTask } from '../task.ts';
import { SweepTarget } from './targets.ts';

/** The accounts and Regions that a sweep looks at: those of the registry, else Rota's own. */
export const listTargets = plainTask({
  name: 'list-targets',
  input: z.strictObject({ sweepId: z.string() }),
  output: z.strictObject({ targets: z.array(SweepTarget) }),
  errors: ['RegistryEmpty'],
  actions: ['dynamodb:GetItem', 'dynamodb:Query'],
  run: async ({ sweepId }, { store, clients }) => {
    const { sweep } = await store.registry.whole();
    const own = await clients.kms.config.region();
    return { targets: (sweep?.targets ?? [{ region: own }]).map(({ region, roleArn }) => ({ sweepId, region, ...(roleArn === undefined ? {} : { roleArn }) })) };
  },
});
