import { mkdir } from 'node:fs/promises';
import { AwsError } from '../wire/errors.ts';
import type { Clock } from '../clock.ts';
import type { Caller, Service } from '../service.ts';
import { callbackOperations } from './callbacks.ts';
import { Engine } from './engine.ts';
import { executionOperations } from './executions.ts';
import { machineOperations } from './machines.ts';
import { mapRunOperations } from './map-runs.ts';
import type { Operation } from './operation.ts';
import type { Services } from './services.ts';
import { statusDetail } from './status-detail.ts';
import { Store } from './store.ts';

const operations: Readonly<Record<string, Operation>> = { ...machineOperations, ...executionOperations, ...mapRunOperations, ...callbackOperations };

export interface StatesOptions extends Services {
  readonly folder: string;
  readonly clock: Clock;
  /** Numbers from 0 up to 1: jitter of retries, `$random`. */
  readonly random?: () => number;
  /** Is handed the detail of each `Step Functions Execution Status Change` event, best effort. SFN-DG eventbridge-integration. */
  readonly onStatusChange?: (detail: Record<string, unknown>) => void;
  /** For how many real milliseconds a moved clock waits for a call in flight; 60,000 unless said otherwise, which a busy machine needs. */
  readonly graceMs?: number;
}

/**
 * Opens the Step Functions whose state lies in `folder` (made if need be): `states.journal`. Executions that were under way go on at once; a call
 * whose answer was not journalled is made again. Input and output are those of the awsJson1_0 wire. Throws when the journal is damaged.
 */
export async function openStates({ folder, clock, invokeLambda, callService, random = Math.random, onStatusChange, graceMs = 60_000 }: StatesOptions): Promise<Service> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const store = await Store.open(folder);
  const engine = new Engine(store, {
    clock,
    invokeLambda,
    callService,
    random,
    graceMs,
    onStatusChange: (execution) => onStatusChange?.(statusDetail(execution)),
  });
  engine.resume();

  return {
    async handle(name: string, input: Record<string, unknown>, caller: Caller): Promise<Record<string, unknown>> {
      const run = Object.hasOwn(operations, name) ? operations[name] : undefined;
      if (run === undefined) throw new AwsError('UnknownOperationException', `The embedded Step Functions does not know the operation ${name}.`);
      try {
        return await run(input, { store, engine, clock, caller });
      } finally {
        // Not even a refusal may show what a crash could take back.
        await store.durable;
      }
    },

    async close(): Promise<void> {
      await engine.close();
      await store.close();
    },
  };
}
