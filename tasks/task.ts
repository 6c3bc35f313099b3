import { z, type ZodType } from 'zod';
import { isoMillis, isoSeconds, type Clock } from '../core/clock.ts';
import { isRotaError, RotaError, type ErrorName } from '../core/errors.ts';
import { RotationId } from '../core/ids.ts';
import { PublicationError } from '../core/publication/publication-error.ts';
import { notVisibleYetErrors, transientAwsErrors } from '../core/transient-errors.ts';
import type { KmsRates } from '../core/pace/kms-rates.ts';
import type { KmsCall } from '../core/dossier/statement.ts';
import { watched, type Clients, type Names } from '../store/clients.ts';
import type { RotationHead } from '../store/ledger-table.ts';
import type { Store } from '../store/store.ts';
import { kmsPaceOf } from '../store/kms-pace.ts';

/** What a task works with; the embedded AWS, Lambda and tests each give their own. */
export interface Deps {
  readonly clock: Clock;
  readonly clients: Clients;
  readonly store: Store;
  readonly names: Names;
  /** Seconds by which the clock was moved by hand; 0 on AWS. */
  readonly movedClockSeconds: () => number;
  /** Takes metrics, one document a line; left out, nobody does: the embedded AWS has no CloudWatch. */
  readonly tellMetrics?: (line: string) => void;
  /** What KMS allows the account a second; left out, nobody is paced: an embedded KMS that enforces no quotas. */
  readonly kmsQuotas?: KmsRates;
}

export interface Context extends Deps {
  readonly head: RotationHead;
  /**
   * Clients whose calls to KMS stand in no ledger and no dossier: for a look through every key of the account, one call each, which would be more than the
   * 400 KB of an item. Amazon DynamoDB Developer Guide, "Constraints".
   */
  readonly aside: Pick<Clients, 'kms'>;
  /** An earlier attempt of this step may have had its effect: look before you do it again (P6). */
  readonly repeated: boolean;
  /** How often this step has been tried, this time included. */
  readonly attempts: number;
  readonly now: string;
}

export interface Task<I extends { rotationId: string }, O> {
  readonly name: string;
  readonly input: ZodType<I>;
  readonly output: ZodType<O>;
  /** The errors by which it refuses; a `Catch` may name no other. */
  readonly errors: readonly ErrorName[];
  /** The IAM actions that it needs beside the ledger's. */
  readonly actions: readonly string[];
  /** Names the step in the ledger where one task serves several (a round, a stage). */
  readonly step?: (input: I) => string;
  /** Runs again even after it completed: a new task token must reach the table each time. */
  readonly everyTime?: boolean;
  readonly run: (input: I, context: Context) => Promise<O>;
}

export type AnyTask = Task<never, unknown>;

/** What reading and writing the ledger takes: every task has it. */
export const ledgerActions = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:Query'] as const;

export const rotationInput = z.strictObject({ rotationId: RotationId });
export const roundInput = rotationInput.extend({ round: z.int().min(1) });
export const stepWithRound =
  (name: string) =>
  ({ round }: { round: number }): string =>
    round === 1 ? name : `${name}.${round}`;

/** Names a step that a rollback runs again: turn 0 is the way there, each rollback that was asked for is a turn. */
export const turnSuffix = (turn: number): string => (turn === 0 ? '' : `.${turn}`);

/** Declares a task; the generics keep declaration and handler together. */
export const task = <I extends { rotationId: string }, O>(definition: Task<I, O>): Task<I, O> => definition;

/** The steps of workflows/close-rotation.ts: each goes back, or keeps what is there. */
export const isOfClosing = (step: string): boolean => /^(restore-aliases|keep-old-key|publish-keys\.restore|open-wait\.hold|enable-key|seal-dossier)/.test(step);

/**
 * Runs a task: input checked, intent written before the effect, result kept, so that a repeat after completion answers
 * what the first one did. Errors leave with a name that Retry and Catch know.
 */
