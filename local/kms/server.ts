import { randomUUID } from 'node:crypto';
import { AwsError } from '../wire/errors.ts';
import type { Clock } from '../clock.ts';
import type { Caller, Service } from '../service.ts';
import { aliasOperations } from './aliases.ts';
import { dataKeyOperations } from './data-keys.ts';
import { deletionOperations } from './deletion.ts';
import { encryptionOperations } from './encryption.ts';
import { grantOperationTable } from './grants.ts';
import { importOperations } from './import.ts';
import { arnOf } from './key.ts';
import { policyOperations } from './key-policies.ts';
import { keyOperations } from './keys.ts';
import { lastUsageOperations } from './last-usage.ts';
import { macOperations } from './mac.ts';
import { multiRegionOperations } from './multi-region.ts';
import type { Call, Operation, Output } from './operation.ts';
import { publicKeyOperations } from './public-keys.ts';
import type { KmsQuotas } from './quotas.ts';
import { rotationOperations } from './rotation.ts';
import { ServiceControl, type ServiceControlPolicy } from './service-control.ts';
import { signOperations } from './sign.ts';
import { Store } from './store.ts';
import { tagOperations } from './tags.ts';
import { WrappingPairs } from './wrapping-pairs.ts';

const operations: Readonly<Record<string, Operation>> = {
  ...keyOperations,
  ...aliasOperations,
  ...importOperations,
  ...rotationOperations,
  ...encryptionOperations,
  ...dataKeyOperations,
  ...macOperations,
  ...signOperations,
  ...publicKeyOperations,
  ...tagOperations,
  ...policyOperations,
  ...grantOperationTable,
  ...deletionOperations,
  ...multiRegionOperations,
  ...lastUsageOperations,
};

/** A call that has been decided, with its output or its error, as CloudTrail gets to see it. */
export interface KmsCall {
  readonly eventId: string;
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly caller: Caller;
  readonly nowMs: number;
  /** The keys that it reached, those that refused it included. */
  readonly keyArns: readonly string[];
  readonly output?: Output;
  readonly error?: AwsError;
}

interface KmsOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly serviceControlPolicies?: readonly ServiceControlPolicy[];
  /** Told of each call once its effect is on disk; the answer waits for it. */
  readonly onCall?: (call: KmsCall) => Promise<void>;
  /** Left out, nobody is throttled. */
  readonly quotas?: KmsQuotas;
}

/** The embedded KMS, with what the tagging service reads from it. */
export interface Kms extends Service {
  /** The customer managed keys of an account in a Region, for GetResources. */
  keysForTagging(accountId: string, region: string): Iterable<{ readonly arn: string; readonly tags: Readonly<Record<string, string>> }>;
}

/**
 * Opens the KMS whose state lies in `folder` (which must exist): `kms.journal`, and `kms.master-key` that seals the key
 * material in it. Throws when the journal is damaged, its master key is missing, or a policy cannot be enforced.
 */
export async function openKms({ folder, clock, serviceControlPolicies, onCall = () => Promise.resolve(), quotas }: KmsOptions): Promise<Kms> {
  const serviceControl = new ServiceControl(serviceControlPolicies);
  const store = await Store.open(folder);
  const wrappingPairs = new WrappingPairs(store);

  return {
    async handle(operation: string, input: Record<string, unknown>, caller: Caller): Promise<Record<string, unknown>> {
      const run = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
      if (run === undefined) throw new AwsError('UnknownOperationException', `The embedded KMS does not know the operation ${operation}.`);
      quotas?.enter(operation, caller);
      const nowMs = clock.now();
      store.settle(nowMs);
      const keyArns = new Set<string>();
      const call = { operation, wire: input, caller, nowMs, clockMoved: clock.offsetMs !== 0, store, wrappingPairs, serviceControl, eventId: randomUUID(), keyArns, quotas };
      const outcome = await outcomeOf(run, call);
      // A refusal too may rest on an effect that is not yet on disk.
      await store.durable();
      await onCall({ ...outcome, eventId: call.eventId, operation, input, caller, nowMs, keyArns: [...call.keyArns] });
      if ('error' in outcome) throw outcome.error;
      return outcome.output;
    },

    *keysForTagging(accountId: string, region: string) {
      store.settle(clock.now());
      for (const key of store.region(accountId, region).keys.values()) {
        if (key.manager === 'CUSTOMER') yield { arn: arnOf(key), tags: key.tags };
      }
    },

    async close(): Promise<void> {
      await wrappingPairs.close();
      await store.close();
    },
  };
}

/** What an operation came to. A bug is no outcome: it is thrown. */
async function outcomeOf(run: Operation, call: Call): Promise<{ output: Output } | { error: AwsError }> {
  try {
    return { output: await run(call) };
  } catch (error) {
    if (error instanceof AwsError) return { error };
    throw error;
  }
}
