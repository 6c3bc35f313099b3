/** The facts that Rota announces on EventBridge, source `rota`; mail, chat and tickets hang on rules for these. */
export const factTypes = [
  'Rota Approval Requested',
  'Rota Approval Reminded',
  'Rota Approval Escalated',
  'Rota Approval Decided',
  'Rota Approval Timed Out',
  'Rota Approval Voided',
  'Rota Aliases Repointed',
  'Rota Key Set Published',
  'Rota Acknowledgement Requested',
  'Rota Acknowledgement Given',
  'Rota Acknowledgement Refused',
  'Rota Acknowledgement Overdue',
  'Rota Old Key Still Used',
  'Rota Retired Key Wanted',
  'Rota Rotation Held',
  'Rota Rotation Frozen',
  'Rota Rotation Switched',
  'Rota Rotation Ended',
  'Rota Finding Opened',
  'Rota Finding Reminded',
  'Rota Finding Closed',
  'Rota Rotation Proposed',
  'Rota Sweep Ended',
  'Rota Wave Stopped',
  'Rota Wave Ended',
] as const;
export type FactType = (typeof factTypes)[number];

/** A fact as EventBridge carries it. */
export interface Fact {
  readonly type: string;
  readonly detail: Readonly<Record<string, unknown>>;
}
