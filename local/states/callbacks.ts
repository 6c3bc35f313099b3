import { z } from 'zod';
import { AwsError } from '../wire/errors.ts';
import type { Draft } from './draft.ts';
import { mostDataBytes } from './limits.ts';
import type { Thread } from './model.ts';
import { isOwn } from './names.ts';
import { operation, type Api, type Operation, type Output } from './operation.ts';
import { isToken, taskFailed, taskHeartbeat, taskSucceeded } from './task.ts';
import { dueMs } from './step.ts';

/** MODEL:stepfunctions TaskToken. */
const taskToken = z.string().min(1).max(2048);

/** A token of a task that has ended, by an answer, a timeout or the end of its execution: the first answer has won. SFN:SendTaskSuccessCommand. */
const tooLate = (): AwsError => new AwsError('TaskTimedOut', `Task Timed Out: 'Provided task does not exist anymore'`);

/** Answers the task of a token, which must be open. Tokens are good for principals of their own account only. */
async function answer({ store, engine, caller }: Api, token: string, decide: (draft: Draft, thread: Thread) => void): Promise<Output> {
  if (!isToken(token)) throw new AwsError('InvalidToken', `Invalid Token: 'Invalid token'`);
  const task = store.tokens.get(token);
  if (task === undefined || !isOwn(caller, task.arn)) throw new AwsError('TaskDoesNotExist', `Task Does Not Exist: 'Provided task does not exist'`);
  return engine.change(task.arn, (draft, { threads, outcome }) => {
    const thread = threads.get(task.thread);
    if (outcome.status !== 'RUNNING' || thread?.phase.at !== 'task' || thread.phase.token !== token) throw tooLate();
    if (Math.min(dueMs(thread), outcome.deadlineMs ?? Infinity) <= draft.nowMs) throw tooLate();
    decide(draft, thread);
    return {};
  });
}

const success = operation(z.strictObject({ taskToken, output: z.string() }), async (input, api) => {
  if (Buffer.byteLength(input.output) > mostDataBytes) throw new AwsError('InvalidOutput', `Invalid Output: 'The output is longer than ${mostDataBytes} bytes'`);
  let result: unknown;
  try {
    result = JSON.parse(input.output) as unknown;
  } catch (error) {
    throw new AwsError('InvalidOutput', `Invalid Output: '${(error as Error).message}'`);
  }
  return answer(api, input.taskToken, (draft, thread) => taskSucceeded(draft, thread, result));
});

const failure = operation(z.strictObject({ taskToken, error: z.string().max(256).optional(), cause: z.string().max(32_768).optional() }), async ({ taskToken: token, ...given }, api) =>
  answer(api, token, (draft, thread) => taskFailed(draft, thread, given)),
);

const heartbeat = operation(z.strictObject({ taskToken }), async ({ taskToken: token }, api) => answer(api, token, taskHeartbeat));

export const callbackOperations: Readonly<Record<string, Operation>> = { SendTaskSuccess: success, SendTaskFailure: failure, SendTaskHeartbeat: heartbeat };
