import type { ApprovalRule } from '../registry/registry-schema.ts';

/** A rule in words: `2 of security and 1 of owners; after 3600 s leads may stand in for security`. */
export const ruleText = ({ all, escalation = [] }: ApprovalRule): string =>
  [all.map((seat) => `${seat.count} of ${seat.group}`).join(' and '), ...escalation.map((e) => `after ${e.afterSeconds} s ${e.to} may stand in for ${e.group}`)].join('; ');
