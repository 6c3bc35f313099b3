import { RotaError } from '../errors.ts';
import type { CutoverPlan, RollbackPlan, RotationPlan } from './plan.ts';

interface Undone {
  readonly rotationId: string;
  readonly outcome?: string;
  readonly rolledBackBy?: string;
  readonly plan?: RotationPlan | RollbackPlan;
  readonly cutoverPlan?: CutoverPlan;
}

export interface RollbackFacts {
  readonly rotationId: string;
  readonly requestedBy: string;
  readonly reason: string;
  /** 0 for a rotation that is over; how often it was asked for while the old key drains. */
  readonly turn: number;
  /** The rotation to undo, as the ledger has it. */
  readonly undone: Undone;
  readonly oldKeyState: string;
  /** Whom the way back lets in and shuts out. */
  readonly access: Pick<RollbackPlan, 'policyDifference' | 'grantsLeftBehind' | 'grantsLetIn'>;
  /** Key id that each alias of the cutover resolves to now. */
  readonly standing: Readonly<Record<string, string>>;
}

/**
 * Plans a rollback. Throws `NotRollbackable` with the reason: only a complete rotation, not undone yet, whose old key is
 * Enabled and whose aliases stand where it put them.
 */
export function makeRollbackPlan({ rotationId, requestedBy, reason, turn, undone, oldKeyState, access, standing }: RollbackFacts): RollbackPlan {
  const no = (why: string) => new RotaError('NotRollbackable', { rotationId: undone.rotationId, reason: why });
  const { plan, cutoverPlan } = undone;
  if (plan === undefined || 'stage' in plan || cutoverPlan === undefined || undone.outcome !== 'complete') throw no('it did not complete a cutover');
  if (undone.rolledBackBy !== undefined) throw no(`rotation ${undone.rolledBackBy} has rolled it back already`);
  if (oldKeyState !== 'Enabled') throw no(`the old key ${cutoverPlan.oldKeyId} is ${oldKeyState}`);
  const moved = cutoverPlan.aliases.find((a) => standing[a.alias] !== a.to);
  if (moved) throw no(`${moved.alias} points to ${standing[moved.alias] ?? 'no key'} by now`);
  return {
    version: 1,
    stage: 'rollback',
    rotationId,
    undoes: undone.rotationId,
    requestedBy,
    reason,
    oldKeyId: cutoverPlan.oldKeyId,
    newKeyId: cutoverPlan.newKeyId,
    aliases: cutoverPlan.aliases.map(({ alias, from, to }) => ({ alias, from: to, to: from })),
    ...access,
    hazards: [
      {
        code: 'new-ciphertext',
        sentence: `What was made under ${cutoverPlan.newKeyId} since the cutover needs that key for ever: it stays Enabled, and Verify or VerifyMac must name it.`,
      },
    ],
    rule: plan.approvals.rollback,
    timeoutSeconds: plan.approvals.timeoutSeconds,
    heartbeatSeconds: plan.approvals.heartbeatSeconds,
    ...(turn === 0 ? {} : { turn }),
  };
}
