interface Options {
  /** How many items are worked on at once. */
  readonly atOnce: number;
  /** Ends it: nothing more is begun. */
  readonly signal: AbortSignal;
  /** While this says true, results may pile up; else as many wait as are worked on, and no more is begun. */
  readonly mayPileUp?: () => boolean;
}

/**
 * Works on the items of a source, several at once, and gives the results in the order in which they come. Work begins at once, before
 * anybody reads. The first failure ends it and is thrown to the reader.
 */
export function concurrently<T, R extends object>(source: AsyncIterable<T>, work: (item: T) => Promise<R>, { atOnce, signal, mayPileUp = () => false }: Options): AsyncIterable<R> {
  const items = source[Symbol.asyncIterator]();
  const results: R[] = [];
  let working = atOnce;
  let failure: { readonly error: unknown } | undefined;
  let wakeReader = (): void => undefined;
  let wakeWorkers: (() => void)[] = [];
  const over = (): boolean => signal.aborted || failure !== undefined;

  const makeRoom = (): void => {
    for (const wake of wakeWorkers) wake();
    wakeWorkers = [];
  };
  signal.addEventListener('abort', makeRoom, { once: true });

  async function worker(): Promise<void> {
    try {
      for (;;) {
        while (results.length >= atOnce && !mayPileUp() && !over()) await new Promise<void>((resolve) => wakeWorkers.push(resolve));
        if (over()) return;
        const next = await items.next();
        if (next.done === true || over()) return;
        results.push(await work(next.value));
        wakeReader();
      }
    } catch (error) {
      failure ??= { error };
      makeRoom();
    } finally {
      working -= 1;
      wakeReader();
    }
  }
  for (let i = 0; i < atOnce; i++) void worker();

  async function* read(): AsyncGenerator<R> {
    for (;;) {
      if (failure !== undefined) throw failure.error;
      const result = results.shift();
      if (result !== undefined) {
        if (results.length < atOnce) makeRoom();
        yield result;
      } else if (working === 0) return;
      else await new Promise<void>((resolve) => (wakeReader = resolve));
    }
  }
  return { [Symbol.asyncIterator]: read };
}
