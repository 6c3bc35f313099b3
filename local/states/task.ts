import { randomBytes } from 'node:crypto';
import type { State } from './definition.ts';
import type { Draft } from './draft.ts';
import { bytesOf, limitData, mostDataBytes, tooLarge } from './limits.ts';
import type { Failure, Thread } from './model.ts';
import { readResource, type Resource } from './resource.ts';
import { evaluateIn, fieldError, stateOf, type Chance } from './scope.ts';

type TaskPhase = Extract<Thread['phase'], { at: 'task' }>;

/** A fresh name for one attempt of a task, 512 random bits. For a callback task it is the token. */
const newToken = (): string => randomBytes(64).toString('base64url');

/** Whether a text can be a token of ours at all. */
export const isToken = (text: string): boolean => /^[A-Za-z0-9_-]{86}$/.test(text);

export const resourceOf = (state: State): Resource => readResource(state.Resource ?? '') as Resource;

const named = ({ resourceType, resource }: Resource): { resourceType: string; resource: string } => ({ resourceType, resource });

/** Schedules an attempt: the engine calls the service once this is in the journal, and again after a crash. */
export async function scheduleTask(draft: Draft, thread: Thread, chance: Chance): Promise<void> {
  const state = stateOf(draft, thread);
  const resource = resourceOf(state);
  const token = newToken();
  const extras = resource.callback ? { taskToken: token } : {};
  const args = (await evaluateIn(draft, thread, chance, state.Arguments ?? {}, 'Arguments', extras)) as Record<string, unknown>;
  limitData(args, thread.state);
  const seconds = async (field: 'TimeoutSeconds' | 'HeartbeatSeconds'): Promise<number | undefined> => {
    if (state[field] === undefined) return undefined;
    const value = await evaluateIn(draft, thread, chance, state[field], field, extras);
    if (typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 99_999_999) return value;
    throw fieldError(thread, `The ${field} field must be a whole number from 1 to 99999999 but was: ${JSON.stringify(value)}`, field);
  };
  const timeoutInSeconds = await seconds('TimeoutSeconds');
  const heartbeatInSeconds = await seconds('HeartbeatSeconds');
  draft.event(thread.id, 'TaskScheduled', { ...named(resource), region: draft.execution.arn.split(':')[3], parameters: JSON.stringify(args), timeoutInSeconds, heartbeatInSeconds });
  draft.event(thread.id, 'TaskStarted', named(resource));
  const phase: TaskPhase = {
    at: 'task',
    token,
    args,
    submitted: false,
    ...(timeoutInSeconds === undefined ? {} : { timeoutMs: draft.nowMs + timeoutInSeconds * 1000 }),
    ...(heartbeatInSeconds === undefined ? {} : { heartbeatMs: draft.nowMs + heartbeatInSeconds * 1000, heartbeatSeconds: heartbeatInSeconds }),
  };
  draft.set(thread.id, { phase });
}

/** A result came: from the service, or for a callback task by SendTaskSuccess. */
export function taskSucceeded(draft: Draft, thread: Thread, result: unknown): void {
  const resource = resourceOf(stateOf(draft, thread));
  if (bytesOf(result) > mostDataBytes) {
    taskFailed(draft, thread, tooLarge(resource.resourceType));
    return;
  }
  draft.event(thread.id, 'TaskSucceeded', { ...named(resource), output: JSON.stringify(result) });
  draft.set(thread.id, { phase: { at: 'result', result } });
}

/** A callback task's request was taken; from here on somebody else has to answer. */
export function taskSubmitted(draft: Draft, thread: Thread, answer: unknown): void {
  draft.event(thread.id, 'TaskSubmitted', { ...named(resourceOf(stateOf(draft, thread))), output: JSON.stringify(answer) });
  draft.set(thread.id, { phase: { ...(thread.phase as TaskPhase), submitted: true } });
}

export function taskFailed(draft: Draft, thread: Thread, { error, cause }: Failure): void {
  draft.event(thread.id, 'TaskFailed', { ...named(resourceOf(stateOf(draft, thread))), error, cause });
  draft.set(thread.id, { phase: { at: 'failure', failure: { error, cause } } });
}

/** TimeoutSeconds or HeartbeatSeconds have passed. AWS names both States.Timeout (LocalStack snapshot test_heartbeat_timeout, 2024-04-18). */
export function taskTimeout(draft: Draft, thread: Thread): void {
  const { timeoutMs = Infinity, heartbeatMs = Infinity } = thread.phase as TaskPhase;
  const error = 'States.Timeout';
  draft.event(thread.id, 'TaskTimedOut', { ...named(resourceOf(stateOf(draft, thread))), error });
  draft.set(thread.id, { phase: { at: 'failure', failure: { error, heartbeat: heartbeatMs < timeoutMs } } });
}

/** Moves the deadline of the heartbeat; there is no event for that (SFN:SendTaskHeartbeatCommand). */
export function taskHeartbeat(draft: Draft, thread: Thread): void {
  const phase = thread.phase as TaskPhase;
  if (phase.heartbeatSeconds !== undefined) draft.set(thread.id, { phase: { ...phase, heartbeatMs: draft.nowMs + phase.heartbeatSeconds * 1000 } });
}
