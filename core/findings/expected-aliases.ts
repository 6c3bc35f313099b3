import type { QuietUse } from '../adoption/quiet.ts';
import type { CutoverPlan, RollbackPlan, RotationPlan } from '../plan/plan.ts';

/** Where an alias of the registry should lead, and who or what put it there. */
export interface Expectation {
  readonly keyId: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** A rotation, a person who accepted it, or the first sweep that saw it. */
  readonly because: string;
}

interface Rotation {
  readonly rotationId: string;
  readonly requestedAt: string;
  /** When it moved its aliases, which may be long after; earlier releases did not note it. */
  readonly switchedAt?: string;
  readonly outcome?: string;
  /** Of one that has switched and stays open for the quiet of its old key only. */
  readonly quiet?: QuietUse;
  readonly rolledBackBy?: string;
  readonly cutoverPlan?: Pick<CutoverPlan, 'aliases'>;
  readonly plan?: Pick<RollbackPlan, 'stage' | 'aliases'> | Pick<RotationPlan, 'breakGlassRoleArn'>;
}

/** What the ledger says of aliases: where the newest rotation of each has left it. One that is under way, or a rollback, leaves it open. */
export function expectedByLedger(rotations: readonly Rotation[]): ReadonlyMap<string, Expectation | 'moving'> {
  const expected = new Map<string, Expectation | 'moving'>();
  const switched = new Map(rotations.map((r) => [r.rotationId, r.switchedAt]));
  for (const { rotationId, requestedAt, outcome, quiet, rolledBackBy, cutoverPlan, plan } of [...rotations].sort((a, b) => a.requestedAt.localeCompare(b.requestedAt))) {
    if (plan !== undefined && 'stage' in plan && outcome === undefined) for (const { alias } of plan.aliases) expected.set(alias, 'moving');
    for (const { alias, from, to } of cutoverPlan?.aliases ?? []) {
      const isMoving = outcome === undefined && quiet === undefined;
      const stays = (outcome ?? 'complete') === 'complete' && rolledBackBy === undefined;
      expected.set(alias, isMoving ? 'moving' : { keyId: stays ? to : from, at: switched.get(rolledBackBy ?? rotationId) ?? requestedAt, because: `rotation ${rolledBackBy ?? rotationId}` });
    }
  }
  return expected;
}

/** The later word of the two counts: a rotation after an acceptance, or the other way round. Undefined while a rotation moves the alias. */
export function expectationOf(alias: string, ledger: ReadonlyMap<string, Expectation | 'moving'>, remembered: Readonly<Record<string, Expectation>>): Expectation | undefined {
  const byLedger = ledger.get(alias);
  if (byLedger === 'moving') return undefined;
  const kept = remembered[alias];
  if (byLedger === undefined || kept === undefined) return byLedger ?? kept;
  return kept.at > byLedger.at ? kept : byLedger;
}
