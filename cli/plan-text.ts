import { ruleText } from '../core/approval/rule-text.ts';
import { counted } from '../core/counted.ts';
import { usedBy, type GrantedUse } from '../core/plan/grants.ts';
import type { AnyPlan, CutoverPlan, RollbackPlan, RetirePlan, RolloverPlan, RotationPlan, WaiverPlan } from '../core/plan/plan.ts';

const policyText = ({ added, removed }: { added: readonly unknown[]; removed: readonly unknown[] }, same = 'as the old key'): string =>
  added.length + removed.length === 0 ? same : [...added.map((s) => `+ ${JSON.stringify(s)}`), ...removed.map((s) => `- ${JSON.stringify(s)}`)].join('\n              ');

/** Who may do what by a grant, in a line. */
export const grantText = ({ grantee, operations, constraints }: GrantedUse): string => `${grantee}: ${operations.join(', ')}${constraints === undefined ? '' : ` where ${JSON.stringify(constraints)}`}`;

/** An approver must not miss these. */
const leftBehindText = (grants: readonly GrantedUse[] | undefined, lacks: string): string[] => (grants ?? []).map((grant) => `Left behind   ${grantText(grant)}; ${lacks} has no such grant`);

const letInText = (grants: readonly GrantedUse[] | undefined, lacks: string): string[] => (grants ?? []).map((grant) => `Let in        ${grantText(grant)}; ${lacks} has no such grant`);

/** A plan in words, whole: what an approver reads before signing its digest. */
export function planText(plan: AnyPlan, digest: string): string {
  return `${[...againText(plan), bodyText(plan)].join('\n')}\nPlan digest   ${digest}\n`;
}

/** Of a plan that replaces one that was approved, first what is different. */
const againText = (plan: AnyPlan): string[] =>
  'revision' in plan && plan.revision !== undefined
    ? [`Asked again   round ${plan.revision.round}: what was decided before is void, since`, ...plan.revision.changes.map((change) => `              ${change}`)]
    : [];

function bodyText(plan: AnyPlan): string {
  if (!('stage' in plan)) return rotationText(plan);
  if (plan.stage === 'cutover') return cutoverText(plan);
  if (plan.stage === 'retire') return retireText(plan);
  return plan.stage === 'waiver' ? waiverText(plan) : rollbackText(plan);
}

function rotationText(p: RotationPlan): string {
  const lines = [
    `Rotate        ${p.alias} by a new key (method ${p.method}), account ${p.accountId}, ${p.region}`,
    `Old key       ${p.oldKey.keyId}: ${p.oldKey.spec} ${p.oldKey.usage}, origin ${p.oldKey.origin}; it is kept, locked against deletion`,
    `New key       ${p.successor.spec} ${p.successor.usage}, origin ${p.successor.origin}`,
    ...(p.material ? [materialText(p.material)] : []),
    `Policy        ${policyText(p.policyDifference)}`,
    ...(p.successor.grants.length === 0 ? ['Grants        none'] : p.successor.grants.map((g) => `Grant         made anew on the new key: ${grantText(usedBy(g))}`)),
    ...p.aliases.map((a) => `Alias         ${a.alias}: ${a.from} -> the new key`),
    ...(p.rollover ? rolloverText(p.rollover) : []),
    `Approval      ${p.approvals.start ? `before the start ${ruleText(p.approvals.start)}; ` : ''}before the cutover ${ruleText(p.approvals.cutover)}`,
    ...(p.approvals.emergency ? [`Emergency     one question to ${ruleText(p.approvals.emergency)} in place of these`] : []),
    ...(p.quietUse ? [`Complete      when nobody has made anything new with the old key for ${p.quietUse.quietSeconds} s`] : []),
    `Break glass   ${p.breakGlassRoleArn}`,
    ...p.hazards.map((h) => `Mind          ${h.sentence}`),
  ];
  return lines.join('\n');
}

const materialText = (m: NonNullable<RotationPlan['material']>): string =>
  `Material      ${m.bytes === undefined ? 'a private key' : counted(m.bytes, 'byte')}, ${m.source}, wrapped by ${m.wrappingAlgorithm} under ${m.wrappingKeySpec}, escrowed to ${counted(m.escrowTo.length, 'certificate')}`;

