import { isRotaError } from '../core/errors.ts';
import type { Io } from './io.ts';

/** A refusal as the API answers it. */
export class ApiRefusal extends Error {
  readonly remedy: string;

  constructor(name: string, sentence: string, remedy: string) {
    super(sentence);
    this.name = name;
    this.remedy = remedy;
  }
}

/** What is wrong stands in the output already: only the exit code, 1, is left to tell. */
export class SaidAlready extends Error {}

/** Prints what went wrong and what to do: the sentence, then the remedy below it. The exit code is 1. */
export function showFailure(io: Io, json: boolean, error: unknown): 1 {
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
  const remedy = isRotaError(error) || error instanceof ApiRefusal ? error.remedy : undefined;
  if (json) io.out(`${JSON.stringify({ error: name, sentence: message, ...(remedy === undefined ? {} : { remedy }) }, null, 2)}\n`);
  io.err(`rota: ${message}\n`);
  if (remedy !== undefined) io.err(`      ${remedy}\n`);
  return 1;
}
