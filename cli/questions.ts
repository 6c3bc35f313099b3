import type { Approval } from '../core/approval/approval.ts';
import type { Io } from './io.ts';
import { apiJson } from './signed-request.ts';

const path = (approvalId: string): string => `/api/approvals/${encodeURIComponent(approvalId)}`;

export const questionOf = (io: Io, approvalId: string): Promise<Approval> => apiJson<Approval>(io, { method: 'GET', path: path(approvalId) });

export interface Deciding {
  readonly decision: 'approve' | 'refuse';
  readonly reason: string;
  readonly planDigest: string;
}

/** Signs the digest of one plan. */
export const decide = (io: Io, approvalId: string, body: Deciding): Promise<Approval> => apiJson<Approval>(io, { method: 'POST', path: `${path(approvalId)}/decisions`, body });
