/**
 * Ends a wait of a state machine by a word. The word is written down before it is delivered, so that a crash loses none; whether
 * a word that met a closed task had arrived before is read in the execution's history, so that none arrives twice.
 */
import { DescribeExecutionCommand, paginateGetExecutionHistory, SendTaskSuccessCommand } from '@aws-sdk/client-sfn';
import { isoMillis } from '../../core/clock.ts';
import { RotaError } from '../../core/errors.ts';
import { openToken } from '../../store/task-token.ts';
import { waitIdOf, type Wait } from '../../store/wait-table.ts';
import { isClosed } from '../closed-task.ts';
import type { ApiDeps } from '../deps.ts';

export interface Word {
  readonly rotationId: string;
  /** The wait that it ends. */
  readonly name: string;
  readonly say: string;
  readonly by: string;
  readonly reason: string;
}

type Said = Wait & Required<Pick<Wait, 'word'>>;

const isSaid = (wait: Wait): wait is Said => wait.word !== undefined;

/** Whether a wait is still to end: its time is not up, and no word has arrived. */
export const isOpen = ({ until, delivered }: Wait, nowMs: number): boolean => !delivered && Date.parse(until) > nowMs;

/**
 * Says a word to a wait. `delivered` is false when its time ran out in the same moment: then the next opening of the wait is told.
 * Throws `NotWaiting` where the wait is not open or another word was said.
 */
export async function sayWord(deps: ApiDeps, { rotationId, name, say, by, reason }: Word): Promise<{ readonly delivered: boolean }> {
  const { store, clock } = deps;
  for (;;) {
    const wait = await store.waits.get(rotationId, name);
    if (wait === undefined || isSaid(wait) || !isOpen(wait, clock.now())) throw new RotaError('NotWaiting', { rotationId, what: `the word "${say}"` });
    const word = { say, by, reason, at: isoMillis(clock.now()) };
    if (await store.waits.say(wait, word)) return { delivered: await deliverWord(deps, { ...wait, word }) };
  }
}

/** Delivers what a crash left undelivered, or what met a wait whose time was up. */
export async function deliverOwedWords(deps: ApiDeps): Promise<number> {
  const delivered = await Promise.allSettled((await deps.store.waits.owed()).filter(isSaid).map((wait) => deliverWord(deps, wait)));
  return delivered.filter((d) => d.status === 'fulfilled' && d.value).length;
}

/** Answers whether the machine has the word. */
async function deliverWord(deps: ApiDeps, wait: Said): Promise<boolean> {
  const { store } = deps;
  if (wait.carried === true && (await hasTaken(deps, wait))) {
    await store.waits.forget(wait);
    return true;
  }
  if (await send(deps, wait)) {
    await store.waits.markDelivered(wait);
    return true;
  }
  const now = await store.waits.get(wait.rotationId, wait.name);
  if (now !== undefined && now.serial !== wait.serial) return isSaid(now) && !now.delivered ? deliverWord(deps, now) : hasTaken(deps, wait);
  const taken = await hasTaken(deps, wait);
  // Of a rotation that has ended nothing is owed. Else the word stays owed to the next opening of this wait.
  if (taken || (await hasEnded(deps, wait))) await store.waits.markDelivered(wait);
  return taken;
}

async function send({ clients }: ApiDeps, wait: Said): Promise<boolean> {
  const taskToken = await openToken(clients, waitIdOf(wait), wait.encryptedToken);
  try {
    await clients.states.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(outputOf(wait.word)) }));
    return true;
  } catch (error) {
    if (isClosed(error)) return false;
    throw error;
  }
}

const outputOf = ({ say, by, reason }: Said['word']) => ({ word: say, by, reason });

/** Whether a state of the execution has ended by this word; the second is for clocks that differ. */
async function hasTaken({ clients, store }: ApiDeps, { rotationId, word }: Said): Promise<boolean> {
  const { executionArn } = await store.ledger.head(rotationId);
  if (executionArn === undefined) return false;
  const output = JSON.stringify(outputOf(word));
  const sinceMs = Date.parse(word.at) - 1000;
  for await (const { events = [] } of paginateGetExecutionHistory({ client: clients.states, pageSize: 100 }, { executionArn, reverseOrder: true }))
    for (const { timestamp, taskSucceededEventDetails } of events) {
      if ((timestamp?.getTime() ?? 0) < sinceMs) return false;
      if (taskSucceededEventDetails?.output === output) return true;
    }
  return false;
}

async function hasEnded({ clients, store }: ApiDeps, { rotationId }: Wait): Promise<boolean> {
  const { executionArn } = await store.ledger.head(rotationId);
  if (executionArn === undefined) return false;
  return (await clients.states.send(new DescribeExecutionCommand({ executionArn }))).status !== 'RUNNING';
}
