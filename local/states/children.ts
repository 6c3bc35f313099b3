import type { Draft } from './draft.ts';
import { mostIterations } from './limits.ts';
import type { Children, Failure, Phase, Thread } from './model.ts';
import { parseDefinition, scopeAt } from './definition.ts';
import { itemsOf, numberOf } from './items.ts';
import { abortMapRun } from './map-run.ts';
import { evaluateIn, stateOf, type Chance } from './scope.ts';

/** Starts the branches of a Parallel state, each with the state's arguments. */
export async function startBranches(draft: Draft, thread: Thread, chance: Chance): Promise<void> {
  const { Branches = [], Arguments } = stateOf(draft, thread);
  const input = Arguments === undefined ? thread.input : await evaluateIn(draft, thread, chance, Arguments, 'Arguments');
  draft.remove(draft.children(thread.id));
  const started = draft.event(thread.id, 'ParallelStateStarted');
  for (const index of Branches.keys()) addChild(draft, thread, ['Branches', index], { index, input, phase: { at: 'start' } }, started);
  draft.set(thread.id, { phase: { at: 'children', most: Branches.length } });
}

/** Starts the iterations of a Map state, as many as may run side by side. */
export async function startIterations(draft: Draft, thread: Thread, chance: Chance): Promise<void> {
  const items = await itemsOf(draft, thread, chance);
  const most = (await numberOf(draft, thread, chance, stateOf(draft, thread).MaxConcurrency, 'MaxConcurrency')) ?? 0;
  draft.remove(draft.children(thread.id));
  const started = draft.event(thread.id, 'MapStateStarted', { length: items.length });
  for (const item of items) addChild(draft, thread, ['ItemProcessor'], { ...item, phase: { at: 'queued' } }, started);
  draft.set(thread.id, { phase: { at: 'children', most: most === 0 ? mostIterations : Math.min(most, mostIterations) } });
  startQueued(draft, thread.id, started);
  finishIfDone(draft, thread.id, started);
}

/** Starts iterations while there is room; their events follow `previous`. */
function startQueued(draft: Draft, id: number, previous: number): void {
  const parent = draft.thread(id);
  const children = draft.children(id);
  const queued = children.filter(({ phase }) => phase.at === 'queued');
  const running = children.filter(({ phase }) => phase.at !== 'queued' && phase.at !== 'done').length;
  for (const { id: child, index } of queued.slice(0, Math.max(0, (parent.phase as Extract<Children, { at: 'children' }>).most - running)))
    draft.set(child, { lastEvent: draft.eventAfter(previous, 'MapIterationStarted', { name: parent.state, index }), phase: { at: 'start' } });
}

type Child = Pick<Thread, 'index' | 'input' | 'phase'> & { readonly item?: NonNullable<Thread['item']> };

function addChild(draft: Draft, parent: Thread, inner: readonly (string | number)[], child: Child, lastEvent: number): void {
  const scope = [...parent.scope, 'States', parent.state, ...inner];
  const state = scopeAt(parseDefinition(draft.execution.definition), scope).StartAt;
  draft.add({ parent: parent.id, scope, state, variables: {}, enteredMs: draft.nowMs, enteredEvent: lastEvent, beforeEntered: lastEvent, lastEvent, retries: [], ...child });
}

/** A branch or iteration has come to its end: the next one starts, or the state has its result. */
export function childDone(draft: Draft, child: Thread): void {
  const parent = draft.thread(child.parent as number);
  let last = child.lastEvent;
  if (stateOf(draft, parent).Type === 'Map') {
    last = draft.eventAfter(child.lastEvent, 'MapIterationSucceeded', { name: parent.state, index: child.index });
    startQueued(draft, parent.id, child.lastEvent);
  }
  finishIfDone(draft, parent.id, last);
}

/** Gives a state its result once all its children are done. AWS lets the state's exit follow the last child, not `…StateSucceeded`. */
function finishIfDone(draft: Draft, id: number, last: number): void {
  const result = outputsOf(draft.children(id).map(({ phase }) => phase));
  if (result === undefined) return;
  draft.eventAfter(last, `${stateOf(draft, draft.thread(id)).Type}StateSucceeded`);
  draft.set(id, { lastEvent: last, phase: { at: 'result', result } });
}

/** The outputs of children, once all of them are done. */
export function outputsOf(phases: readonly Phase[]): unknown[] | undefined {
  const outputs = phases.flatMap((phase) => (phase.at === 'done' ? [phase.output] : []));
  return outputs.length === phases.length ? outputs : undefined;
}

/**
 * A branch or iteration has failed: the others are aborted, and the state around has the failure. The events and their order are as
 * recorded on AWS (LocalStack snapshots test_service_lambda_map_timeout, test_parallel_state_fail).
 */
export function childFailed(draft: Draft, child: Thread, failure: Failure): void {
  const parent = draft.thread(child.parent as number);
  const isMap = stateOf(draft, parent).Type === 'Map';
  for (const other of draft.children(parent.id).filter(isUnderWay)) {
    if (isMap) draft.eventAfter(child.lastEvent, other.id === child.id ? 'MapIterationFailed' : 'MapIterationAborted', { name: parent.state, index: other.index });
    abort(draft, other, child.lastEvent);
  }
  draft.set(parent.id, { lastEvent: child.lastEvent, phase: { at: 'failure', failure, children: parent.phase as Children } });
}

const isUnderWay = ({ phase }: Thread): boolean => phase.at !== 'done' && phase.at !== 'queued';

/** Ends a thread, with all that is below it, where it stands. */
function abort(draft: Draft, thread: Thread, previous: number): void {
  for (const child of draft.children(thread.id).filter(isUnderWay)) abort(draft, child, previous);
  const { phase } = thread;
  if (phase.at === 'start') return;
  if (phase.at === 'mapRun') abortMapRun(draft, phase.arn, previous);
  const { Type } = stateOf(draft, thread);
  if (Type === 'Task' || Type === 'Wait' || ((Type === 'Map' || Type === 'Parallel') && phase.at !== 'failed')) draft.eventAfter(previous, `${Type}StateAborted`);
  if (phase.at !== 'failed') draft.set(thread.id, { phase: { at: 'failed', ...childrenOf(phase) } });
}

/** The children that a phase still knows of. */
export function childrenOf(phase: Thread['phase']): { children?: Children } {
  if (phase.at === 'children' || phase.at === 'mapRun') return { children: phase };
  return 'children' in phase ? { children: phase.children } : {};
}
