import { isoSeconds } from '../../core/clock.ts';
import type { StepRecord } from '../../core/dossier/statement.ts';
import { rolloverOf } from '../../core/plan/plan.ts';
import type { RolloverStatus } from '../../core/rotation-status.ts';
import { missingText, standing } from '../../core/rollover/acknowledgement.ts';
import { deadlineMs } from '../../core/rollover/reminders.ts';
import { introducedIn, lastPublishedIn, putBackIn, rolloverDates, stateOf } from '../../core/rollover/state.ts';
import type { RotationHead } from '../../store/ledger-table.ts';
import type { ApiDeps } from '../deps.ts';

/** Where the rollover of a rotation stands, computed from its plan, its ledger and what consumers said; nothing for a rotation of another kind. */
export async function rolloverStatus({ store, clock }: ApiDeps, { rotationId, plan }: RotationHead, steps: readonly StepRecord[]): Promise<RolloverStatus | undefined> {
  const rollover = rolloverOf(plan);
  if (rollover === undefined) return undefined;
  const acknowledgements = await store.acknowledgements.ofRotation(rotationId);
  const dates = rolloverDates(rollover, steps, clock.now());
  const introduced = introducedIn(steps);
  const published = lastPublishedIn(steps);
  const putBackAt = putBackIn(steps);
  return {
    state: stateOf(dates),
    emergency: rollover.emergency,
    dates,
    consumers: rollover.consumers.map((c) => ({
      name: c.name,
      contact: c.contact,
      group: c.group,
      acknowledges: c.acknowledges,
      ...(introduced === undefined ? {} : { deadline: isoSeconds(deadlineMs(c, Date.parse(introduced.publishedAt))) }),
    })),
    acknowledgements,
    // An emergency waits for nobody.
    missing: rollover.emergency ? 'nobody' : missingText(standing(rollover.consumers, rollover.acknowledgement, acknowledgements)),
    ...(published === undefined
      ? {}
      : { keySet: { sequence: published.sequence, sha256: published.keySetSha256 }, oldThumbprint: published.oldThumbprint, newThumbprint: published.newThumbprint }),
    ...(putBackAt === undefined ? {} : { putBackAt }),
  };
}
