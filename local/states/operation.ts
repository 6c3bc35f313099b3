import { z } from 'zod';
import { readInput } from '../kms/validation.ts';
import type { Caller } from '../service.ts';
import type { Clock } from '../clock.ts';
import type { Engine } from './engine.ts';
import type { Store } from './store.ts';

/** What an operation works with. */
export interface Api {
  readonly store: Store;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly caller: Caller;
}

export type Output = Record<string, unknown>;
export type Operation = (input: Record<string, unknown>, api: Api) => Output | Promise<Output>;

/** Joins an operation's input schema and its effect. A field that the embedded Step Functions does not know is refused. */
export const operation =
  <S extends z.ZodType>(schema: S, run: (input: z.output<S>, api: Api) => Output | Promise<Output>): Operation =>
  (input, api) =>
    run(readInput(schema, input), api);

// Fields that many operations share, with the limits of MODEL:stepfunctions.

export const arn = z.string().min(1).max(256);
export const name = z.string().min(1).max(80);
export const maxResults = z.int().min(0).max(1000).optional();
export const flag = z.boolean().optional();

/** Timestamps on the wire. */
export const seconds = (epochMs: number): number => epochMs / 1000;

/** An answer without the fields that are undefined. */
export const present = (output: Output): Output => Object.fromEntries(Object.entries(output).filter(([, value]) => value !== undefined));
