import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { isoSeconds } from '../../core/clock.ts';
import { RotaError } from '../../core/errors.ts';
import { makeRotationId } from '../../core/ids.ts';
import { makePlan } from '../../core/plan/make-plan.ts';
import type { RotationPlan } from '../../core/plan/plan.ts';
import type { Person } from '../../core/registry/registry-schema.ts';
import { readKeyFacts } from '../../store/key-facts.ts';
import type { RotationRequest } from '../../store/ledger-table.ts';
import type { ApiDeps } from '../deps.ts';

export interface Started {
  readonly rotationId: string;
  readonly executionArn: string;
}

/** Makes the plan of a rotation from live facts, without creating anything. Throws what is wrong, whole. */
export async function planFor({ store, clients }: ApiDeps, alias: string, requestedBy: string, reason: string, rotationId: string): Promise<RotationPlan> {
  const facts = await readKeyFacts(clients.kms, alias);
  if (facts.keyManager !== 'CUSTOMER') throw new RotaError('AwsManagedKey', { key: alias });
  const registered = await store.registry.key(alias);
  const plan = makePlan({ rotationId, registered, facts, requestedBy, reason });
  const holder = await store.ledger.lockHolder(facts.keyId);
  if (holder !== undefined) throw new RotaError('RotationUnderWay', { keyId: facts.keyId, rotationId: holder });
  return plan;
}

/** Starts a rotation, once its plan is whole and valid. The execution's name is the rotation id, so that twice is once. */
export async function startRotation(deps: ApiDeps, person: Person, alias: string, reason: string): Promise<Started> {
  const rotationId = newId(deps, alias);
  await planFor(deps, alias, person.id, reason, rotationId);
  return start(deps, { rotationId, workflow: 'byok-rotation', alias, requestedBy: person.id, reason, requestedAt: isoSeconds(deps.clock.now()) });
}

/** Starts putting the aliases of a complete rotation back. */
export async function startRollback(deps: ApiDeps, person: Person, undoes: string, reason: string): Promise<Started> {
  const { alias, outcome, workflow, rolledBackBy, cutoverPlan } = await deps.store.ledger.head(undoes);
  if (workflow !== 'byok-rotation' || outcome !== 'complete') throw new RotaError('NotRollbackable', { rotationId: undoes, reason: 'it did not complete a cutover' });
  if (rolledBackBy !== undefined) throw new RotaError('NotRollbackable', { rotationId: undoes, reason: `rotation ${rolledBackBy} has rolled it back already` });
  const holder = cutoverPlan && (await deps.store.ledger.lockHolder(cutoverPlan.oldKeyId));
  if (cutoverPlan && holder !== undefined) throw new RotaError('RotationUnderWay', { keyId: cutoverPlan.oldKeyId, rotationId: holder });
  const rotationId = newId(deps, `rollback-${alias.replace(/^alias\//, '')}`);
  return start(deps, { rotationId, workflow: 'alias-rollback', alias, requestedBy: person.id, reason, undoes, requestedAt: isoSeconds(deps.clock.now()) });
}

const newId = ({ clock, randomSuffix }: ApiDeps, alias: string): string => makeRotationId(alias, clock.now(), randomSuffix());

async function start(deps: ApiDeps, request: RotationRequest): Promise<Started> {
  await deps.store.ledger.open(request);
  return startExecution(deps, request);
}

async function startExecution({ store, clients, stateMachineArnOf }: ApiDeps, { rotationId, workflow }: RotationRequest): Promise<Started> {
  const { executionArn = '' } = await clients.states.send(
    new StartExecutionCommand({ stateMachineArn: stateMachineArnOf(workflow), name: rotationId, input: JSON.stringify({ rotationId }) }),
  );
  await store.ledger.settle(rotationId, { executionArn });
  return { rotationId, executionArn };
}

/** Starts what a crash left asked for but not started; the name makes it start once. Called at start and on a schedule. */
export async function startPending(deps: ApiDeps): Promise<number> {
  const owed = (await deps.store.ledger.heads()).filter((h) => h.executionArn === undefined && h.outcome === undefined);
  const started = await Promise.allSettled(owed.map((head) => startExecution(deps, head)));
  return started.filter((s) => s.status === 'fulfilled').length;
}
