import { RotaError } from '../../core/errors.ts';
import type { RolloverPlan, RotationPlan } from '../../core/plan/plan.ts';
import type { Consumer } from '../../core/registry/rollover-schema.ts';
import { introducedIn } from '../../core/rollover/state.ts';
import type { RotationHead } from '../../store/ledger-table.ts';
import type { ApiDeps } from '../deps.ts';

/** A rotation whose new key is published, so that consumers can have it. */
export interface OpenRollover {
  readonly head: RotationHead;
  readonly plan: RotationPlan;
  readonly rollover: RolloverPlan;
  readonly newThumbprint: string;
  /** When the last target served the new key, epoch milliseconds. */
  readonly publishedMs: number;
}

/** Throws `NotFound`, or `NotWaiting` where nothing is published yet, nobody is waited for, or the rotation has ended. */
export async function openRollover({ store }: ApiDeps, rotationId: string): Promise<OpenRollover> {
  const head = await store.ledger.head(rotationId);
  const { plan } = head;
  const introduced = introducedIn(await store.ledger.steps(rotationId));
  if (plan === undefined || 'stage' in plan || plan.rollover === undefined || introduced === undefined || head.outcome !== undefined)
    throw new RotaError('NotWaiting', { rotationId, what: 'acknowledgements' });
  return { head, plan, rollover: plan.rollover, newThumbprint: introduced.newThumbprint, publishedMs: Date.parse(introduced.publishedAt) };
}

/** Throws `ConsumerUnknown`. */
export function consumerOf({ head, rollover }: OpenRollover, name: string): Consumer {
  const consumer = rollover.consumers.find((c) => c.name === name);
  if (consumer === undefined) throw new RotaError('ConsumerUnknown', { consumer: name, rotationId: head.rotationId });
  return consumer;
}
