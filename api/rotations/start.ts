import { randomUUID } from 'node:crypto';
import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { isoSeconds } from '../../core/clock.ts';
import { RotaError } from '../../core/errors.ts';
import { heldUntil, type Held } from '../../core/freeze/held-until.ts';
import { makeRotationId } from '../../core/ids.ts';
import { makePlan } from '../../core/plan/make-plan.ts';
import { checkOneRule } from '../../core/plan/one-rule.ts';
import { locksOf, type RotationPlan, workflowOf } from '../../core/plan/plan.ts';
import type { Person } from '../../core/registry/registry-schema.ts';
import { readKeyFacts } from '../../store/key-facts.ts';
import type { RotationRequest, RotationStanding } from '../../store/ledger-table.ts';
import type { ApiDeps } from '../deps.ts';
import { sayWord } from '../waits/answer.ts';

export interface Started {
  readonly rotationId: string;
  readonly executionArn: string;
}

/** What a custodian asks for. */
export interface Asked {
  readonly alias: string;
  readonly reason: string;
  /** Skip the waits, under the registry's rule for emergencies. */
  readonly emergency: boolean;
}

/** Makes the plan of a rotation from live facts, without creating anything. Throws what is wrong, whole. */
async function planFor({ store, clients, clock }: ApiDeps, { alias, reason, emergency }: Asked, requestedBy: string, rotationId: string): Promise<RotationPlan> {
  const facts = await readKeyFacts(clients.kms, alias);
  if (facts.keyManager !== 'CUSTOMER') throw new RotaError('AwsManagedKey', { key: alias });
  const registered = await store.registry.key(alias);
  checkOneRule(alias, await store.registry.keysOf(facts.aliases));
  const plan = makePlan({ rotationId, registered, facts, requestedBy, reason, emergency, requestedAt: isoSeconds(clock.now()) });
  for (const locked of locksOf(plan)) {
    const holder = await store.ledger.lockHolder(locked);
    if (holder !== undefined) throw new RotaError('RotationUnderWay', { keyId: facts.keyId, rotationId: holder });
  }
  return plan;
}

/** What a rotation would do now, and until when the calendar would hold its cutover. Creates nothing. Throws what is wrong, whole. */
export async function lookAhead(deps: ApiDeps, { alias, emergency }: Omit<Asked, 'reason'>, person: Person): Promise<{ readonly plan: RotationPlan; readonly held?: Held }> {
  const plan = await planFor(deps, { alias, emergency, reason: 'to see what a rotation would do' }, person.id, `plan-${randomUUID()}`);
  const held = heldUntil(await deps.store.registry.freezes(), { stage: emergency ? 'emergency' : 'cutover', alias }, deps.clock.now());
  return { plan, ...(held === undefined ? {} : { held }) };
}

/** Starts a rotation, once its plan is whole and valid. The execution's name is the rotation id, so that twice is once. */
export async function startRotation(deps: ApiDeps, person: Person, asked: Asked): Promise<Started> {
  const { alias, reason, emergency } = asked;
  const rotationId = newId(deps, alias);
  const { method } = await planFor(deps, asked, person.id, rotationId);
  const requestedAt = isoSeconds(deps.clock.now());
  return start(deps, { rotationId, workflow: workflowOf[method], alias, requestedBy: person.id, reason, requestedAt, ...(emergency ? { emergency } : {}) });
}

/** Starts putting the aliases of a complete rotation back. */
export async function startRollback(deps: ApiDeps, person: Person, undoes: string, reason: string): Promise<Started> {
  const { alias, outcome, workflow, rolledBackBy, cutoverPlan, executionArn, quiet } = await deps.store.ledger.head(undoes);
  if (workflow === 'asymmetric-rotation') {
    // The machine itself goes back: it holds the locks, and knows which key is published.
    if (outcome !== undefined) throw new RotaError('NotRollbackable', { rotationId: undoes, reason: 'it has ended, and its old key left the key set: rotate again instead' });
    const { delivered } = await sayWord(deps, { rotationId: undoes, name: 'drain', say: 'rollback', by: person.id, reason });
    if (!delivered) throw new RotaError('NotWaiting', { rotationId: undoes, what: 'the end of the drain' });
    return { rotationId: undoes, executionArn: executionArn ?? '' };
  }
  if (quiet !== undefined && outcome === undefined)
    throw new RotaError('NotRollbackable', { rotationId: undoes, reason: `it has switched and waits until its old key is quiet: end that first with \`rota resume ${undoes} --reason "..."\`` });
  if (workflow !== 'byok-rotation' || outcome !== 'complete') throw new RotaError('NotRollbackable', { rotationId: undoes, reason: 'it did not complete a cutover' });
  if (rolledBackBy !== undefined) throw new RotaError('NotRollbackable', { rotationId: undoes, reason: `rotation ${rolledBackBy} has rolled it back already` });
  const holder = cutoverPlan && (await deps.store.ledger.lockHolder(cutoverPlan.oldKeyId));
  if (cutoverPlan && holder !== undefined) throw new RotaError('RotationUnderWay', { keyId: cutoverPlan.oldKeyId, rotationId: holder });
  const rotationId = newId(deps, `rollback-${alias.replace(/^alias\//, '')}`);
  return start(deps, { rotationId, workflow: 'alias-rollback', alias, requestedBy: person.id, reason, undoes, requestedAt: isoSeconds(deps.clock.now()) });
}

export const newId = ({ clock, randomSuffix }: ApiDeps, alias: string): string => makeRotationId(alias, clock.now(), randomSuffix());

/** Writes down what is asked for, then starts the machine. */
export async function start(deps: ApiDeps, request: RotationRequest): Promise<Started> {
  await deps.store.ledger.open(request);
  return startExecution(deps, request);
}

async function startExecution({ store, clients, stateMachineArnOf }: ApiDeps, { rotationId, workflow }: Pick<RotationRequest, 'rotationId' | 'workflow'>): Promise<Started> {
  const { executionArn = '' } = await clients.states.send(
    new StartExecutionCommand({ stateMachineArn: stateMachineArnOf(workflow), name: rotationId, input: JSON.stringify({ rotationId }) }),
  );
  await store.ledger.settle(rotationId, { executionArn });
  return { rotationId, executionArn };
}

/** Starts what a crash left asked for but not started; the name makes it start once. */
export async function startPending(deps: ApiDeps, open: readonly RotationStanding[]): Promise<number> {
  const owed = open.filter((h) => h.executionArn === undefined && h.outcome === undefined);
  const started = await Promise.allSettled(owed.map((rotation) => startExecution(deps, rotation)));
  return started.filter((s) => s.status === 'fulfilled').length;
}
