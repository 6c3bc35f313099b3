import { seatGroups } from '../../core/approval/quorum.ts';
import { isoSeconds } from '../../core/clock.ts';
import type { Person } from '../../core/registry/registry-schema.ts';
import type { Approval } from '../../core/approval/approval.ts';
import { publicApproval } from '../../store/approval-table.ts';
import type { ApiDeps } from '../deps.ts';

/**
 * A question as somebody opens it. The first time that one of those who may decide it does, that is written down: delay is measured from
 * the question to there, and from there to the decision. Throws `NotFound`.
 */
export async function openQuestion(deps: ApiDeps, person: Person, approvalId: string): Promise<Approval> {
  const { store, clock } = deps;
  const read = await store.approvals.get(approvalId);
  const nowMs = clock.now();
  const mayDecide = read.outcome === 'open' && person.id !== read.requestedBy && seatGroups(read, person.groups, nowMs).groups.length > 0;
  if (!mayDecide || read.firstSeen !== undefined) return publicApproval(read);
  await store.approvals.see(approvalId, { by: person.id, at: isoSeconds(nowMs) });
  return publicApproval(await store.approvals.get(approvalId));
}
