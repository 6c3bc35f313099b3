import { dueStart, mayBeDue, youngestDueMs, type MayBeDue } from '../../core/findings/due-start.ts';
import { workflowOf } from '../../core/plan/plan.ts';
import type { RegisteredKey } from '../../core/registry/registry-schema.ts';
import { enabledKeyOf, materialSinceMs } from '../../store/renewed.ts';
import type { PlainContext } from '../task.ts';

/** Who asks for a rotation that the schedule starts: nobody, so that everybody may approve it (P5). */
const scheduleName = 'schedule';

/** Their ids go into a state of 256 KiB and an event of the same size, with whatever 500 targets have to say. The next sweep goes on. */
const mostStarts = 500;
const atOnce = 10;

/**
 * Asks for the rotations that are due and that the registry lets the schedule start, the longest overdue first. Asking is an entry in the ledger, by alias and serial; the
 * API's own schedule starts what is asked for. Answers the ids. `most` is how many it asks for.
 */
export async function dueRotations({ store, clients, clock, now }: PlainContext, most = mostStarts): Promise<string[]> {
  const { keys } = await store.registry.whole();
  const may = mayBeDue(keys.filter(({ schedule }) => schedule.starts === 'when-due'), await store.records.materials(), clock.now());
  const rotationsOf = await store.ledger.byAlias();
  const look = async ({ key, sweptMs }: MayBeDue<RegisteredKey>): Promise<{ readonly key: RegisteredKey; readonly rotationId: string } | undefined> => {
    const enabled = await enabledKeyOf(clients.kms, key.alias);
    if (enabled === undefined) return undefined;
    const sinceMs = await materialSinceMs(clients.kms, enabled, { dueMs: youngestDueMs(key, clock.now()), sweptMs });
    const rotationId = dueStart(key, await rotationsOf(key.alias), sinceMs, clock.now());
    return rotationId === undefined ? undefined : { key, rotationId };
  };
  const asked: string[] = [];
  for (let from = 0; from < may.length && asked.length < most; from += atOnce) {
    const due = (await Promise.all(may.slice(from, from + atOnce).map(look))).filter((found) => found !== undefined);
    for (const { key, rotationId } of due.slice(0, most - asked.length)) {
      await store.ledger.open({ rotationId, workflow: workflowOf[key.method], alias: key.alias, requestedBy: scheduleName, reason: 'its cryptoperiod ends', requestedAt: now });
      asked.push(rotationId);
    }
  }
  return asked;
}