function rolloverText(r: RolloverPlan): string[] {
  return [
    ...r.publication.targets.map((t) => `Publish       ${t.name}: ${t.kind === 's3' ? `s3://${t.bucket}/${t.prefix}` : t.kind === 'ssm' ? `parameter ${t.parameter}` : t.url}`),
    ...r.consumers.map((c) => `Consumer      ${c.name} (${c.contact}): ${c.acknowledges === 'required' ? `must acknowledge within ${counted(c.deadlineDays, 'day')}` : 'is informed'}`),
    ...r.dates.map((d) => `Earliest      ${d.state.padEnd(9)} ${d.at}: ${d.because}`),
  ];
}

const shortText = (kid: string): string => kid.slice(0, 12);

function acknowledgedText({ acknowledgements }: NonNullable<CutoverPlan['rollover']>): string[] {
  if (acknowledgements.length === 0) return ['Consumers     nobody has to acknowledge'];
  return acknowledgements.map((a) => `Consumer      ${a.consumer}: ${a.kind} by ${a.by} at ${a.at}${a.late ? ', late' : ''}${a.reason === undefined ? '' : `: ${a.reason}`}`);
}

function retireText(p: RetirePlan): string {
  return [
    `Retire        key ${p.keyId} (${p.spec} ${p.usage}), kept for rotation ${p.retainedFor} of ${p.alias}; ${p.successorKeyId} followed it`,
    `Last used     ${p.lastUsage === undefined ? 'never, as far as KMS knows' : `${p.lastUsage.operation} at ${p.lastUsage.at}`}`,
    ...p.usesOfLast90Days.map((u) => `${u.error === undefined ? 'Used by ' : 'Tried by'}      ${u.principal}: ${u.count} x ${u.operation}${u.error === undefined ? '' : ` (${u.error})`}, last at ${u.lastAt}`),
    `First         deny ${p.denies.join(', ') || 'nothing'} and look for ${p.denySeconds} s`,
    `Then          disable it and look for ${p.watchSeconds} s; one command enables it again`,
    'Never         delete it: that stays with a person',
    ...p.hazards.map((h) => `Mind          ${h.sentence}`),
    `Approval      ${ruleText(p.rule)}`,
  ].join('\n');
}

function waiverText(p: WaiverPlan): string {
  return [
    `Waive         the acknowledgement of ${p.consumer} (${p.contact}) for rotation ${p.rotationId} of ${p.alias}`,
    `New key       ${p.newThumbprint}`,
    `Asked by      ${p.requestedBy}: ${p.reason}`,
    ...p.hazards.map((h) => `Mind          ${h.sentence}`),
    `Approval      ${ruleText(p.rule)}`,
  ].join('\n');
}

function cutoverText(p: CutoverPlan): string {
  return [
    `Cut over      rotation ${p.rotationId} (plan ${p.rotationPlanDigest.slice(0, 16)}...)`,
    ...p.aliases.map((a) => `Alias         ${a.alias}: ${a.from} -> ${a.to}`),
    `New key       ${p.newKeyArn}: ${p.newKeySpec} ${p.newKeyUsage}, proved by its id`,
    ...(p.materialFingerprint === undefined ? [] : [`Material      fingerprint ${p.materialFingerprint}`]),
    ...(p.keyMaterialId === undefined ? [] : [`              KMS material id ${p.keyMaterialId}`]),
    ...(p.rollover
      ? [
          `Public key    ${p.rollover.newThumbprint} follows ${shortText(p.rollover.oldThumbprint)}...`,
          p.rollover.emergency
            ? `Key set       number ${p.rollover.keySetSequence} (${p.rollover.keySetSha256.slice(0, 16)}...) is published without the old key, and nobody is waited for`
            : `Key set       number ${p.rollover.keySetSequence} (${p.rollover.keySetSha256.slice(0, 16)}...), served by every target since ${p.rollover.publishedAt}`,
          ...acknowledgedText(p.rollover),
        ]
      : []),
    `Policy        ${policyText(p.policyDifference)}`,
    `Grants        ${p.successorGrants.length === 0 ? 'none' : p.successorGrants.join(', ')}`,
    ...leftBehindText(p.grantsLeftBehind, 'the new key'),
    ...letInText(p.grantsLetIn, 'the old key'),
    `Old key       ${p.oldKeyId} is kept and locked against deletion`,
  ].join('\n');
}

function rollbackText(p: RollbackPlan): string {
  return [
    `Roll back     rotation ${p.undoes}: ${p.reason}`,
    ...p.aliases.map((a) => `Alias         ${a.alias}: ${a.from} -> ${a.to}`),
    `Policy        ${policyText(p.policyDifference, 'as the new key')}`,
    ...leftBehindText(p.grantsLeftBehind, 'the old key'),
    ...letInText(p.grantsLetIn, 'the new key'),
    ...p.hazards.map((h) => `Mind          ${h.sentence}`),
    `Approval      ${ruleText(p.rule)}`,
  ].join('\n');
}
