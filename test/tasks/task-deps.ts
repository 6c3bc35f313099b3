import { onTestFinished } from 'vitest';
import { defaultNames, makeClients } from '../../store/clients.ts';
import { setUp } from '../../store/set-up.ts';
import { makeStore } from '../../store/store.ts';
import { admin, region, start } from '../embedded-aws.ts';

/** An embedded AWS with Rota's tables, buckets and keys, and what its tasks work with. */
export async function startTasks() {
  const aws = await start();
  const clients = makeClients({ region, endpoint: aws.url, credentials: admin });
  onTestFinished(() => clients.destroy());
  const store = makeStore(clients, defaultNames);
  await setUp(clients, defaultNames, {});
  return { aws, clients, store, deps: { clock: aws.clock, clients, names: defaultNames, store, movedClockSeconds: () => 0 } };
}
