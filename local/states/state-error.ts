import type { Failure } from './model.ts';

/** A state cannot go on. `location` is the field whose evaluation failed, which makes it an EvaluationFailed event. */
export class StateError extends Error implements Failure {
  readonly error: string;
  override readonly cause: string;
  readonly evaluation: boolean;
  readonly location: string | undefined;

  constructor(error: string, cause: string, evaluation?: { readonly location?: string }) {
    super(`${error}: ${cause}`);
    this.error = error;
    this.cause = cause;
    this.evaluation = evaluation !== undefined;
    this.location = evaluation?.location;
  }
}

/** A failure that JSONata, or a value that it made, brought about. */
export const evaluationError = (cause: string, location?: string): StateError =>
  new StateError('States.QueryEvaluationError', cause, location === undefined ? {} : { location });
