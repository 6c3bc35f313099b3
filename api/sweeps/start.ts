import { ExecutionAlreadyExists, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { ApiDeps } from '../deps.ts';

/** Starts a sweep under a name that is its id. Answers false when one of that name has been started. */
export async function startSweep({ clients, stateMachineArnOf }: ApiDeps, sweepId: string): Promise<boolean> {
  try {
    await clients.states.send(new StartExecutionCommand({ stateMachineArn: stateMachineArnOf('key-sweep'), name: sweepId, input: '{}' }));
    return true;
  } catch (error) {
    if (error instanceof ExecutionAlreadyExists) return false;
    throw error;
  }
}

/** Starts the sweep of the day (UTC), where the registry asks for sweeps. Its name has the date, so that twice is once. */
export async function startDailySweep(deps: ApiDeps): Promise<number> {
  if (!(await deps.store.registry.isSwept())) return 0;
  const day = new Date(deps.clock.now()).toISOString().slice(0, 10);
  return (await startSweep(deps, `daily-${day}`)) ? 1 : 0;
}
