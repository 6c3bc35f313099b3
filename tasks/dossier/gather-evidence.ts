import { DescribeStateMachineForExecutionCommand, paginateGetExecutionHistory, type SFNClient } from '@aws-sdk/client-sfn';
import type { z } from 'zod';
import { sha256Hex, type Json } from '../../core/canonical-json.ts';
import type { Decision } from '../../core/approval/decision.ts';
import { withoutTaskTokens } from '../../core/dossier/redact.ts';
import type { ApprovalRecord, KeySnapshot, RotationPredicate } from '../../core/dossier/statement.ts';
import { snapshotKey } from '../../store/key-facts.ts';
import type { StoredApproval } from '../../store/approval-table.ts';
import type { Context } from '../task.ts';
import type { Failure } from './seal-dossier.ts';

export const evidenceActions = ['states:GetExecutionHistory', 'states:DescribeStateMachineForExecution', 'dynamodb:Scan'] as const;

type Evidence = Omit<RotationPredicate, 'sequence' | 'previous' | 'decisionKeySpki'>;

/** Collects what a dossier holds, from ledger, approvals, execution history and the keys as they stand. */
export async function gatherEvidence(context: Context, executionArn: string, failure?: z.infer<typeof Failure>): Promise<Evidence> {
  const { head, store, clients, now, movedClockSeconds } = context;
  const { plan, cutoverPlan, newKeyId } = head;
  const isRollback = plan !== undefined && 'stage' in plan;
  const moved = movedClockSeconds();
  const oldKeyId = plan === undefined ? undefined : isRollback ? plan.oldKeyId : plan.oldKey.keyId;
  const keyIds = [oldKeyId, isRollback ? plan.newKeyId : newKeyId].filter((id) => id !== undefined);
  const after: KeySnapshot[] = [];
  for (const keyId of keyIds) after.push(await snapshotKey(clients.kms, keyId));
  return {
    version: 1,
    rotationId: head.rotationId,
    outcome: outcomeOf(failure, isRollback),
    ...(failure === undefined ? {} : { error: { name: failure.name, sentence: sentenceOf(failure) } }),
    requestedBy: head.requestedBy,
    reason: head.reason,
    startedAt: head.requestedAt,
    sealedAt: now,
    ...(plan === undefined ? {} : { plan }),
    ...(cutoverPlan === undefined ? {} : { cutoverPlan }),
    approvals: await approvalsOf(context, failure !== undefined),
    steps: await store.ledger.steps(head.rotationId),
    keys: { before: snapshotsBefore(context), after },
    leftBehind: [...(head.leftBehind ?? [])],
    execution: await executionEvidence(clients.states, executionArn),
    ...(moved === 0 ? {} : { movedClockSeconds: moved }),
  };
}

function outcomeOf(failure: z.infer<typeof Failure> | undefined, isRollback: boolean): RotationPredicate['outcome'] {
  if (failure !== undefined) return ['ApprovalRefused', 'ApprovalTimedOut'].includes(failure.name) ? 'refused' : 'failed';
  return isRollback ? 'rolled-back' : 'complete';
}

/** Lambda gives the cause as JSON with `errorMessage`; Step Functions itself gives plain words. */
function sentenceOf({ name, cause }: z.infer<typeof Failure>): string {
  if (name === 'ApprovalTimedOut') return `Nobody decided on the ${cause} in time.`;
  try {
    const { errorMessage } = JSON.parse(cause) as { errorMessage?: unknown };
    if (typeof errorMessage === 'string') return errorMessage;
  } catch {
    // Plain words then.
  }
  return cause === '' ? name : cause;
}

/** How the old key stood when the plan was made; the plan carries it, so nothing else had to be kept. */
function snapshotsBefore({ head: { plan } }: Context): KeySnapshot[] {
  if (plan === undefined || 'stage' in plan) return [];
  const { oldKey, aliases, oldKeyPolicyDigest, oldKeyTags } = plan;
  return [{ keyId: oldKey.keyId, state: 'Enabled', aliases: aliases.map((a) => a.alias), policyDigest: oldKeyPolicyDigest, tags: oldKeyTags }];
}

/** The questions of this rotation; one that is still open when a rotation ends without effect is out of time. */
async function approvalsOf({ head, store }: Context, failed: boolean): Promise<ApprovalRecord[]> {
  const records: ApprovalRecord[] = [];
  for (const asked of await store.approvals.ofRotation(head.rotationId)) {
    if (failed && asked.outcome === 'open') await store.approvals.close(asked, 'timed out');
    records.push(recordOf(await store.approvals.get(asked.approvalId)));
  }
  return records;
}

const recordOf = ({ approvalId, stage, planDigest, rule, requestedBy, requestedAt, deadline, outcome, decisions }: StoredApproval): ApprovalRecord => ({
  approvalId,
  stage,
  planDigest,
  rule,
  requestedBy,
  requestedAt,
  deadline,
  outcome,
  decisions: decisions as Decision[],
});

async function executionEvidence(states: SFNClient, executionArn: string): Promise<RotationPredicate['execution']> {
  const { definition = '' } = await states.send(new DescribeStateMachineForExecutionCommand({ executionArn }));
  const history: Json[] = [];
  for await (const page of paginateGetExecutionHistory({ client: states, pageSize: 1000 }, { executionArn, includeExecutionData: true }))
    for (const event of page.events ?? []) history.push(JSON.parse(JSON.stringify(withoutTaskTokens(event))) as Json);
  return { arn: executionArn, definitionSha256: sha256Hex(Buffer.from(definition, 'utf8')), history };
}
