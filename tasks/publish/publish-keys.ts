import { z } from 'zod';
import { isoSeconds } from '../../core/clock.ts';
import { RotaError } from '../../core/errors.ts';
import { Sha256Hex } from '../../core/ids.ts';
import { readyDue, removedDue } from '../../core/rollover/timing.ts';
import { announce, eventActions } from '../../store/events.ts';
import { checkMove, checkMoveActions, checkMoveErrors } from '../alias/check-move.ts';
import { movePlanOf, rolloverPlanOf } from '../plan-of.ts';
import { rotationInput, task, turnSuffix } from '../task.ts';
import { deliverSet, deliverSetActions } from './deliver-set.ts';
import { keySetActions, keySetOf, rotatedKeys } from './key-set.ts';

/**
 * Publishes the key set of a stage at every target and reads each back as a consumer would. A target that is down or serves
 * something else holds the rotation; what is published already stays, since the set is additive until the old key drained.
 */
export const publishKeys = task({
  name: 'publish-keys',
  input: rotationInput.extend({ stage: z.enum(['introduce', 'emergency', 'switch', 'remove', 'restore']), turn: z.int().min(0) }),
  output: z.strictObject({
    sequence: z.int(),
    keySetSha256: Sha256Hex,
    oldThumbprint: z.string(),
    newThumbprint: z.string(),
    publishedAt: z.string(),
    readyAt: z.string(),
    removedAt: z.string(),
  }),
  errors: ['TargetUnreachable', 'TargetServesOther', ...checkMoveErrors],
  actions: [...checkMoveActions, ...keySetActions, ...deliverSetActions, ...eventActions],
  step: ({ stage, turn }) => `publish-keys.${stage}${turnSuffix(turn)}`,
  run: async ({ stage, turn }, context) => {
    const { head, clients, clock } = context;
    const { publication, intervals } = rolloverPlanOf(head);
    // In an emergency the old key leaves the set before any alias moves: that is the first effect of what was approved.
    if (stage === 'emergency') await checkMove(movePlanOf(head), context);
    const pair = await rotatedKeys(context);
    const set = await keySetOf(stage, turn, pair, context);
    for (const key of set.keys)
      for (const { keyArn, kid } of [pair.old, pair.new])
        if (key.keyArn === keyArn && key.kid !== kid) throw new RotaError('PublicKeyChanged', { keyId: keyArn });
    for (const target of publication.targets) await deliverSet(target, set, clients);
    const publishedMs = clock.now();
    const { sequence, keySetSha256 } = set;
    await announce(context, 'Rota Key Set Published', { stage, sequence, keySetSha256, kids: set.keys.map((k) => k.kid) });
    return {
      sequence,
      keySetSha256,
      oldThumbprint: pair.old.kid,
      newThumbprint: pair.new.kid,
      publishedAt: isoSeconds(publishedMs),
      readyAt: readyDue(intervals, publishedMs).at,
      removedAt: removedDue(intervals, publishedMs).at,
    };
  },
});
