import { EmbeddedClock } from './clock.ts';
import type { Events } from './events.ts';
import type { Faults } from './faults.ts';
import { Journal } from './journal.ts';
import type { Service } from './service.ts';
import { AwsError } from './wire/errors.ts';

/** The clock of a data folder, as far ahead as it was moved before; `close` when nothing moves it any more. */
export async function openClock(file: string): Promise<{ clock: EmbeddedClock; close: () => Promise<void> }> {
  let offsetMs = 0;
  const journal = await Journal.open<{ offsetMs: number }>(file, (entry) => (offsetMs = entry.offsetMs));
  return { clock: new EmbeddedClock(offsetMs, (moved) => journal.append({ offsetMs: moved })), close: () => journal.close() };
}

interface Parts {
  readonly clock: EmbeddedClock;
  readonly faults: Faults;
  readonly events: Pick<Events, 'events'>;
  /** Why the clock may not be moved here, if so. */
  readonly clockFixed?: string;
}

const longestAdvanceSeconds = 100 * 366 * 86_400;

/** What is the embedded AWS's own: clock, faults, and the events that nobody delivers. Signed for `rota-local`, target `RotaLocal.…`. */
export function makeAdmin({ clock, faults, events, clockFixed }: Parts): Service {
  const time = (): Record<string, unknown> => ({ now: new Date(clock.now()).toISOString(), offsetSeconds: Math.round(clock.offsetMs / 1000) });
  const operations: Readonly<Record<string, (input: Record<string, unknown>) => Record<string, unknown> | Promise<Record<string, unknown>>>> = {
    GetClock: time,
    async AdvanceClock({ seconds }) {
      if (clockFixed !== undefined) throw new AwsError('ValidationException', clockFixed);
      if (typeof seconds !== 'number' || !Number.isInteger(seconds) || seconds < 1 || seconds > longestAdvanceSeconds)
        throw new AwsError('ValidationException', `seconds is ${JSON.stringify(seconds)}: write a whole number from 1 to ${longestAdvanceSeconds}; the clock only goes ahead.`);
      await clock.advance(seconds * 1000);
      return time();
    },
    AddFault: (input) => {
      faults.add(input);
      return { faults: faults.list() };
    },
    ListFaults: () => ({ faults: faults.list() }),
    ClearFaults() {
      faults.clear();
      return {};
    },
    ListEvents: () => ({ events: events.events() }),
  };
  return {
    async handle(operation, input) {
      const run = Object.hasOwn(operations, operation) ? operations[operation] : undefined;
      if (run === undefined) throw new AwsError('UnknownOperationException', `RotaLocal knows ${Object.keys(operations).join(', ')}, not ${operation}.`);
      return run(input);
    },
    close: () => Promise.resolve(),
  };
}
