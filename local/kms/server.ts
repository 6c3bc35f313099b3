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
import type { Operation } from './operation.ts';
import { publicKeyOperations } from './public-keys.ts';
import { rotationOperations } from './rotation.ts';
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

/** The embedded KMS, with what the tagging service reads from it. */
export interface Kms extends Service {
  /** The customer managed keys of an account in a Region, for GetResources. */
  keysForTagging(accountId: string, region: string): Iterable<{ arn: string; tags: Record<string, string> }>;
}

/**
 * Opens the KMS whose state lies in `folder` (which must exist): `kms.journal`, and `kms.master-key` that seals the key
 * material in it. Throws when the journal is damaged or its master key is missing.
 */
export async function openKms({ folder, clock }: { folder: string; clock: Clock }): Promise<Kms> {
  const store = await Store.open(folder);
  const wrappingPairs = new WrappingPairs(store);

  return {
    async handle(operation: string, input: Record<string, unknown>, caller: Caller): Promise<Record<string, unknown>> {
      const run = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
      if (run === undefined) throw new AwsError('UnknownOperationException', `The embedded KMS does not know the operation ${operation}.`);
      const nowMs = clock.now();
      store.settle(nowMs);
      try {
        return await run({ operation, wire: input, caller, nowMs, clockMoved: clock.offsetMs !== 0, store, wrappingPairs });
      } finally {
        // A refusal too may rest on an effect that is not yet on disk.
        await store.durable();
      }
    },

    *keysForTagging(accountId: string, region: string) {
      store.settle(clock.now());
      for (const key of store.region(accountId, region).keys.values()) {
        if (key.manager === 'CUSTOMER') yield { arn: arnOf(key), tags: { ...key.tags } };
      }
    },

    async close(): Promise<void> {
      await wrappingPairs.close();
      await store.close();
    },
  };
}
