import type { AnyPlan } from '../core/plan/plan.ts';
import type { ApprovalRule } from '../core/registry/registry-schema.ts';
import type { Io } from './io.ts';
import { apiJson } from './signed-request.ts';

/** A question to approvers as the API answers it. */
export interface Question {
  readonly approvalId: string;
  readonly rotationId: string;
  readonly stage: string;
  readonly plan: AnyPlan;
  readonly planDigest: string;
  readonly rule: ApprovalRule;
  readonly requestedBy: string;
  readonly reason: string;
  readonly requestedAt: string;
  readonly deadline: string;
  readonly silentUntil?: string;
  readonly firstSeen?: { readonly by: string; readonly at: string };
  readonly settledAt?: string;
  readonly voidBecause?: readonly string[];
  readonly outcome: string;
  readonly decisions: readonly { readonly person: string; readonly decision: string; readonly decidedAt: string; readonly reason: string }[];
}

const path = (approvalId: string): string => `/api/approvals/${encodeURIComponent(approvalId)}`;

export const questionOf = (io: Io, approvalId: string): Promise<Question> => apiJson<Question>(io, { method: 'GET', path: path(approvalId) });

export interface Deciding {
  readonly decision: 'approve' | 'refuse';
  readonly reason: string;
  readonly planDigest: string;
}

/** Signs the digest of one plan. */
export const decide = (io: Io, approvalId: string, body: Deciding): Promise<Question> => apiJson<Question>(io, { method: 'POST', path: `${path(approvalId)}/decisions`, body });
