import type { Clock } from '../core/clock.ts';
import { quotasOf } from '../core/pace/kms-rates.ts';
import { makeClients } from '../store/clients.ts';
import { namesFromEnvironment } from '../store/names-from-environment.ts';
import { makeStore } from '../store/store.ts';
import { tellMetrics } from '../store/tell-metrics.ts';
import { tasks } from './catalogue.ts';
import type { Deps } from './task.ts';

// eslint-disable-next-line no-restricted-syntax -- on Lambda real time is the clock
const realClock: Clock = { now: () => Date.now() };

let deps: Deps | undefined;

function depsFromEnvironment(): Deps {
  const names = namesFromEnvironment(process.env);
  const clients = makeClients({});
  return { clock: realClock, clients, names, store: makeStore(clients, names), movedClockSeconds: () => 0, tellMetrics, kmsQuotas: quotasOf(process.env.ROTA_KMS_QUOTAS) };
}

/** The handler of every task function: which task it is stands in `ROTA_TASK`, so that one bundle serves all. */
export async function handler(event: unknown): Promise<unknown> {
  const task = tasks.find((t) => t.name === process.env.ROTA_TASK);
  if (task === undefined) throw new Error(`ROTA_TASK is ${process.env.ROTA_TASK ?? 'not set'}: it must name a task`);
  deps ??= depsFromEnvironment();
  return task.run(event, deps);
}
