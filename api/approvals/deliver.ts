import { DecryptCommand } from '@aws-sdk/client-kms';
import { SendTaskFailureCommand, SendTaskHeartbeatCommand, SendTaskSuccessCommand } from '@aws-sdk/client-sfn';
import { RotaError } from '../../core/errors.ts';
import type { StoredApproval } from '../../store/approval-table.ts';
import type { ApiDeps } from '../deps.ts';

/** The workflow no longer waits on this token: it ran out of time, or an earlier delivery of the same outcome arrived. */
const isClosed = (error: unknown): boolean => error instanceof Error && ['TaskTimedOut', 'TaskDoesNotExist'].includes(error.name);

async function tokenOf({ clients }: ApiDeps, { approvalId, encryptedToken }: StoredApproval): Promise<string> {
  const { Plaintext } = await clients.kms.send(new DecryptCommand({ CiphertextBlob: encryptedToken, EncryptionContext: { approvalId } }));
  return Buffer.from(Plaintext ?? []).toString('utf8');
}

/**
 * Tells the workflow the outcome of a settled question. Repeated it does no harm: the first answer wins, a second one
 * finds the task closed.
 */
export async function deliver(deps: ApiDeps, approval: StoredApproval): Promise<void> {
  const { approvalId, stage, decisions, outcome } = approval;
  const taskToken = await tokenOf(deps, approval);
  try {
    const refusal = decisions.find((d) => d.decision === 'refuse');
    if (outcome === 'approved')
      await deps.clients.states.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify({ approvalId, outcome }) }));
    else if (refusal !== undefined) {
      const { message } = new RotaError('ApprovalRefused', { person: refusal.person, stage, reason: refusal.reason });
      await deps.clients.states.send(new SendTaskFailureCommand({ taskToken, error: 'ApprovalRefused', cause: message }));
    }
  } catch (error) {
    if (!isClosed(error)) throw error;
  }
  await deps.store.approvals.markDelivered(approval);
}

/** A decision that leaves the question open shows that people are at it: the silence counts anew. */
export async function beat(deps: ApiDeps, approval: StoredApproval): Promise<void> {
  try {
    await deps.clients.states.send(new SendTaskHeartbeatCommand({ taskToken: await tokenOf(deps, approval) }));
  } catch (error) {
    if (!isClosed(error)) throw error;
  }
}

/**
 * Delivers what a crash left undelivered: an outcome that was recorded, but whose workflow was not told, or whose token
 * was renewed by a retry. Called at start and then on a schedule.
 */
export async function deliverPending(deps: ApiDeps): Promise<number> {
  const owed = (await deps.store.approvals.all()).filter((a) => !a.delivered && (a.outcome === 'approved' || a.outcome === 'refused'));
  const delivered = await Promise.allSettled(owed.map((approval) => deliver(deps, approval)));
  return delivered.filter((d) => d.status === 'fulfilled').length;
}
