import { DescribeExecutionCommand } from '@aws-sdk/client-sfn';
import type { RotationStatus, StatusWord } from '../../core/rotation-status.ts';
import type { RotationHead } from '../../store/ledger-table.ts';
import type { ApiDeps } from '../deps.ts';

/** Where a rotation stands: computed from ledger, open questions and the execution, never stored. */
export async function statusOf(deps: ApiDeps, head: RotationHead): Promise<RotationStatus> {
  const { rotationId, plan, cutoverPlan } = head;
  const open = (await deps.store.approvals.ofRotation(rotationId)).filter((a) => a.outcome === 'open');
  const execution = await executionState(deps, head);
  const isRollback = plan !== undefined && 'stage' in plan;
  const steps = (await deps.store.ledger.steps(rotationId)).map(({ step, intendedAt, completedAt, attempts }) => ({
    step,
    intendedAt,
    attempts,
    ...(completedAt === undefined ? {} : { completedAt }),
  }));
  const error = head.error ?? (execution.error === undefined ? undefined : { name: execution.error, sentence: execution.cause ?? '' });
  const oldKeyId = plan === undefined ? undefined : isRollback ? plan.oldKeyId : plan.oldKey.keyId;
  const newKeyId = isRollback ? plan.newKeyId : head.newKeyId;
  return {
    rotationId,
    workflow: head.workflow,
    alias: head.alias,
    status: wordFor(head, execution.status, open.length),
    requestedBy: head.requestedBy,
    requestedAt: head.requestedAt,
    reason: head.reason,
    aliases: isRollback ? plan.aliases : (cutoverPlan?.aliases ?? plan?.aliases ?? []),
    waitingFor: open.map((a) => a.approvalId),
    steps,
    leftBehind: head.leftBehind ?? [],
    ...(head.executionArn === undefined ? {} : { executionArn: head.executionArn }),
    ...(oldKeyId === undefined ? {} : { oldKeyId }),
    ...(newKeyId === undefined ? {} : { newKeyId }),
    ...(error === undefined ? {} : { error }),
    ...(head.dossierSequence === undefined ? {} : { dossierSequence: head.dossierSequence }),
    ...(head.undoes === undefined ? {} : { undoes: head.undoes }),
    ...(head.rolledBackBy === undefined ? {} : { rolledBackBy: head.rolledBackBy }),
  };
}

interface ExecutionState {
  readonly status: string;
  readonly error?: string;
  readonly cause?: string;
}

async function executionState({ clients }: ApiDeps, { executionArn }: RotationHead): Promise<ExecutionState> {
  if (executionArn === undefined) return { status: 'RUNNING' };
  const { status = 'RUNNING', error, cause } = await clients.states.send(new DescribeExecutionCommand({ executionArn }));
  return { status, ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
}

function wordFor(head: RotationHead, execution: string, openQuestions: number): StatusWord {
  if (execution === 'SUCCEEDED') return head.rolledBackBy === undefined ? 'SUCCEEDED' : 'ROLLED_BACK';
  if (execution !== 'RUNNING') return 'FAILED';
  return openQuestions > 0 ? 'WAITING' : 'RUNNING';
}
