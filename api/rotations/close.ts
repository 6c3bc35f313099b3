import { DescribeExecutionCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { isoSeconds } from '../../core/clock.ts';
import { RotaError } from '../../core/errors.ts';
import type { StepRecord } from '../../core/dossier/statement.ts';
import type { RotationHead, RotationStanding } from '../../store/ledger-table.ts';
import type { ApiDeps } from '../deps.ts';

/** How long an operator has to redrive an execution before it is closed. */
const graceMs = 3_600_000;

/**
 * Closes rotations whose execution ended without a dossier: stopped from outside, out of their year, or failed on the very way
 * back. No Catch runs then (Step Functions Developer Guide, "Handling errors"), so somebody must look. The
 * name of the closing execution makes it start once.
 */
export async function closeStopped(deps: ApiDeps, rotations: readonly RotationStanding[]): Promise<number> {
  // One that was asked for within the grace cannot have stopped before it: a wave would have hundreds asked about for nothing.
  const open = someOf(
    rotations.filter((h) => h.executionArn !== undefined && h.outcome === undefined && Date.parse(h.requestedAt) + graceMs <= deps.clock.now()),
    deps.clock.now(),
  );
  const closed = await Promise.allSettled(open.map((rotation) => closeIfStopped(deps, rotation)));
  return closed.filter((c) => c.status === 'fulfilled' && c.value).length;
}

/** AWS answers about ten DescribeExecution a second, to everybody in the account. Step Functions Developer Guide, "Quotas", state throttling. */
const askedAtOnce = 100;

/** As many as may be asked about in one round; in the next, a minute later on AWS, come others. */
function someOf(rotations: readonly RotationStanding[], nowMs: number): readonly RotationStanding[] {
  if (rotations.length <= askedAtOnce) return rotations;
  const inOrder = [...rotations].sort((a, b) => a.rotationId.localeCompare(b.rotationId));
  const from = (Math.floor(nowMs / 60_000) * askedAtOnce) % inOrder.length;
  return [...inOrder, ...inOrder].slice(from, from + askedAtOnce);
}

async function closeIfStopped(deps: ApiDeps, { rotationId, executionArn }: RotationStanding): Promise<boolean> {
  const { store, clients, clock, stateMachineArnOf } = deps;
  const { status = 'RUNNING', stopDate } = await clients.states.send(new DescribeExecutionCommand({ executionArn }));
  if (status === 'RUNNING' || status === 'SUCCEEDED' || stopDate === undefined || stopDate.getTime() + graceMs > clock.now()) return false;
  const { name, message: cause } = new RotaError('ExecutionStopped', { status, at: isoSeconds(stopDate.getTime()) });
  const reached = reachedBy(await store.ledger.head(rotationId), await store.ledger.steps(rotationId));
  const input = JSON.stringify({ rotationId, executionArn, ...reached, failure: { name, cause } });
  // From now on a redrive moves nothing more: what it did would be undone by halves.
  await store.ledger.settle(rotationId, { closedSince: isoSeconds(clock.now()) });
  try {
    await clients.states.send(new StartExecutionCommand({ stateMachineArn: stateMachineArnOf('close-rotation'), name: rotationId, input }));
    return true;
  } catch (error) {
    if ((error as Error).name === 'ExecutionAlreadyExists') return false;
    throw error;
  }
}

interface Reached {
  readonly reached: 'nothing' | 'cutover' | 'halfway back' | 'rollback' | 'retirement' | 'retired';
  /** Of the rollback while the old key drained; 0 where there was none. */
  readonly turn: number;
}

/** How far it had come, which decides what goes back. */
function reachedBy({ workflow, plan }: RotationHead, steps: readonly StepRecord[]): Reached {
  const done = (name: string) => steps.find((s) => s.step === name && s.completedAt !== undefined);
  const turn = Math.max(0, ...steps.map((s) => Number(/^repoint-aliases\.(\d+)$/.exec(s.step)?.[1] ?? 0)));
  const at = (reached: Reached['reached']): Reached => ({ reached, turn });
  if (workflow === 'retire') {
    const putBack = done('enable-key')?.result as { asked?: object } | undefined;
    if (putBack?.asked !== undefined) return at('rollback');
    return at(done('prepare-deletion') === undefined ? 'retirement' : 'retired');
  }
  if (done('prove-through-alias') === undefined) return at('nothing');
  if (plan !== undefined && 'stage' in plan) return at('rollback');
  // A rollback that had its aliases moved stands once it had proved the old key; before that they go to the new one again.
  if (turn === 0 || done(`restore-aliases.${turn}`) !== undefined) return at('cutover');
  return at(done(`prove-through-alias.${turn}`) === undefined ? 'halfway back' : 'rollback');
}
