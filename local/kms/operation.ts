import type { z } from 'zod';
import { AwsError } from '../wire/errors.ts';
import type { Caller } from '../service.ts';
import { arnOf, type Key } from './key.ts';
import type { KmsQuotas } from './quotas.ts';
import type { Region } from './region.ts';
import type { ServiceControl } from './service-control.ts';
import type { Store } from './store.ts';
import { readInput } from './validation.ts';
import type { WrappingPairs } from './wrapping-pairs.ts';

/** One request on its way through an operation. */
export interface Call {
  readonly operation: string;
  /** The input as it came over the wire; policy conditions read it. */
  readonly wire: Readonly<Record<string, unknown>>;
  readonly caller: Caller;
  readonly nowMs: number;
  /** Whether the clock has been moved by hand; what is made then carries a mark. */
  readonly clockMoved: boolean;
  readonly store: Store;
  readonly wrappingPairs: WrappingPairs;
  readonly serviceControl: ServiceControl;
  /** By which CloudTrail knows this call. */
  readonly eventId: string;
  /** The ARNs of the keys that it reached, for CloudTrail. */
  readonly keyArns: Set<string>;
  readonly quotas: KmsQuotas | undefined;
}

export type Output = Record<string, unknown>;

export type Operation = (call: Call) => Output | Promise<Output>;

/** Joins an operation's input schema and its effect. */
export const operation =
  <S extends z.ZodType>(input: S, run: (call: Call, input: z.output<S>) => Output | Promise<Output>): Operation =>
  (call) =>
    run(call, readInput(input, call.wire));

/** What the caller has in its own Region. */
export const homeOf = (call: Call): Region => call.store.region(call.caller.accountId, call.caller.region);

/** Ends a dry run: all checks have passed, nothing has happened (KMS-DG testing-permissions). */
export function endDryRun(dryRun: boolean | undefined): void {
  if (dryRun === true) throw new AwsError('DryRunOperationException', 'The request would have succeeded, but the DryRun option is set.', 412);
}

/** Records a successful cryptographic operation for GetKeyLastUsage. */
export function noteUse(call: Call, key: Key): void {
  const { operation: name, nowMs, caller, eventId } = call;
  call.store.use({ keyArn: arnOf(key), operation: name, atMs: nowMs, eventId, requestId: caller.requestId });
}
