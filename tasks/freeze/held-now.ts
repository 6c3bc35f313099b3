import { RotaError } from '../../core/errors.ts';
import { heldUntil, type Held } from '../../core/freeze/held-until.ts';
import type { FrozenStage } from '../../core/registry/freeze-schema.ts';
import type { Context } from '../task.ts';

/** Whether the calendar of the registry, as it stands now, holds a stage of this rotation. */
export const heldNow = async ({ head, store, clock }: Context, stage: FrozenStage): Promise<Held | undefined> => heldUntil(await store.registry.freezes(), { stage, alias: head.alias }, clock.now());

/**
 * For the moment before an effect: between the state that looked at the calendar and the effect a machine may have stood still for long.
 * What has begun is finished, freeze or not, since half of it is worse. Throws `FreezeHolds`.
 */
export async function checkOutsideFreeze(context: Context, stage: FrozenStage, hasBegun: () => Promise<boolean>): Promise<void> {
  const held = await heldNow(context, stage);
  if (held !== undefined && !(context.repeated && (await hasBegun()))) throw new RotaError('FreezeHolds', { stage, alias: context.head.alias, ...held });
}
