import { childrenOf } from './children.ts';
import type { Draft } from './draft.ts';
import type { Failure } from './model.ts';
import { backoffMs, matches } from './retry.ts';
import { stateOf, type Chance } from './scope.ts';
import { StateError } from './state-error.ts';
import { beforeWork, evaluateLeaving, failThread, leave } from './transitions.ts';

/** A state has failed: Retry, else Catch, else the thread ends. SFN-DG concepts-error-handling. */
export async function fail(draft: Draft, id: number, failure: Failure, chance: Chance): Promise<void> {
  const thread = draft.thread(id);
  const { Type, Retry = [], Catch = [] } = stateOf(draft, thread);
  const index = Retry.findIndex((retrier) => matches(retrier, failure));
  const retrier = Retry[index];
  const used = thread.retries[index] ?? 0;
  const delay = retrier && backoffMs(retrier, used, chance.random);
  if (delay !== undefined) {
    const retries = Retry.map((_, each) => (thread.retries[each] ?? 0) + (each === index ? 1 : 0));
    draft.set(id, { retries, phase: { at: 'backoff', untilMs: draft.nowMs + delay } });
    return;
  }
  if (Type === 'Map' || Type === 'Parallel') draft.event(id, `${Type}StateFailed`);
  const place = Catch.findIndex((catcher) => matches(catcher, failure));
  const catcher = Catch[place];
  if (catcher === undefined) {
    failThread(draft, id, failure);
    return;
  }
  const errorOutput = { Error: failure.error ?? null, Cause: failure.cause ?? null };
  try {
    const left = await evaluateLeaving(draft, draft.thread(id), chance, { ...catcher, unsaid: errorOutput, at: `Catch[${place}]/` }, { errorOutput });
    leave(draft, draft.thread(id), left, catcher.Next);
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    // A failing catcher is caught by nobody.
    recordEvaluation(draft, id, error);
    failThread(draft, id, error);
  }
}

/** Notes a failure of evaluation in the history; other failures have an event of their own, or none. */
export function recordEvaluation(draft: Draft, id: number, { evaluation, error, cause, location }: StateError): void {
  if (!evaluation) return;
  const thread = draft.thread(id);
  const event = draft.eventAfter(beforeWork(thread), 'EvaluationFailed', { error, cause, location, state: thread.state });
  draft.set(id, { lastEvent: event, phase: { at: 'failed', ...childrenOf(thread.phase) } });
}
