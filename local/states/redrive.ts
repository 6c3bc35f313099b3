import { childrenOf, outputsOf } from './children.ts';
import type { Draft } from './draft.ts';
import { mostEvents, yearMs } from './limits.ts';
import { redriveMapRun } from './map-run.ts';
import type { Execution, Phase, Thread } from './model.ts';

/** SFN-DG redrive-executions: within 14 days of the end. */
const periodMs = 14 * 86_400_000;

/** Why an execution cannot be redriven now, in the words of SFN:DescribeExecutionOutput redriveStatusReason; undefined when it can. */
export function redriveRefusal(execution: Execution, historyLength: number, nowMs: number): string | undefined {
  const { status, stopMs = nowMs, startMs, mapRun } = execution;
  if (status === 'RUNNING' || status === 'SUCCEEDED') return `Execution is ${status} and cannot be redriven`;
  if (mapRun !== undefined) return 'Execution is a child of a Map Run, and is redriven with it';
  if (historyLength >= mostEvents - 1) return 'Execution history event limit exceeded';
  if (nowMs - startMs > yearMs) return 'Execution has exceeded the max execution time';
  return nowMs - stopMs > periodMs ? 'Execution redrivable period exceeded' : undefined;
}

/** Lets an unsuccessful execution go on from the states that have not finished. Retries and timeouts start afresh. SFN-DG redrive-executions. */
export function redrive(draft: Draft, lastEvent: number, { clientToken, timeoutSeconds, mapRunRedrives }: { clientToken?: string | undefined; timeoutSeconds?: number | undefined; mapRunRedrives?: number }): void {
  const { redriveCount, redriveTokens = [] } = draft.execution;
  const redriven = draft.eventAfter(lastEvent, 'ExecutionRedriven', { redriveCount: redriveCount + 1 });
  draft.end({
    status: 'RUNNING',
    stopMs: undefined,
    error: undefined,
    cause: undefined,
    redriveCount: redriveCount + 1,
    redriveMs: draft.nowMs,
    deadlineMs: timeoutSeconds === undefined ? undefined : draft.nowMs + timeoutSeconds * 1000,
    ...(mapRunRedrives === undefined ? {} : { mapRunRedrives }),
    ...(clientToken === undefined ? {} : { redriveTokens: [...redriveTokens, clientToken] }),
  });
  reopen(draft, draft.thread(0), redriven);
}

function reopen(draft: Draft, thread: Thread, redriven: number): void {
  const phase = reopened(draft, thread);
  if (phase.at === 'mapRun') {
    draft.set(thread.id, { phase, retries: [], lastEvent: redriveMapRun(draft, phase.arn, redriven) });
    return;
  }
  if (phase === thread.phase && phase.at !== 'children') return;
  draft.set(thread.id, { phase, retries: [], lastEvent: phase.at === 'start' ? thread.lastEvent : redriven });
  if (phase.at === 'children') for (const child of draft.children(thread.id)) reopen(draft, child, redriven);
}

/** Where a thread goes on: what is done stays done, what was under way runs again. */
function reopened(draft: Draft, { id, phase }: Thread): Phase {
  if (['done', 'queued', 'start', 'result'].includes(phase.at)) return phase;
  const { children } = childrenOf(phase);
  if (children !== undefined) return children;
  const finished = draft.children(id);
  const result = outputsOf(finished.map((child) => child.phase));
  // The branches were done, and what failed came after.
  return phase.at === 'failed' && finished.length > 0 && result !== undefined ? { at: 'result', result } : { at: 'entered' };
}
