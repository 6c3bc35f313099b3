import type { FoundFinding, OpenFinding } from './open-finding.ts';

/** What a look changes. */
export interface Changes {
  /** Found, and not known yet. */
  readonly opens: readonly FoundFinding[];
  /** Known, and so no more; with what ended it. */
  readonly closes: readonly { readonly finding: OpenFinding; readonly because: string; readonly isExcused: boolean }[];
  /** Known and still so, in other words than before. */
  readonly rewords: readonly OpenFinding[];
}

const keyOf = ({ name, about }: Pick<FoundFinding, 'name' | 'about'>): string => `${name} ${about}`;

/**
 * Compares what a look found with what is open. A finding that an exception excuses is closed, or not opened: people have decided on it.
 * Of what it closes the caller takes only what the look could have seen: what it did not look at must not seem mended.
 */
export function reconcile(found: readonly FoundFinding[], open: readonly OpenFinding[]): Changes {
  const excused = new Map(found.flatMap((f) => (f.excused === undefined ? [] : [[keyOf(f), f.excused] as const])));
  const wrong = new Map(found.filter((f) => f.excused === undefined).map((f) => [keyOf(f), f]));
  const known = new Set(open.map(keyOf));
  return {
    opens: [...wrong.values()].filter((f) => !known.has(keyOf(f))),
    closes: open
      .filter((f) => !wrong.has(keyOf(f)))
      .map((finding) => {
        const exception = excused.get(keyOf(finding));
        return { finding, isExcused: exception !== undefined, because: exception === undefined ? 'it is so no more' : `${exception.owner} has an exception until ${exception.until}: ${exception.reason}` };
      }),
    rewords: open.flatMap((finding) => {
      const now = wrong.get(keyOf(finding));
      if (now === undefined || (now.sentence === finding.sentence && now.severity === finding.severity)) return [];
      return [{ ...finding, sentence: now.sentence, severity: now.severity, remedy: now.remedy }];
    }),
  };
}
