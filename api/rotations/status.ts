import { DescribeExecutionCommand, ExecutionDoesNotExist } from '@aws-sdk/client-sfn';
import type { StepRecord } from '../../core/dossier/statement.ts';
import { failureSentence } from '../../core/failure-sentence.ts';
import type { RotationStatus, StatusWord } from '../../core/rotation-status.ts';
import type { RotationHead } from '../../store/ledger-table.ts';
import type { Approval } from '../../core/approval/approval.ts';
import { rolloverStatus } from '../acknowledgements/rollover-status.ts';
import type { ApiDeps } from '../deps.ts';
import { isOpen } from '../waits/answer.ts';

/** Where a rotation stands: computed from ledger, open questions and the execution, never stored. */
export const statusOf = (deps: ApiDeps, head: RotationHead): Promise<RotationStatus> => statusBy(deps, head, executionState);

/** The same of many. Of those that have ended the ledger knows all; of the others it is believed where AWS is asked too much. */
export const statusOfEach = (deps: ApiDeps, heads: readonly RotationHead[]): Promise<RotationStatus[]> => Promise.all(heads.map((head) => statusBy(deps, head, executionStateAmongMany)));

async function statusBy(deps: ApiDeps, head: RotationHead, stateOf: typeof executionState): Promise<RotationStatus> {
  const { rotationId, plan, retirePlan, cutoverPlan } = head;
  const open = (await deps.store.approvals.ofRotation(rotationId)).filter((a) => a.outcome === 'open' && !isVoid(a, head, deps.clock.now()));
  const execution = await stateOf(deps, head);
  const isRollback = plan !== undefined && 'stage' in plan;
  const records = await deps.store.ledger.steps(rotationId);
  const rollover = await rolloverStatus(deps, head, records);
  const waits = execution.status === 'RUNNING' ? [...(await openWaits(deps, head)), ...freezes(records, deps.clock.now())] : [];
  const steps = records.map(({ step, intendedAt, completedAt, attempts }) => ({
    step,
    intendedAt,
    attempts,
    ...(completedAt === undefined ? {} : { completedAt }),
  }));
  const error = head.error ?? (execution.error === undefined ? undefined : { name: execution.error, sentence: failureSentence({ name: execution.error, cause: execution.cause ?? '' }) });
  const oldKeyId = plan === undefined ? head.keyId : isRollback ? plan.oldKeyId : plan.oldKey.keyId;
  const newKeyId = isRollback ? plan.newKeyId : (head.newKeyId ?? retirePlan?.successorKeyId);
  return {
    rotationId,
    workflow: head.workflow,
    alias: head.alias,
    status: wordFor(head, execution.status, open.length > 0 || waits.some((w) => waitsForPeople.includes(w.name))),
    requestedBy: head.requestedBy,
    requestedAt: head.requestedAt,
    reason: head.reason,
    aliases: isRollback ? plan.aliases : (cutoverPlan?.aliases ?? plan?.aliases ?? []),
    waitingFor: open.map((a) => a.approvalId),
    waits,
    ...(rollover === undefined ? {} : { rollover }),
    ...(head.quiet === undefined ? {} : { quiet: head.quiet }),
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
  const described = await clients.states.send(new DescribeExecutionCommand({ executionArn })).catch(unlessForgotten);
  if (described === undefined) return { status: 'FORGOTTEN' };
  const { status = 'RUNNING', error, cause } = described;
  return { status, ...(error === undefined ? {} : { error }), ...(cause === undefined ? {} : { cause }) };
}

/**
 * AWS answers about ten DescribeExecution a second, to everybody in the account: of a ledger of years most are not asked about, and one that is refused for the rate goes by
 * the ledger, in which it runs. Step Functions Developer Guide, "Quotas", state throttling.
 */
async function executionStateAmongMany(deps: ApiDeps, head: RotationHead): Promise<ExecutionState> {
  if (head.outcome !== undefined) return { status: 'ENDED' };
  return executionState(deps, head).catch((error: unknown) => {
    if ((error as Error).name !== 'ThrottlingException') throw error;
    return { status: 'RUNNING' };
  });
}

/** Step Functions forgets an execution 90 days after its end; ledger and dossier do not. Developer Guide, "Quotas", execution history retention. */
function unlessForgotten(error: unknown): undefined {
  if (!(error instanceof ExecutionDoesNotExist)) throw error;
}

/** A waiver has no machine behind it that would close it. */
const isVoid = ({ stage, deadline }: Approval, { outcome }: RotationHead, nowMs: number): boolean => stage === 'waiver' && (outcome !== undefined || Date.parse(deadline) <= nowMs);

/** Waits that end when somebody does something; the others are a matter of time. */
const waitsForPeople: readonly string[] = ['hold', 'acknowledgements'];

/** The waits of a rotation that a word may still end. A rotation with neither a rollover nor a gate has none. */
async function openWaits({ store, clock }: ApiDeps, { rotationId, workflow, quiet }: RotationHead): Promise<RotationStatus['waits']> {
  if (workflow === 'alias-rollback' || (workflow === 'byok-rotation' && quiet === undefined)) return [];
  const open = (await store.waits.ofRotation(rotationId)).filter((wait) => isOpen(wait, clock.now()));
  return open.map(({ name, until, because }) => ({ name, until, because }));
}

/** What the calendar holds; the step that looked at it says until when. */
const freezes = (steps: readonly StepRecord[], nowMs: number): RotationStatus['waits'] =>
  steps
    .filter(({ step }) => step.startsWith('check-freeze'))
    .map(({ result }) => result as { frozen: boolean; until: string; because: string } | undefined)
    .filter((r) => r?.frozen === true && (r.until === 'never' || Date.parse(r.until) > nowMs))
    .flatMap((r) => (r === undefined ? [] : [{ name: 'freeze', until: r.until, because: r.because }]));

function wordFor(head: RotationHead, execution: string, waiting: boolean): StatusWord {
  if (execution === 'RUNNING') return waiting ? 'WAITING' : 'RUNNING';
  // A rollback of its own has done what was asked; a rotation that went back, or was rolled back by one, has not.
  if (head.rolledBackBy !== undefined || (head.outcome === 'rolled-back' && head.workflow !== 'alias-rollback')) return 'ROLLED_BACK';
  // One that was stopped after its cutover is complete, with what its dossier says is left.
  return execution === 'SUCCEEDED' || head.outcome === 'complete' || head.outcome === 'rolled-back' ? 'SUCCEEDED' : 'FAILED';
}
