import { join } from 'node:path';
import { EmbeddedClock } from './clock.ts';
import type { Events } from './events.ts';
import type { Faults } from './faults.ts';
import { Journal } from './journal.ts';
import type { Service } from './service.ts';
import { AwsError } from './wire/errors.ts';

/** The clock of a data folder, as far ahead as it was moved before. */
export async function openClock(folder: string): Promise<{ clock: EmbeddedClock; journal: Journal<{ offsetMs: number }> }> {
  let offsetMs = 0;
  const journal = await Journal.open<{ offsetMs: number }>(join(folder, 'clock.journal'), (entry) => (offsetMs = entry.offsetMs));
  return { clock: new EmbeddedClock(offsetMs), journal };
}

interface Parts {
  readonly clock: EmbeddedClock;
  readonly clockJournal: Journal<{ offsetMs: number }>;
  readonly faults: Faults;
  readonly events: Events;
  /** Why the clock may not be moved here, if so. */
  readonly clockFixed?: string;
}

/** What the embedded AWS offers about itself, for rehearsals: its clock, faults, the events that were put. */
export function makeAdmin({ clock, clockJournal, faults, events, clockFixed }: Parts): Service {
  let moving: Promise<unknown> = Promise.resolve();
  const now = () => ({ now: new Date(clock.now()).toISOString(), offsetSeconds: Math.round(clock.offsetMs / 1000) });
  const operations: Readonly<Record<string, (input: Record<string, unknown>) => Promise<Record<string, unknown>> | Record<string, unknown>>> = {
    GetClock: now,
    AdvanceClock: async ({ seconds }) => {
      if (clockFixed !== undefined) throw new AwsError('ValidationException', clockFixed);
      if (typeof seconds !== 'number' || !Number.isInteger(seconds) || seconds < 1) throw new AwsError('ValidationException', 'seconds must be a whole number, 1 or more: the clock only goes ahead.');
      // One after the other, and written before it moves: what is made in moved time finds the clock there after a crash.
      const move = moving.then(async () => {
        await clockJournal.append({ offsetMs: clock.offsetMs + seconds * 1000 });
        await clock.advance(seconds * 1000);
      });
      moving = move.catch(() => undefined);
      await move;
      return now();
    },
    AddFault: (input) => {
      faults.add(input);
      return { faults: faults.list() };
    },
    ListFaults: () => ({ faults: faults.list() }),
    ClearFaults: () => {
      faults.clear();
      return {};
    },
    ListEvents: () => ({ events: events.list() }),
  };
  return {
    handle: async (operation, input) => {
      const act = operations[operation];
      if (act === undefined) throw new AwsError('UnknownOperationException', `There is no operation ${operation}.`);
      return act(input);
    },
    close: () => clockJournal.close(),
  };
}
