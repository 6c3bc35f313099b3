import type { AnyPlan, CutoverPlan, RollbackPlan, RotationPlan } from '../core/plan/plan.ts';
import type { ApprovalRule } from '../core/registry/registry-schema.ts';

const ruleText = (rule: ApprovalRule): string => rule.all.map((seat) => `${seat.count} of ${seat.group}`).join(' and ');

const policyText = ({ added, removed }: { added: readonly unknown[]; removed: readonly unknown[] }): string =>
  added.length + removed.length === 0 ? 'as the old key' : [...added.map((s) => `+ ${JSON.stringify(s)}`), ...removed.map((s) => `- ${JSON.stringify(s)}`)].join('\n              ');

/** A plan in words, whole: what an approver reads before signing its digest. */
export function planText(plan: AnyPlan, digest: string): string {
  const body = 'stage' in plan ? (plan.stage === 'cutover' ? cutoverText(plan) : rollbackText(plan)) : rotationText(plan);
  return `${body}\nPlan digest   ${digest}\n`;
}

function rotationText(p: RotationPlan): string {
  const lines = [
    `Rotate        ${p.alias} by a new key (method ${p.method}), account ${p.accountId}, ${p.region}`,
    `Old key       ${p.oldKey.keyId}: ${p.oldKey.spec} ${p.oldKey.usage}, origin ${p.oldKey.origin}; it is kept, locked against deletion`,
    `New key       ${p.successor.spec} ${p.successor.usage}, origin ${p.successor.origin}`,
    `Material      ${p.material.bytes} bytes, ${p.material.source}, wrapped by ${p.material.wrappingAlgorithm} under ${p.material.wrappingKeySpec}, escrowed to ${p.material.escrowTo.length} certificate(s)`,
    `Policy        ${policyText(p.policyDifference)}`,
    `Grants        ${p.successor.grants.length === 0 ? 'none' : `${p.successor.grants.length} made anew on the new key`}`,
    ...p.aliases.map((a) => `Alias         ${a.alias}: ${a.from} -> the new key`),
    `Approval      ${p.approvals.start ? `before the start ${ruleText(p.approvals.start)}; ` : ''}before the cutover ${ruleText(p.approvals.cutover)}`,
    `Break glass   ${p.breakGlassRoleArn}`,
    ...p.hazards.map((h) => `Mind          ${h.sentence}`),
  ];
  return lines.join('\n');
}

function cutoverText(p: CutoverPlan): string {
  return [
    `Cut over      rotation ${p.rotationId} (plan ${p.rotationPlanDigest.slice(0, 16)}...)`,
    ...p.aliases.map((a) => `Alias         ${a.alias}: ${a.from} -> ${a.to}`),
    `New key       ${p.newKeyArn}: ${p.newKeySpec} ${p.newKeyUsage}, proved by its id`,
    `Material      fingerprint ${p.materialFingerprint}`,
    `              KMS material id ${p.keyMaterialId}`,
    `Policy        ${policyText(p.policyDifference)}`,
    `Grants        ${p.successorGrants.length === 0 ? 'none' : p.successorGrants.join(', ')}`,
    `Old key       ${p.oldKeyId} is kept and locked against deletion`,
  ].join('\n');
}

function rollbackText(p: RollbackPlan): string {
  return [
    `Roll back     rotation ${p.undoes}: ${p.reason}`,
    ...p.aliases.map((a) => `Alias         ${a.alias}: ${a.from} -> ${a.to}`),
    ...p.hazards.map((h) => `Mind          ${h.sentence}`),
    `Approval      ${ruleText(p.rule)}`,
  ].join('\n');
}
