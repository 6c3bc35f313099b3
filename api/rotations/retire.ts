import { randomUUID } from 'node:crypto';
import { isoSeconds } from '../../core/clock.ts';
import { RotaError } from '../../core/errors.ts';
import { makeRetirePlan } from '../../core/plan/make-retire-plan.ts';
import type { RetirePlan } from '../../core/plan/plan.ts';
import type { Person } from '../../core/registry/registry-schema.ts';
import { readRetireFacts } from '../../store/retire-facts.ts';
import type { ApiDeps } from '../deps.ts';
import { newId, start, type Started } from './start.ts';

/** What a custodian asks for: an old key, and why. */
export interface RetireAsked {
  readonly keyId: string;
  readonly reason: string;
}

/** Plans taking an old key out of use, without doing anything. Throws `KeyNotRetirable`, `AliasUnregistered`, `RotationUnderWay`. */
async function retirePlanFor(deps: ApiDeps, { keyId, reason }: RetireAsked, requestedBy: string, rotationId: string): Promise<RetirePlan> {
  const { store, clients, clock } = deps;
  const holder = await store.ledger.lockHolder(keyId);
  if (holder !== undefined) throw new RotaError('RotationUnderWay', { keyId, rotationId: holder });
  const nowMs = clock.now();
  const facts = await readRetireFacts(clients, store, keyId, nowMs);
  return makeRetirePlan({ rotationId, requestedBy, reason, requestedAt: isoSeconds(nowMs) }, facts, nowMs);
}

/** What taking an old key out of use would do now. Throws what `retirePlanFor` throws. */
export const lookAheadAtRetirement = (deps: ApiDeps, keyId: string, person: Person): Promise<RetirePlan> => retirePlanFor(deps, { keyId, reason: 'to see what a retirement would do' }, person.id, `plan-${randomUUID()}`);

/** Starts taking an old key out of use, once its plan is whole and valid. */
export async function startRetirement(deps: ApiDeps, person: Person, asked: RetireAsked): Promise<Started> {
  const { keyId, reason } = asked;
  const { alias } = await retirePlanFor(deps, asked, person.id, 'retire');
  const rotationId = newId(deps, `retire-${alias.replace(/^alias\//, '')}`);
  return start(deps, { rotationId, workflow: 'retire', alias, keyId, requestedBy: person.id, reason, requestedAt: isoSeconds(deps.clock.now()) });
}
