/** The world of a command, as an argument: tests hand in their own. */
export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Epoch milliseconds; left out, real time. */
  readonly now?: () => number;
}

// eslint-disable-next-line no-restricted-syntax -- at a terminal real time is the clock
export const nowOf = ({ now = () => Date.now() }: Io): number => now();

/** Prints one JSON document, or text for people; nothing else goes to stdout. */
export function show(io: Io, options: { readonly json?: boolean }, document: unknown, text: () => string): void {
  io.out(options.json === true ? `${JSON.stringify(document, null, 2)}\n` : `${text().trimEnd()}\n`);
}
