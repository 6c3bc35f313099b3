import { SignCommand } from '@aws-sdk/client-kms';
import { createHash } from 'node:crypto';
import { decisionBytes, type Decision, type DecisionStatement } from '../../core/approval/decision.ts';
import type { PasskeyAssertion } from '../../core/approval/passkey-assertion.ts';
import { quorum } from '../../core/approval/quorum.ts';
import { isoSeconds } from '../../core/clock.ts';
import { RotaError } from '../../core/errors.ts';
import type { Person } from '../../core/registry/registry-schema.ts';
import { publicApproval, type Approval, type Outcome, type StoredApproval } from '../../store/approval-table.ts';
import type { ApiDeps, SignedBy } from '../deps.ts';
import { refuseAuditor } from '../identity/person.ts';
import { beat, deliver } from './deliver.ts';

export interface DecisionRequest {
  readonly approvalId: string;
  readonly decision: 'approve' | 'refuse';
  readonly reason: string;
  readonly planDigest: string;
}

/** How the decider showed who they are: by the signature of a request, or by their own passkey. */
export interface DecidedBy extends SignedBy {
  readonly passkey?: PasskeyAssertion;
}

/**
 * Records one person's decision and, when it settles the question, tells the workflow. Two people who decide in the same
 * instant are taken one after the other: a write that lost the race reads again and decides on what it then sees.
 */
export async function decide(deps: ApiDeps, person: Person, by: DecidedBy, request: DecisionRequest): Promise<Approval> {
  for (;;) {
    const read = await deps.store.approvals.get(request.approvalId);
    await checkMayDecide(deps, read, person, request);
    const decision = await signedDecision(deps, read, person, by, request);
    const outcome = outcomeWith(read, decision);
    if (!(await deps.store.approvals.decide(read, decision, outcome))) continue;
    const decided = { ...read, decisions: [...read.decisions, decision], outcome };
    if (outcome === 'open') await beat(deps, decided);
    else await deliver(deps, decided);
    return publicApproval(await deps.store.approvals.get(request.approvalId));
  }
}

function outcomeWith({ rule, decisions, requestedBy }: StoredApproval, decision: Decision): Outcome {
  const says = quorum(rule, [...decisions, decision], requestedBy).outcome;
  return says === 'waiting' ? 'open' : says;
}

/** May this person still decide this, and is it this that they read? (P4, P5) */
export async function checkMayDecide({ store, clock }: ApiDeps, read: StoredApproval, person: Person, request: Pick<DecisionRequest, 'planDigest'>): Promise<void> {
  const { approvalId } = read;
  refuseAuditor(person, 'decide');
  const before = read.decisions.find((d) => d.person === person.id);
  if (before) throw new RotaError('AlreadyDecided', { person: person.id, decision: before.decision });
  if (read.outcome !== 'open') throw new RotaError('ApprovalClosed', { approvalId, outcome: read.outcome });
  if (read.deadline <= isoSeconds(clock.now())) {
    await store.approvals.close(read, 'timed out');
    throw new RotaError('ApprovalClosed', { approvalId, outcome: `timed out at ${read.deadline}` });
  }
  if (read.stage === 'waiver' && (await store.ledger.head(read.rotationId)).outcome !== undefined) throw new RotaError('ApprovalClosed', { approvalId, outcome: 'the rotation has ended' });
  if (person.id === read.requestedBy) throw new RotaError('RequesterMayNotApprove', { person: person.id });
  const groups = read.rule.all.map((seat) => seat.group);
  if (!groups.some((g) => person.groups.includes(g))) throw new RotaError('NotAnApprover', { person: person.id, groups });
  if (request.planDigest !== read.planDigest) throw new RotaError('DigestMismatch', { given: request.planDigest, asked: read.planDigest });
}

async function signedDecision({ clients, names, clock }: ApiDeps, read: StoredApproval, person: Person, by: DecidedBy, request: DecisionRequest): Promise<Decision> {
  const statement: DecisionStatement = {
    approvalId: read.approvalId,
    stage: read.stage,
    planDigest: read.planDigest,
    decision: request.decision,
    person: person.id,
    arn: by.arn,
    groups: person.groups,
    reason: request.reason,
    decidedAt: isoSeconds(clock.now()),
    requestId: by.requestId,
    ...(by.passkey === undefined ? {} : { passkey: by.passkey }),
  };
  const { Signature } = await clients.kms.send(
    new SignCommand({
      KeyId: names.decisionKey,
      Message: createHash('sha256').update(decisionBytes(statement)).digest(),
      MessageType: 'DIGEST',
      SigningAlgorithm: 'ECDSA_SHA_256',
    }),
  );
  return { ...statement, signature: Buffer.from(Signature ?? []).toString('base64') };
}
