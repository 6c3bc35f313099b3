import type { ApprovalRule } from '../../../core/registry/registry-schema.ts';

export const ruleText = (rule: ApprovalRule): string => rule.all.map((seat) => `${seat.count} of ${seat.group}`).join(' and ');

/** What each stage asks approvers, as a heading. */
const stageTitles: Readonly<Record<string, string>> = {
  start: 'Start a rotation',
  cutover: 'Move the aliases to the new key',
  rollback: 'Move the aliases back to the old key',
  waiver: "Go on without a consumer's acknowledgement",
  emergency: 'Emergency rotation without waits',
  retire: 'Take an old key out of use',
};

export const stageTitle = (stage: string): string => stageTitles[stage] ?? stage;
