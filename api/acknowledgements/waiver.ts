import { isoSeconds } from '../../core/clock.ts';
import { isRotaError, RotaError } from '../../core/errors.ts';
import { planDigest, type Hazard, type WaiverPlan } from '../../core/plan/plan.ts';
import type { Person } from '../../core/registry/registry-schema.ts';
import type { Consumer } from '../../core/registry/rollover-schema.ts';
import { directionOf } from '../../core/rollover/direction.ts';
import { deadlineMs } from '../../core/rollover/reminders.ts';
import type { Approval } from '../../core/approval/approval.ts';
import { approvalIdOf, publicApproval, type StoredApproval } from '../../store/approval-table.ts';
import { tellAsked } from '../../store/tell-once.ts';
import type { ApiDeps } from '../deps.ts';
import { record } from './acknowledge.ts';
import { consumerOf, openRollover, type OpenRollover } from './open-rollover.ts';

/** A waiver is no state of the machine: nothing waits on it, so there is no task token to keep. */
const noToken = new Uint8Array();

/** What happens to a consumer without the new key, by when the old one leaves the key set. */
const breaks: Readonly<Record<ReturnType<typeof directionOf>['oldLeaves'], (consumer: Consumer) => string>> = {
  'after the drain': ({ name, target }) => `From the switch on ${name} refuses whatever the new key signed, until it has fetched ${target} anew; nobody has confirmed that it will.`,
  'at the switch': ({ name, target }) =>
    `${name} may go on with the old public key after it has left ${target}: what it sends opens with the old key alone, which no longer stands behind the alias.`,
};

/** Asks approvers to go on without a consumer's word. Asked twice with the same words it is one question. Throws `ConsumerUnknown`, `NotWaiting`, `ApprovalClosed`. */
export async function askForWaiver(deps: ApiDeps, person: Person, rotationId: string, { consumer: name, reason }: { consumer: string; reason: string }): Promise<Approval> {
  const { store, clock } = deps;
  const open = await openRollover(deps, rotationId);
  const consumer = consumerOf(open, name);
  const given = (await store.acknowledgements.ofRotation(rotationId)).find((a) => a.consumer === name);
  if (given !== undefined) throw new RotaError('NotWaiting', { rotationId, what: `an acknowledgement of ${name}` });
  const plan = waiverPlan(open, consumer, person, reason);
  const digest = planDigest(plan);
  const approvalId = approvalIdOf(rotationId, 'waiver', digest);
  const before = await store.approvals.get(approvalId).catch(unlessMissing);
  if (before !== undefined && before.outcome !== 'open') throw new RotaError('ApprovalClosed', { approvalId, outcome: before.outcome });
  if (before !== undefined) return publicApproval(before);
  const { rule, timeoutSeconds } = plan;
  const deadline = isoSeconds(clock.now() + timeoutSeconds * 1000);
  const question: Approval = {
    approvalId,
    rotationId,
    stage: 'waiver',
    plan,
    planDigest: digest,
    rule,
    requestedBy: person.id,
    reason,
    requestedAt: isoSeconds(clock.now()),
    deadline,
    outcome: 'open',
    decisions: [],
  };
  await store.approvals.ask(question, noToken);
  // What is not told now is told by the schedule.
  await tellAsked({ ...deps, head: open.head }, question).catch(() => undefined);
  return question;
}

function unlessMissing(error: unknown): undefined {
  if (!isRotaError(error, 'NotFound')) throw error;
}

function waiverPlan({ head, plan, newThumbprint }: OpenRollover, consumer: Consumer, person: Person, reason: string): WaiverPlan {
  const { approvals, alias, oldKey } = plan;
  const hazards: Hazard[] = [{ code: 'without-the-new-key', sentence: breaks[directionOf(oldKey.usage).oldLeaves](consumer) }];
  return {
    version: 1,
    stage: 'waiver',
    rotationId: head.rotationId,
    alias,
    consumer: consumer.name,
    contact: consumer.contact,
    newThumbprint,
    requestedBy: person.id,
    reason,
    hazards,
    rule: approvals.waiver ?? approvals.cutover,
    timeoutSeconds: approvals.timeoutSeconds,
  };
}

/** Gives an approved waiver its effect. Repeated it does no harm: the consumer's first word stands. After the end of the rotation it has none. */
export async function settleWaiver(deps: ApiDeps, { rotationId, plan, outcome, decisions }: StoredApproval): Promise<void> {
  if (outcome !== 'approved' || !('stage' in plan) || plan.stage !== 'waiver') return;
  const open = await openRollover(deps, rotationId).catch((error: unknown) => {
    if (!isRotaError(error, 'NotWaiting')) throw error;
  });
  if (open === undefined) return;
  // As decided, not as delivered: a repeat after a crash writes the same.
  const at = decisions.at(-1)?.decidedAt ?? isoSeconds(deps.clock.now());
  const by = decisions.map((d) => d.person).join(', ');
  const late = Date.parse(at) > deadlineMs(consumerOf(open, plan.consumer), open.publishedMs);
  await record(deps, open, { consumer: plan.consumer, kind: 'waived', thumbprint: plan.newThumbprint, by, at, late, reason: plan.reason });
}
