import { SignCommand } from '@aws-sdk/client-kms';
import { createHash } from 'node:crypto';
import { decisionBytes, type Decision, type DecisionStatement } from '../../core/approval/decision.ts';
import type { PasskeyAssertion } from '../../core/approval/passkey-assertion.ts';
import { isOneMouth, quorum, seatGroups } from '../../core/approval/quorum.ts';
import { isoSeconds } from '../../core/clock.ts';
import { RotaError } from '../../core/errors.ts';
import type { Person } from '../../core/registry/registry-schema.ts';
import type { Approval, Outcome } from '../../core/approval/approval.ts';
import { publicApproval, type StoredApproval } from '../../store/approval-table.ts';
import type { ApiDeps, SignedBy } from '../deps.ts';
import { refuseAuditor } from '../identity/person.ts';
import { beat, deliver } from './deliver.ts';
import { closeIfOver, tellDue } from './look-after.ts';

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
    // One time for check and signature: what counts as decided in time is signed with a time before the deadline.
    const nowMs = deps.clock.now();
    await checkMayDecide(deps, read, person, request, nowMs);
    const decision = await signedDecision(deps, read, person, by, request, nowMs);
    const outcome = outcomeWith(read, decision);
    if (!(await deps.store.approvals.decide(read, decision, outcome))) continue;
    const decided = { ...read, decisions: [...read.decisions, decision], outcome };
    if (outcome === 'open') await beat(deps, decided);
    else await deliver(deps, decided);
    const stands = await deps.store.approvals.get(request.approvalId);
    // It was decided, but too late: whoever decided must not think that it has an effect.
    if (stands.outcome === 'void' || stands.outcome === 'timed out') throw closed(stands);
    // What is not told now is told by the schedule.
    await tellDue(deps, stands).catch(() => undefined);
    return publicApproval(stands);
  }
}

function outcomeWith(read: StoredApproval, decision: Decision): Outcome {
  const says = quorum(read, [...read.decisions, decision]).outcome;
  return says === 'waiting' ? 'open' : says;
}

/** May this person still decide this, and is it this that they read? (P4, P5) */
export async function checkMayDecide(deps: ApiDeps, read: StoredApproval, person: Person, request: Pick<DecisionRequest, 'planDigest'>, nowMs = deps.clock.now()): Promise<void> {
  const { store } = deps;
  const { approvalId } = read;
  refuseAuditor(person, 'decide');
  // Void first: that somebody decided it before is no news to them, that it has no effect is.
  if (read.outcome === 'void') throw closed(read);
  const before = read.decisions.find((d) => d.person === person.id || isOneMouth(d, person));
  if (before) throw new RotaError('AlreadyDecided', { person: before.person, decision: before.decision });
  if (read.outcome !== 'open') throw closed(read);
  if (await closeIfOver(deps, read)) throw closed(await store.approvals.get(approvalId));
  if (read.stage === 'waiver' && (await store.ledger.head(read.rotationId)).outcome !== undefined) throw new RotaError('ApprovalClosed', { approvalId, outcome: 'the rotation has ended' });
  if (person.id === read.requestedBy) throw new RotaError('RequesterMayNotApprove', { person: person.id });
  const { groups, fromMs } = seatGroups(read, person.groups, nowMs);
  if (groups.length === 0 && fromMs !== undefined) throw new RotaError('NotAskedYet', { person: person.id, from: isoSeconds(fromMs) });
  if (groups.length === 0) throw new RotaError('NotAnApprover', { person: person.id, groups: read.rule.all.map((seat) => seat.group) });
  if (request.planDigest !== read.planDigest) throw new RotaError('DigestMismatch', { given: request.planDigest, asked: read.planDigest });
}

const closed = ({ approvalId, outcome, settledAt, voidBecause = [] }: StoredApproval): RotaError =>
  new RotaError('ApprovalClosed', { approvalId, outcome: [outcome, ...(outcome === 'timed out' && settledAt !== undefined ? [`at ${settledAt}`] : []), ...voidBecause].join(' ') });

async function signedDecision({ clients, names }: ApiDeps, read: StoredApproval, person: Person, by: DecidedBy, request: DecisionRequest, nowMs: number): Promise<Decision> {
  const statement: DecisionStatement = {
    approvalId: read.approvalId,
    stage: read.stage,
    planDigest: read.planDigest,
    decision: request.decision,
    person: person.id,
    arn: by.arn,
    groups: person.groups,
    reason: request.reason,
    decidedAt: isoSeconds(nowMs),
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
