/**
 * A distributed Map: each of its iterations is an execution of its own, in the journal by itself. The execution around waits in phase
 * `mapRun` and learns all else from its children, so no crash can make the two disagree: a child runs as long as its Map Run does.
 */
import type { Draft, Running } from './draft.ts';
import { historyEvent } from './history.ts';
import { batchesOf, itemsOf, numberOf } from './items.ts';
import { limitData } from './limits.ts';
import type { MapRun, Thread } from './model.ts';
import { childArn, mapRunArn, uuidOf } from './names.ts';
import { stateOf, type Chance } from './scope.ts';
import { parseDefinition, scopeAt } from './definition.ts';
import type { Start } from './store.ts';
import { randomUUID } from 'node:crypto';

/** SFN-DG service-quotas: child executions side by side. */
const mostChildren = 10_000;

/** SFN-DG service-quotas: an express execution takes five minutes at most. */
const expressMs = 300_000;

export async function startMapRun(draft: Draft, thread: Thread, chance: Chance): Promise<void> {
  const { Label, MaxConcurrency, ToleratedFailureCount, ToleratedFailurePercentage, ItemProcessor } = stateOf(draft, thread);
  const items = await itemsOf(draft, thread, chance);
  const inputs = await batchesOf(draft, thread, chance, items);
  for (const { input } of inputs) limitData(input, thread.state);
  const scope = [...thread.scope, 'States', thread.state, 'ItemProcessor'];
  // AWS makes a label where the state has none.
  const label = Label ?? uuidOf(JSON.stringify(scope));
  const run: MapRun = {
    arn: mapRunArn(draft.execution.machineArn, label),
    label,
    scope,
    inputs,
    express: ItemProcessor?.ProcessorConfig?.ExecutionType === 'EXPRESS',
    maxConcurrency: (await numberOf(draft, thread, chance, MaxConcurrency, 'MaxConcurrency')) ?? 0,
    toleratedFailureCount: await numberOf(draft, thread, chance, ToleratedFailureCount, 'ToleratedFailureCount'),
    toleratedFailurePercentage: await numberOf(draft, thread, chance, ToleratedFailurePercentage, 'ToleratedFailurePercentage', { most: 100, whole: false }),
    status: 'RUNNING',
    startMs: draft.nowMs,
    redriveCount: 0,
  };
  draft.event(thread.id, 'MapStateStarted', { length: items.length });
  draft.event(thread.id, 'MapRunStarted', { mapRunArn: run.arn });
  draft.setMapRun(run);
  draft.set(thread.id, { phase: { at: 'mapRun', arn: run.arn } });
}

/** The counts of SFN:MapRunExecutionCounts. */
export type Standing = 'pending' | 'running' | 'succeeded' | 'failed' | 'timedOut' | 'aborted';

const standings = { RUNNING: 'running', SUCCEEDED: 'succeeded', FAILED: 'failed', TIMED_OUT: 'timedOut', ABORTED: 'aborted' } as const;

/** Where a child stands. One that failed before the Map Run's last redrive is to run again. */
export function standingOf({ redriveCount, status }: MapRun, child: Running | undefined): Standing {
  if (child === undefined) return 'pending';
  const standing = standings[child.outcome.status];
  return status === 'RUNNING' && standing !== 'succeeded' && standing !== 'running' && (child.outcome.mapRunRedrives ?? 0) < redriveCount ? 'pending' : standing;
}

/** Children that may begin now, by index. */
export function startable(run: MapRun, children: readonly (Running | undefined)[]): number[] {
  const standing = run.inputs.map((_, index) => standingOf(run, children[index]));
  const room = (run.maxConcurrency === 0 ? mostChildren : Math.min(run.maxConcurrency, mostChildren)) - standing.filter((each) => each === 'running').length;
  return standing.flatMap((each, index) => (each === 'pending' ? [index] : [])).slice(0, Math.max(0, room));
}

