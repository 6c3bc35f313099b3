import { decisionHolds } from '../../core/approval/decision.ts';
import { quorum } from '../../core/approval/quorum.ts';
import { RotaError } from '../../core/errors.ts';
import type { ApprovalRule, Stage } from '../../core/registry/registry-schema.ts';
import { approvalIdOf } from '../../store/approval-table.ts';
import { publicKeyOf } from '../../store/key-facts.ts';
import type { Context } from '../task.ts';

export const checkApprovedActions = ['kms:GetPublicKey', 'dynamodb:GetItem'] as const;

export interface Demand {
  readonly stage: Stage;
  readonly rule: ApprovalRule;
  readonly digest: string;
  /** Who asked, and so does not count (P5). */
  readonly requester: string;
}

/**
 * Whether people have approved exactly this plan (P4). It trusts neither the workflow's word nor an unsigned row: it reads the
 * decisions and checks the approvals API's signature on each. Throws `ApprovalMissing`, `ApprovalForged`.
 */
export async function checkApproved({ stage, rule, digest, requester }: Demand, { head, store, clients, names }: Context): Promise<void> {
  const { decisions, requestedAt } = await store.approvals.get(approvalIdOf(head.rotationId, stage, digest));
  const spki = await publicKeyOf(clients.kms, names.decisionKey);
  const bound = decisions.filter((d) => d.stage === stage && d.planDigest === digest);
  for (const decision of bound)
    if (!decisionHolds(decision, spki)) throw new RotaError('ApprovalForged', { person: decision.person });
  const says = quorum({ rule, requestedBy: requester, requestedAt }, bound);
  if (says.outcome === 'approved') return;
  const missing = says.outcome === 'refused' ? `${says.by} refused` : `still needed: ${says.missing.map((m) => `${m.count} of ${m.group}`).join(', ')}`;
  throw new RotaError('ApprovalMissing', { stage, missing });
}
