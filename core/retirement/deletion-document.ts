import type { Decision } from '../approval/decision.ts';
import type { GroupedUse } from '../plan/key-usage.ts';
import type { RetirePlan } from '../plan/plan.ts';
import { lossOf } from '../plan/retire-hazards.ts';

/** Object key of the document of a retirement. */
export const retirementObjectKey = (rotationId: string): string => `retirement/${rotationId}.md`;

/** What happened in a retirement, as far as a person needs it who must decide on the deletion. Times are ISO 8601, UTC. */
export interface Retired {
  readonly plan: RetirePlan;
  readonly planDigest: string;
  readonly decisions: readonly Decision[];
  readonly stoppedAt: string;
  readonly disabledAt: string;
  readonly watchedUntil: string;
  /** Uses and attempts since the stop, and attempts since it was disabled. */
  readonly whileDenied: readonly GroupedUse[];
  readonly wanted: readonly GroupedUse[];
  /** Whether CloudTrail told all, every time it was asked. */
  readonly evidenceComplete: boolean;
}

/** KMS waits 7 to 30 days; nothing is gained by less. AWS KMS API Reference, ScheduleKeyDeletion. */
const windowDays = 30;

const row = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

function usesTable(uses: readonly GroupedUse[], none: string): string[] {
  if (uses.length === 0) return [none];
  const rows = uses.map((u) => row([u.principal, u.operation, u.error ?? 'worked', String(u.count), u.lastAt]));
  return [row(['principal', 'operation', 'outcome', 'count', 'last at']), row(['---', '---', '---', '---', '---']), ...rows];
}

/** Whether the bytes could come back. AWS KMS Developer Guide, "deleting-keys" and "importing-keys-conceptual". */
const comesBack = ({ origin, spec }: RetirePlan): string =>
  origin === 'EXTERNAL' && spec !== 'SYMMETRIC_DEFAULT'
    ? 'Its material was imported: whoever has kept the same bytes can import them into a new KMS key, and nobody else can undo the deletion.'
    : 'Nobody can undo the deletion: the same bytes in another KMS key open nothing that this one made.';

/** The document that prepares a deletion, in Markdown: facts, evidence, what would be lost, the commands. Rota itself deletes nothing. */
export function deletionDocument(retired: Retired): string {
  const { plan, decisions } = retired;
  const [, , , region = '', account = ''] = plan.arn.split(':');
  const on = `--key-id ${plan.keyId} --region ${region}`;
  return [
    `# Deletion of KMS key ${plan.keyId}`,
    '',
    `Rota has taken this key out of use and deletes nothing. Whether it is deleted is for a person to decide, with this document; it was made by retirement \`${plan.rotationId}\` of \`${plan.alias}\`.`,
    '',
    '## The key',
    '',
    `- ARN: \`${plan.arn}\` (account ${account}, ${region})`,
    `- Kind: ${plan.spec}, ${plan.usage}, origin ${plan.origin}`,
    `- Put aside by rotation \`${plan.retainedFor}\`; key \`${plan.successorKeyId}\` followed it`,
    `- Tags: ${Object.entries(plan.tags).map(([name, value]) => `\`${name}=${value}\``).join(', ')}`,
    `- Denied ${plan.denies.join(', ') || 'nothing'} since ${retired.stoppedAt}; Disabled since ${retired.disabledAt}; watched until ${retired.watchedUntil}`,
    '',
    '## Who decided to retire it',
    '',
    `Asked by ${plan.requestedBy}: ${plan.reason}. Plan \`${retired.planDigest}\`.`,
    '',
    ...decisions.map((d) => `- ${d.person}: ${d.decision} at ${d.decidedAt}: ${d.reason}`),
    '',
    '## Evidence',
    '',
    `Last use that KMS knew when it was planned: ${plan.lastUsage === undefined ? 'none' : `${plan.lastUsage.operation} at ${plan.lastUsage.at}`}.`,
    ...(retired.evidenceComplete && plan.evidenceComplete ? [] : ['', '**CloudTrail did not tell all: principals may be missing below.**']),
    '',
    '### In the 90 days before',
    '',
    ...usesTable(plan.usesOfLast90Days, 'Nobody used it.'),
    '',
    '### While it was denied to make anything new',
    '',
    ...usesTable(retired.whileDenied, 'Nobody used it or tried to.'),
    '',
    '### While it was Disabled',
    '',
    ...usesTable(retired.wanted, 'Nobody wanted it.'),
    ...(retired.wanted.length === 0 ? [] : ['', '**Somebody wanted this key after it was disabled. Settle that with them before you delete it.**']),
    '',
    '## What would be lost',
    '',
    `Once it is deleted, for ever: ${lossOf(plan.usage)}. ${comesBack(plan)} The evidence above sees neither copies of ciphertext on tape nor who holds a public key or a data key.`,
    '',
    '## The commands',
    '',
    `The retention lock lets nobody but the break-glass role do this. Deletion begins with a wait of ${windowDays} days, in which it can be called off.`,
    '',
    '```sh',
    `aws sts assume-role --role-arn ${plan.breakGlassRoleArn} --role-session-name delete-${plan.keyId.slice(0, 8)}`,
    `aws kms describe-key ${on}        # Disabled, and it is the right one`,
    `aws kms schedule-key-deletion ${on} --pending-window-in-days ${windowDays}`,
    '```',
    '',
    'To call it off while the wait lasts, and to use the key again:',
    '',
    '```sh',
    `aws kms cancel-key-deletion ${on}`,
    `aws kms enable-key ${on}`,
    '```',
    '',
  ].join('\n');
}
