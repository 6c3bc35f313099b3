import { RotaError } from './errors.ts';

/** A failure as a state machine has it: the error's name, and its cause as Step Functions gives it. */
export interface StateFailure {
  readonly name: string;
  readonly cause: string;
}

/** The failure in one sentence. Lambda gives the cause as JSON with `errorMessage`; Step Functions itself gives plain words. */
export function failureSentence({ name, cause }: StateFailure): string {
  if (name === 'ApprovalTimedOut') return new RotaError('ApprovalTimedOut', { stage: cause }).message;
  return causeSentence(cause) || name;
}

/** Why a part of a sweep failed, in one sentence: the sweep has error and cause in one text. */
export function targetFailureSentence(text: string): string {
  const [, name = text, cause = ''] = /^([\w.]+): (.*)$/s.exec(text) ?? [];
  return failureSentence({ name, cause });
}

/** The sentence in a cause, without the JSON around it. */
export function causeSentence(cause: string): string {
  try {
    const { errorMessage } = JSON.parse(cause) as { errorMessage?: unknown };
    if (typeof errorMessage === 'string') return errorMessage;
  } catch {
    // Plain words then.
  }
  return cause;
}
