import type { KeyMetadata } from '@aws-sdk/client-kms';
import { isoSeconds } from '../../core/clock.ts';
import { RotaError } from '../../core/errors.ts';
import { policyDifference, policyDigest } from '../../core/plan/key-policy.ts';
import { grantsLacking } from '../../core/plan/grants.ts';
import { checkOneRule } from '../../core/plan/one-rule.ts';
import { planDigest, type CutoverPlan } from '../../core/plan/plan.ts';
import { aliasesOf, grantsOf, policyOf, describeKey } from '../../store/key-facts.ts';
import { newKeyIdOf, rotationPlanOf } from '../plan-of.ts';
import type { Context } from '../task.ts';
import { importedOf, type Imported } from './imported-of.ts';
import { liveRollover, liveRolloverActions } from './live-rollover.ts';

export const liveCutoverPlanActions = ['kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:ListAliases', 'kms:ListGrants', 'dynamodb:GetItem', ...liveRolloverActions] as const;

const unusable = ({ KeyState }: KeyMetadata): string | undefined => (KeyState === 'Enabled' ? undefined : `it is ${KeyState}, and an alias must resolve to an Enabled key`);

/** The material that is escrowed, for good: what somebody else imported is escrowed nowhere, and what expires takes the data with it. KMS knows ids of symmetric material only. */
function otherMaterial({ CurrentKeyMaterialId: id, ExpirationModel, ValidTo }: KeyMetadata, { keyMaterialId }: Imported): string | undefined {
  if (id !== undefined && id !== keyMaterialId) return `its material is ${id}, and ${keyMaterialId} was imported`;
  return ExpirationModel === 'KEY_MATERIAL_EXPIRES' ? `somebody had its material expire, at ${isoSeconds(ValidTo?.getTime() ?? 0)}` : undefined;
}

/**
 * What moving the aliases would do, from live AWS state: made before the approval, and again just before the effect, so
 * that a difference voids the approval (P4). An alias of the approved plan that already stands at the successor (an
 * earlier attempt moved it) counts as moving from the old key. Policies and grants are compared as they stand on both: who has come to
 * use the old key since the plan would lose the alias unseen.
 */
export async function liveCutoverPlan(context: Context, approved?: CutoverPlan): Promise<CutoverPlan> {
  const { head, clients, store } = context;
  const plan = rotationPlanOf(head);
  const newKeyId = newKeyIdOf(head);
  const oldKeyId = plan.oldKey.keyId;
  const metadata = await describeKey(clients.kms, newKeyId);
  const imported = plan.material === undefined ? undefined : await importedOf(context);
  const difference = imported === undefined ? unusable(metadata) : (unusable(metadata) ?? otherMaterial(metadata, imported));
  if (difference !== undefined) throw new RotaError('SuccessorChanged', { keyId: newKeyId, difference });
  const [policy, oldPolicy, grants, oldGrants, oldAliases, newAliases] = await Promise.all([
    policyOf(clients.kms, newKeyId),
    policyOf(clients.kms, oldKeyId),
    grantsOf(clients.kms, newKeyId),
    grantsOf(clients.kms, oldKeyId),
    aliasesOf(clients.kms, oldKeyId),
    aliasesOf(clients.kms, newKeyId),
  ]);
  const movable = new Set(oldAliases);
  for (const alias of newAliases) if (approved?.aliases.some((a) => a.alias === alias)) movable.add(alias);
  if (movable.size === 0) throw new RotaError('PlanChanged', { changes: [`no alias stands at ${oldKeyId} any more`] });
  // Another alias may have come to the key since the plan.
  checkOneRule(plan.alias, await store.registry.keysOf([...movable]));
  // Those that were planned, too: KMS may not show yet what it was just told to make.
  const grantsLeftBehind = grantsLacking(oldGrants, [...plan.successor.grants, ...grants]);
  const grantsLetIn = grantsLacking(grants, oldGrants);
  const keyMaterialId = metadata.CurrentKeyMaterialId ?? imported?.keyMaterialId;
  return {
    version: 1,
    stage: 'cutover',
    rotationId: plan.rotationId,
    method: plan.method,
    rotationPlanDigest: planDigest(plan),
    oldKeyId,
    newKeyId,
    newKeyArn: metadata.Arn,
    newKeySpec: metadata.KeySpec ?? '',
    newKeyUsage: metadata.KeyUsage ?? '',
    ...(imported === undefined ? {} : { materialFingerprint: imported.fingerprint }),
    ...(keyMaterialId === undefined ? {} : { keyMaterialId }),
    successorPolicyDigest: policyDigest(policy),
    successorGrants: grants.map((g) => g.name ?? g.grantId).sort(),
    ...(grantsLeftBehind.length === 0 ? {} : { grantsLeftBehind }),
    ...(grantsLetIn.length === 0 ? {} : { grantsLetIn }),
    policyDifference: policyDifference(oldPolicy, policy),
    aliases: [...movable].sort().map((alias) => ({ alias, from: oldKeyId, to: newKeyId })),
    ...(plan.rollover === undefined ? {} : { rollover: await liveRollover(context) }),
    ...(approved?.revision === undefined ? {} : { revision: approved.revision }),
  };
}
