import type { AnyPlan } from '../plan/plan.ts';
import type { ApprovalRule, Stage } from '../registry/registry-schema.ts';
import type { Decision } from './decision.ts';

/** `void`: what was decided has no effect, since the plan changed or the rotation had gone on. */
export type Outcome = 'open' | 'approved' | 'refused' | 'timed out' | 'void';

/** A question to approvers. The plan is whole, so that what is signed is what is read. */
export interface Approval {
  readonly approvalId: string;
  readonly rotationId: string;
  readonly stage: Stage;
  readonly plan: AnyPlan;
  readonly planDigest: string;
  readonly rule: ApprovalRule;
  readonly requestedBy: string;
  readonly reason: string;
  readonly requestedAt: string;
  readonly deadline: string;
  /** Until when somebody must say something, else it closes before its deadline; each decision and each escalation moves it. */
  readonly silentUntil?: string;
  readonly outcome: Outcome;
  readonly decisions: readonly Decision[];
  /** Who, of those who may decide it, opened it first. */
  readonly firstSeen?: { readonly by: string; readonly at: string };
  /** When it was no longer open. */
  readonly settledAt?: string;
  /** Why its decisions have no effect. */
  readonly voidBecause?: readonly string[];
}
