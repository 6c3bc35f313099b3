import { visible } from '../core/visible.ts';

/** The world of a command, as an argument: tests hand in their own. */
export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether `err` goes to a terminal, where a line can be written over. */
  readonly isTerminal?: boolean;
  /** Epoch milliseconds; left out, real time. */
  readonly now?: () => number;
}

// eslint-disable-next-line no-restricted-syntax -- at a terminal real time is the clock
export const nowOf = ({ now = () => Date.now() }: Io): number => now();

/** Prints one JSON document, or text for people; nothing else goes to stdout. */
export function show(io: Io, options: { readonly json?: boolean }, document: unknown, text: () => string): void {
  io.out(`${visible(options.json === true ? JSON.stringify(document, null, 2) : text().trimEnd())}\n`);
}
