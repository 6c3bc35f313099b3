/** The time, as an argument: real on Lambda, moved by hand in rehearsals. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
}

/** An instant as ISO 8601 in UTC, whole seconds: the form of every time in plans, ledger and dossiers. */
export const isoSeconds = (epochMs: number): string => `${new Date(epochMs).toISOString().slice(0, 19)}Z`;

/** The same with milliseconds: the ledger's, whose steps follow one another faster than seconds. */
export const isoMillis = (epochMs: number): string => new Date(epochMs).toISOString();

export const secondsPerDay = 86_400;
