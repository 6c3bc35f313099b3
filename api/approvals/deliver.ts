import { DescribeExecutionCommand, ExecutionDoesNotExist, paginateGetExecutionHistory, SendTaskFailureCommand, SendTaskHeartbeatCommand, SendTaskSuccessCommand, type HistoryEvent } from '@aws-sdk/client-sfn';
import { askState } from '../../core/approval/ask-state.ts';
import { isoSeconds } from '../../core/clock.ts';
import { RotaError } from '../../core/errors.ts';
import type { StoredApproval } from '../../store/approval-table.ts';
import { openToken } from '../../store/task-token.ts';
import { settleWaiver } from '../acknowledgements/waiver.ts';
import { isClosed } from '../closed-task.ts';
import type { ApiDeps } from '../deps.ts';

const tokenOf = ({ clients }: ApiDeps, { approvalId, encryptedToken }: StoredApproval): Promise<string> => openToken(clients, approvalId, encryptedToken);

/**
 * Gives a settled question its effect: a waiver is recorded, any other outcome is told to the workflow. Repeated it does no harm. Where the
 * workflow had gone on without it, the question is void, so that nobody is told that they decided what they did not.
 */
export async function deliver(deps: ApiDeps, approval: StoredApproval): Promise<void> {
  if (approval.stage === 'waiver') await settleWaiver(deps, approval);
  else if (!(await tell(deps, approval)) && !(await hasTaken(deps, approval))) return overtaken(deps, approval);
  await deps.store.approvals.markDelivered(approval);
}

/** What a workflow is told of an outcome; of one that is open or void, nothing. */
type Answer = { readonly output: string } | { readonly error: string; readonly cause: string };

function answerOf({ approvalId, stage, decisions, outcome }: StoredApproval): Answer | undefined {
  if (outcome === 'approved') return { output: JSON.stringify({ approvalId, outcome }) };
  // As the workflow itself says it when its own time is up (workflows/fragments/approval.ts).
  if (outcome === 'timed out') return { error: 'ApprovalTimedOut', cause: stage };
  const refusal = decisions.find((d) => d.decision === 'refuse');
  if (outcome !== 'refused' || refusal === undefined) return undefined;
  return { error: 'ApprovalRefused', cause: new RotaError('ApprovalRefused', { person: refusal.person, stage, reason: refusal.reason }).message };
}

/** The first answer wins. Answers whether the workflow took this one now. */
async function tell(deps: ApiDeps, approval: StoredApproval): Promise<boolean> {
  const answer = answerOf(approval);
  if (answer === undefined) return true;
  const taskToken = await tokenOf(deps, approval);
  const { states } = deps.clients;
  return unlessClosed(() => ('output' in answer ? states.send(new SendTaskSuccessCommand({ taskToken, ...answer })) : states.send(new SendTaskFailureCommand({ taskToken, ...answer }))));
}

async function unlessClosed(send: () => Promise<unknown>): Promise<boolean> {
  try {
    await send();
    return true;
  } catch (error) {
    if (isClosed(error)) return false;
    throw error;
  }
}

/** Whether the workflow had this answer before: a crash came between telling it and writing down that it was told. */
async function hasTaken({ clients, store }: ApiDeps, approval: StoredApproval): Promise<boolean> {
  const { executionArn } = await store.ledger.head(approval.rotationId);
  const answer = answerOf(approval);
  if (executionArn === undefined || answer === undefined) return true;
  const sinceMs = Date.parse(approval.settledAt ?? approval.requestedAt) - 1000;
  const isAnswer = ({ taskSucceededEventDetails: done, taskFailedEventDetails: failed }: HistoryEvent): boolean =>
    'output' in answer ? done?.output === answer.output : failed?.error === answer.error && failed.cause === answer.cause;
  try {
    for await (const { events = [] } of paginateGetExecutionHistory({ client: clients.states, pageSize: 100 }, { executionArn, reverseOrder: true }))
      for (const event of events) {
        if ((event.timestamp?.getTime() ?? 0) < sinceMs) return false;
        if (isAnswer(event)) return true;
      }
    return false;
  } catch (error) {
    // Long over: nothing is owed to what Step Functions has forgotten.
    if (error instanceof ExecutionDoesNotExist) return true;
    throw error;
  }
}

/**
 * Whether the workflow is between two tries of asking: the one before failed when the question stood already. The next renews the token, and what
 * was decided is owed to that one.
 */
async function asksAgain({ clients, store }: ApiDeps, { rotationId, stage }: StoredApproval): Promise<boolean> {
  const { executionArn } = await store.ledger.head(rotationId);
  if (executionArn === undefined || (await clients.states.send(new DescribeExecutionCommand({ executionArn }))).status !== 'RUNNING') return false;
  for await (const { events = [] } of paginateGetExecutionHistory({ client: clients.states, pageSize: 100 }, { executionArn, reverseOrder: true }))
    for (const { stateEnteredEventDetails: entered, stateExitedEventDetails: exited } of events) if (entered ?? exited) return entered?.name === askState(stage);
  return false;
}

/** The workflow does not wait on this token any more. A retry may have renewed it meanwhile: then the outcome is owed to the new one. */
async function overtaken(deps: ApiDeps, told: StoredApproval): Promise<void> {
  const { store, clock } = deps;
  const now = await store.approvals.get(told.approvalId);
  if (!sameToken(now, told)) return deliver(deps, now);
  // Another decision may have settled it in the same moment: that one has its own effect.
  if (now.outcome !== told.outcome || (await asksAgain(deps, now))) return;
  if (now.outcome !== 'timed out')
    await store.approvals.close(now, 'void', isoSeconds(clock.now()), ['the rotation had stopped waiting for it before it was decided']);
  await store.approvals.markDelivered(now);
}

const sameToken = (a: StoredApproval, b: StoredApproval): boolean => Buffer.compare(a.encryptedToken, b.encryptedToken) === 0;

/** A decision that leaves the question open shows that people are at it: the silence counts anew. Nothing waits on a waiver. */
export async function beat(deps: ApiDeps, approval: StoredApproval): Promise<void> {
  if (approval.stage === 'waiver') return;
  const taskToken = await tokenOf(deps, approval);
  if (!(await unlessClosed(() => deps.clients.states.send(new SendTaskHeartbeatCommand({ taskToken }))))) await overtaken(deps, approval);
}

/**
 * Delivers what a crash left undelivered: an outcome that was recorded, but whose workflow was not told, or whose token
 * was renewed by a retry.
 */
export async function deliverPending(deps: ApiDeps, restless = deps.store.approvals.restless()): Promise<number> {
  const owed = (await restless).filter((a) => !a.delivered && a.outcome !== 'open' && a.outcome !== 'void');
  const delivered = await Promise.allSettled(owed.map((approval) => deliver(deps, approval)));
  return delivered.filter((d) => d.status === 'fulfilled').length;
}
