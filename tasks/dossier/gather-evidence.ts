import { DescribeStateMachineForExecutionCommand, paginateGetExecutionHistory, type SFNClient } from '@aws-sdk/client-sfn';
import type { z } from 'zod';
import { sha256Hex, type Json } from '../../core/canonical-json.ts';
import type { Decision } from '../../core/approval/decision.ts';
import { failureSentence } from '../../core/failure-sentence.ts';
import { withoutTaskTokens } from '../../core/dossier/redact.ts';
import { escrowObjectKey } from '../../core/material/escrow.ts';
import { hasStop } from '../../core/plan/key-policy.ts';
import { rolloverOf } from '../../core/plan/plan.ts';
import type { ApprovalRecord, KeySnapshot, RotationPredicate } from '../../core/dossier/statement.ts';
import { describeKey, policyOf, snapshotKey } from '../../store/key-facts.ts';
import type { RotationHead } from '../../store/ledger-table.ts';
import type { StoredApproval } from '../../store/approval-table.ts';
import { lastResult } from '../done-steps.ts';
import type { Context } from '../task.ts';
import type { Failure } from './seal-dossier.ts';

export const evidenceActions = ['states:GetExecutionHistory', 'states:DescribeStateMachineForExecution', 'dynamodb:BatchGetItem'] as const;

type Evidence = Omit<RotationPredicate, 'sequence' | 'previous' | 'decisionKeySpki'>;

/** Collects what a dossier holds, from ledger, approvals, execution history and the keys as they stand. */
export async function gatherEvidence(context: Context, executionArn: string, ended: Ended): Promise<Evidence> {
  const { head, store, clients, now, movedClockSeconds } = context;
  const { failure } = ended;
  const { plan, retirePlan, cutoverPlan, rollbackPlan } = head;
  const outcome = outcomeOf(ended, plan !== undefined && 'stage' in plan);
  const moved = movedClockSeconds();
  const seen = await Promise.all(keysOf(head).map((keyId) => snapshotKey(clients.kms, keyId).catch((error: unknown) => unreadText(keyId, error))));
  return {
    version: 1,
    rotationId: head.rotationId,
    outcome,
    ...(failure === undefined ? {} : { error: { name: failure.name, sentence: failureSentence(failure) } }),
    requestedBy: head.requestedBy,
    reason: head.reason,
    startedAt: head.requestedAt,
    sealedAt: now,
    ...(plan === undefined ? {} : { plan }),
    ...(retirePlan === undefined ? {} : { retirePlan }),
    ...(cutoverPlan === undefined ? {} : { cutoverPlan }),
    ...(rollbackPlan === undefined ? {} : { rollbackPlan }),
    ...(await publicationsOf(context)),
    approvals: await approvalsOf(context, outcome),
    steps: await store.ledger.steps(head.rotationId),
    keys: { before: snapshotsBefore(context), after: seen.filter((s) => typeof s !== 'string') },
    leftBehind: [...(head.leftBehind ?? []), ...(await leftEscrowed(context)), ...(await leftPublished(context, outcome)), ...(await retirementLeft(context, ended)), ...unfinishedText(ended, head), ...seen.filter((s) => typeof s === 'string')],
    execution: await executionEvidence(clients.states, executionArn),
    ...(moved === 0 ? {} : { movedClockSeconds: moved }),
  };
}

/** Who locks Rota out of a key, or deletes it, must not thereby keep the dossier from being sealed (P8), and the next rotation from its lock. */
function unreadText(keyId: string, error: unknown): string {
  if (!(error instanceof Error) || !['AccessDeniedException', 'NotFoundException'].includes(error.name)) throw error;
  return `How key ${keyId} stands could not be read: ${error.name}.`;
}

/** The keys that a rotation, a rollback or a retirement is about. */
function keysOf({ plan, retirePlan, newKeyId }: RotationHead): string[] {
  if (retirePlan !== undefined) return [retirePlan.keyId];
  if (plan !== undefined && 'stage' in plan) return [plan.oldKeyId, plan.newKeyId];
  return [plan?.oldKey.keyId, newKeyId].filter((id) => id !== undefined);
}

/** How a rotation ended: by a failure, or by the outcome that the workflow states; both where what failed came after the cutover. */
interface Ended {
  readonly failure?: z.infer<typeof Failure>;
  readonly outcome?: 'complete' | 'rolled-back';
}

function outcomeOf({ failure, outcome }: Ended, isRollback: boolean): RotationPredicate['outcome'] {
  if (outcome !== undefined) return outcome;
  if (failure !== undefined) return ['ApprovalRefused', 'ApprovalTimedOut'].includes(failure.name) ? 'refused' : 'failed';
  return isRollback ? 'rolled-back' : 'complete';
}

const unfinishedText = ({ failure, outcome }: Ended, { retirePlan }: RotationHead): string[] => {
  if (failure === undefined || outcome === undefined) return [];
  return [`${standsText(outcome, retirePlan?.keyId)} was not finished: ${failureSentence(failure)}`];
};

function standsText(outcome: 'complete' | 'rolled-back', retired: string | undefined): string {
  if (retired !== undefined) return `Key ${retired} is ${outcome === 'complete' ? 'Disabled' : 'back in use'}, but what follows`;
  return outcome === 'complete' ? 'The new key serves, but what follows the cutover' : 'The old key serves again, but what follows the rollback';
}