/** Ends the Map Runs whose children have all ended, or failed too often. SFN-DG maprun-fail-threshold. */
export function concludeMapRuns(draft: Draft, threads: Iterable<Thread>, childrenOf: (arn: string) => readonly (Running | undefined)[]): void {
  for (const { id, phase } of threads) {
    if (phase.at !== 'mapRun') continue;
    const run = draft.mapRun(phase.arn);
    const children = childrenOf(phase.arn);
    const standing = run.inputs.map(({ items }, index) => ({ items, at: standingOf(run, children[index]) }));
    const failed = standing.reduce((sum, { at, items }) => sum + (['failed', 'timedOut', 'aborted'].includes(at) ? items : 0), 0);
    const total = standing.reduce((sum, { items }) => sum + items, 0);
    if (isTooMuch(run, failed, total)) {
      const failure = { error: 'States.ExceedToleratedFailureThreshold', cause: 'The specified tolerated failure threshold was exceeded' };
      draft.event(id, 'MapRunFailed', failure);
      draft.setMapRun({ ...run, status: 'FAILED', stopMs: draft.nowMs });
      draft.set(id, { phase: { at: 'failure', failure, children: phase } });
    } else if (standing.every(({ at }) => at !== 'pending' && at !== 'running')) {
      // What failed and is tolerated has no place in the result (unconfirmed on AWS).
      const result = children.flatMap((child) => (child?.outcome.output === undefined ? [] : [JSON.parse(child.outcome.output) as unknown]));
      const last = draft.event(id, 'MapRunSucceeded');
      draft.eventAfter(last, 'MapStateSucceeded');
      draft.setMapRun({ ...run, status: 'SUCCEEDED', stopMs: draft.nowMs });
      draft.set(id, { phase: { at: 'result', result, children: phase } });
    }
  }
}

function isTooMuch({ toleratedFailureCount: count, toleratedFailurePercentage: percentage }: MapRun, failed: number, total: number): boolean {
  if (count === undefined && percentage === undefined) return failed > 0;
  return failed > (count ?? Infinity) || (percentage !== undefined && failed * 100 > percentage * total);
}

/** Ends a Map Run whose execution, or state, has ended before it. Answers the event's id. */
export function abortMapRun(draft: Draft, arn: string, previous: number): number {
  draft.setMapRun({ ...draft.mapRun(arn), status: 'ABORTED', stopMs: draft.nowMs });
  return draft.eventAfter(previous, 'MapRunAborted');
}

/** Lets an unsuccessful Map Run go on: children that have not succeeded run again. Answers the event's id. SFN-DG redrive-map-run. */
export function redriveMapRun(draft: Draft, arn: string, previous: number): number {
  const run = draft.mapRun(arn);
  const redriveCount = run.redriveCount + 1;
  draft.setMapRun({ ...run, status: 'RUNNING', stopMs: undefined, redriveCount, redriveMs: draft.nowMs });
  return draft.eventAfter(previous, 'MapRunRedriven', { mapRunArn: arn, redriveCount });
}

/** The start of a child execution. */
export function childOf({ identity: parent }: Running, run: MapRun, index: number, nowMs: number, isMoved: boolean): Start {
  const { input, items } = run.inputs[index] as MapRun['inputs'][number];
  const { arn, label, express } = run;
  const name = randomUUID();
  const machineArn = `${parent.machineArn.split('/')[0] ?? ''}/${label}`;
  const text = JSON.stringify(input);
  return {
    identity: {
      arn: childArn(machineArn, name, express),
      name,
      machineArn,
      machineName: parent.machineName,
      roleArn: parent.roleArn,
      machineUpdatedMs: parent.machineUpdatedMs,
      ...(parent.revisionId === undefined ? {} : { revisionId: parent.revisionId }),
      input: text,
      startMs: nowMs,
      ...(isMoved ? { movedClock: true } : {}),
      mapRun: { arn, parent: parent.arn, index, items, label, express },
    },
    outcome: { status: 'RUNNING', redriveCount: 0, mapRunRedrives: run.redriveCount, ...(express ? { deadlineMs: nowMs + expressMs } : {}) },
    event: historyEvent(1, 0, nowMs, 'ExecutionStarted', { input: text, roleArn: parent.roleArn }),
    root: {
      id: 0, index: 0, scope: run.scope, state: scopeAt(parseDefinition(parent.definition), run.scope).StartAt, input, variables: {}, phase: { at: 'start' },
      enteredMs: nowMs, enteredEvent: 0, beforeEntered: 0, lastEvent: 0, retries: [],
    },
  };
}
