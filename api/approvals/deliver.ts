import { SendTaskFailureCommand, SendTaskHeartbeatCommand, SendTaskSuccessCommand } from '@aws-sdk/client-sfn';
import { RotaError } from '../../core/errors.ts';
import type { StoredApproval } from '../../store/approval-table.ts';
import { openToken } from '../../store/task-token.ts';
import { settleWaiver } from '../acknowledgements/waiver.ts';
import { isClosed } from '../closed-task.ts';
import type { ApiDeps } from '../deps.ts';

const tokenOf = ({ clients }: ApiDeps, { approvalId, encryptedToken }: StoredApproval): Promise<string> => openToken(clients, approvalId, encryptedToken);

/** Gives a settled question its effect: a waiver is recorded, any other outcome is told to the workflow. Repeated it does no harm. */
export async function deliver(deps: ApiDeps, approval: StoredApproval): Promise<void> {
  await (approval.stage === 'waiver' ? settleWaiver(deps, approval) : tell(deps, approval));
  await deps.store.approvals.markDelivered(approval);
}

/** The first answer wins, a second one finds the task closed. */
async function tell(deps: ApiDeps, approval: StoredApproval): Promise<void> {
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
}

/** A decision that leaves the question open shows that people are at it: the silence counts anew. Nothing waits on a waiver. */
export async function beat(deps: ApiDeps, approval: StoredApproval): Promise<void> {
  if (approval.stage === 'waiver') return;
  try {
    await deps.clients.states.send(new SendTaskHeartbeatCommand({ taskToken: await tokenOf(deps, approval) }));
  } catch (error) {
    if (!isClosed(error)) throw error;
  }
}

/**
 * Delivers what a crash left undelivered: an outcome that was recorded, but whose workflow was not told, or whose token
 * was renewed by a retry.
 */
export async function deliverPending(deps: ApiDeps): Promise<number> {
  const owed = (await deps.store.approvals.all()).filter((a) => !a.delivered && (a.outcome === 'approved' || a.outcome === 'refused'));
  const delivered = await Promise.allSettled(owed.map((approval) => deliver(deps, approval)));
  return delivered.filter((d) => d.status === 'fulfilled').length;
}