/** What a retirement that failed could not put back. */
async function retirementLeft({ head: { rotationId, retirePlan }, store, clients }: Context, { failure, outcome }: Ended): Promise<string[]> {
  if (retirePlan === undefined || failure === undefined || outcome !== undefined) return [];
  const touched = (await store.ledger.steps(rotationId)).some((s) => s.step.startsWith('stop-retired-key'));
  if (!touched) return [];
  const { keyId, stoppedBefore } = retirePlan;
  const look = async (): Promise<string[]> => {
    const { KeyState: state } = await describeKey(clients.kms, keyId);
    return [
      ...(state === 'Enabled' ? [] : [`Key ${keyId} is ${state ?? 'in an unknown state'}.`]),
      ...(hasStop(await policyOf(clients.kms, keyId)) && !stoppedBefore ? [`The policy of key ${keyId} still has the statement RotaStopped.`] : []),
    ];
  };
  return look().catch((error: unknown) => [unreadText(keyId, error)]);
}

/** What consumers were given, and what they said. */
async function publicationsOf({ head: { plan, alias, rotationId }, store }: Context): Promise<Pick<Evidence, 'publications' | 'acknowledgements'>> {
  if (rolloverOf(plan) === undefined) return {};
  const sets = await store.publications.ofRotation(alias, rotationId);
  return {
    publications: sets.map(({ sequence, stage, keySetSha256, madeAt, keys }) => ({ sequence, stage, keySetSha256, madeAt, kids: keys.map((k) => k.kid) })),
    acknowledgements: (await store.acknowledgements.ofRotation(rotationId)).map((a) => ({ ...a })),
  };
}

/** Envelopes of attempts that came to nothing: a crash before the ledger had their ciphertext, or a token that expired. */
async function leftEscrowed(context: Context): Promise<string[]> {
  const { rotationId, plan } = context.head;
  if (plan === undefined || 'stage' in plan || plan.material === undefined) return [];
  const imported = await lastResult<{ readonly fingerprint: string }>(context, 'import-material');
  const ofKey = imported === undefined ? undefined : escrowObjectKey(rotationId, imported.fingerprint);
  return (await context.store.dossiers.escrowsOf(rotationId)).filter((object) => object !== ofKey).map((object) => `Envelope ${object} holds material that no key has: it opens nothing.`);
}

/** A key that consumers still find, though the rotation ended with the other one. */
async function leftPublished({ head: { plan, alias, newKeyId }, store }: Context, outcome: RotationPredicate['outcome']): Promise<string[]> {
  if (rolloverOf(plan) === undefined || newKeyId === undefined || outcome === 'complete') return [];
  const latest = await store.publications.latest(alias);
  const there = latest?.keys.some((k) => k.keyArn.endsWith(`/${newKeyId}`)) === true;
  return there ? [`Key set ${latest.sequence} of ${alias} still holds key ${newKeyId}, which signs nothing: the next rotation's set will hold it too.`] : [];
}

/** How the old key stood when the plan was made; the plan carries it, so nothing else had to be kept. */
function snapshotsBefore({ head: { plan, retirePlan } }: Context): KeySnapshot[] {
  if (retirePlan !== undefined) return [{ keyId: retirePlan.keyId, state: 'Enabled', aliases: [], policyDigest: retirePlan.policyDigest, tags: retirePlan.tags }];
  if (plan === undefined || 'stage' in plan) return [];
  const { oldKey, aliases, oldKeyPolicyDigest, oldKeyTags } = plan;
  return [{ keyId: oldKey.keyId, state: 'Enabled', aliases: aliases.map((a) => a.alias), policyDigest: oldKeyPolicyDigest, tags: oldKeyTags }];
}

/** The questions of this rotation; one that is still open when a rotation ends without effect is out of time. */
async function approvalsOf({ head, store, now }: Context, outcome: RotationPredicate['outcome']): Promise<ApprovalRecord[]> {
  const records: ApprovalRecord[] = [];
  for (const asked of await store.approvals.ofRotation(head.rotationId)) {
    if (outcome !== 'complete' && asked.outcome === 'open') await store.approvals.close(asked, 'timed out', now);
    records.push(recordOf(await store.approvals.get(asked.approvalId)));
  }
  return records;
}

const recordOf = ({ approvalId, stage, planDigest, rule, requestedBy, requestedAt, deadline, outcome, decisions, firstSeen, settledAt, voidBecause }: StoredApproval): ApprovalRecord => ({
  approvalId,
  stage,
  planDigest,
  rule,
  requestedBy,
  requestedAt,
  deadline,
  outcome,
  ...(firstSeen === undefined ? {} : { firstSeen }),
  ...(settledAt === undefined ? {} : { settledAt }),
  ...(voidBecause === undefined ? {} : { voidBecause: [...voidBecause] }),
  decisions: decisions as Decision[],
});

async function executionEvidence(states: SFNClient, executionArn: string): Promise<RotationPredicate['execution']> {
  const { definition = '' } = await states.send(new DescribeStateMachineForExecutionCommand({ executionArn }));
  const history: Json[] = [];
  for await (const page of paginateGetExecutionHistory({ client: states, pageSize: 1000 }, { executionArn, includeExecutionData: true }))
    for (const event of page.events ?? []) history.push(JSON.parse(JSON.stringify(withoutTaskTokens(event))) as Json);
  return { arn: executionArn, definitionSha256: sha256Hex(Buffer.from(definition, 'utf8')), history };
}