export async function runTask<I extends { rotationId: string }, O>(definition: Task<I, O>, event: unknown, deps: Deps): Promise<O> {
  const input = readInput(definition, event);
  const { ledger } = deps.store;
  const step = definition.step?.(input) ?? definition.name;
  const kmsCalls: KmsCall[] = [];
  const now = () => isoMillis(deps.clock.now());
  try {
    const intent = await ledger.intend(input.rotationId, step, now());
    if (intent.completedAt !== undefined && definition.everyTime !== true) return definition.output.parse(intent.result);
    const head = await ledger.head(input.rotationId);
    // A redrive of an execution that was closed from outside must not move anything after its dossier, nor while it is closed.
    if (head.outcome !== undefined && definition.name !== 'seal-dossier') throw new RotaError('RotationEnded', { rotationId: head.rotationId, outcome: head.outcome });
    if (head.closedSince !== undefined && !isOfClosing(step)) throw new RotaError('RotationEnded', { rotationId: head.rotationId, outcome: `stopped, and closed since ${head.closedSince}` });
    const pace = deps.kmsQuotas === undefined ? {} : { pace: kmsPaceOf(deps, deps.kmsQuotas, head.quotaShare) };
    const clients = watched(deps.clients, deps.clock, { log: kmsCalls, ...pace });
    const result = await definition.run(input, { ...deps, clients, aside: deps.clients, head, repeated: intent.attempts > 1, attempts: intent.attempts, now: isoSeconds(deps.clock.now()) });
    await ledger.complete(input.rotationId, step, now(), definition.output.parse(result), kmsCalls);
    return result;
  } catch (error) {
    await ledger.noteCalls(input.rotationId, step, kmsCalls).catch(() => undefined);
    throw named(error);
  }
}

/** What a task that belongs to no rotation works with. Whether it may run twice is its own to see to. */
export interface PlainContext extends Deps {
  readonly now: string;
}

export interface PlainTask<I, O> {
  readonly name: string;
  readonly input: ZodType<I>;
  readonly output: ZodType<O>;
  readonly errors: readonly ErrorName[];
  /** Every IAM action that it needs. */
  readonly actions: readonly string[];
  readonly run: (input: I, context: PlainContext) => Promise<O>;
}

export const plainTask = <I, O>(definition: PlainTask<I, O>): PlainTask<I, O> => definition;

/** Runs a task that belongs to no rotation: no ledger, else as `runTask`. */
export async function runPlainTask<I, O>(definition: PlainTask<I, O>, event: unknown, deps: Deps): Promise<O> {
  try {
    return definition.output.parse(await definition.run(readInput(definition, event), { ...deps, now: isoSeconds(deps.clock.now()) }));
  } catch (error) {
    throw named(error);
  }
}

function readInput<I>({ name, input }: { readonly name: string; readonly input: ZodType<I> }, event: unknown): I {
  const parsed = input.safeParse(event);
  if (parsed.success) return parsed.data;
  throw new RotaError('BadRequest', { problems: parsed.error.issues.map((i) => ({ where: `${name} ${i.path.join('.')}`, message: i.message })) });
}

/** Errors of AWS that keep their name, since a Retry of the workflow matches it. */
const passedOn = new Set<string>([...transientAwsErrors, ...notVisibleYetErrors]);

function named(error: unknown): unknown {
  // By AWS's name the Retry of workflows matches it, also of those that began before Rota had one of its own.
  if (isRotaError(error, 'CloudTrailBusy')) return Object.assign(new Error(error.message, { cause: error.cause }), { name: 'ThrottlingException' });
  if (!(error instanceof Error) || error instanceof RotaError || passedOn.has(error.name)) return error;
  if (error instanceof PublicationError) return new RotaError('PublicationImpossible', { why: error.message }, { cause: error });
  const { $service, $metadata, code } = error as { $service?: string; $metadata?: { httpStatusCode?: number }; code?: string };
  const status = $metadata?.httpStatusCode;
  if (status !== undefined && (status >= 500 || status === 429)) return new RotaError('ConnectionLost', { service: $service ?? 'AWS', code: error.name }, { cause: error });
  if (status !== undefined)
    return new RotaError('AwsRefused', { service: $service ?? 'AWS', operation: 'a request', code: error.name, message: error.message }, { cause: error });
  if (code !== undefined || error.name === 'TimeoutError')
    return new RotaError('ConnectionLost', { service: 'AWS', code: code ?? error.name }, { cause: error });
  return error;
}
