import { secondsPerDay } from '../clock.ts';
import type { FoundFinding, OpenFinding } from './open-finding.ts';

/** What a look changes. */
export interface Changes {
  /** Found, and not known yet. */
  readonly opens: readonly Omit<FoundFinding, 'excused'>[];
  /** Known, and so no more; with what ended it. */
  readonly closes: readonly { readonly finding: OpenFinding; readonly because: string; readonly isExcused: boolean }[];
  /** Known and still so, in other words than before. */
  readonly rewords: readonly OpenFinding[];
  /** Known and still so, of an owner who was told a week ago or longer. */
  readonly reminds: readonly OpenFinding[];
}

/** Somewhat less than a week: a sweep does not begin at the same second each day. */
const reminderMs = 6.5 * secondsPerDay * 1000;

const keyOf = ({ name, about }: Pick<FoundFinding, 'name' | 'about'>): string => `${name} ${about}`;

/**
 * Compares what a look found with what is open. A finding that an exception excuses is closed, or not opened: people have decided on it.
 * Of what it closes the caller takes only what the look could have seen: what it did not look at must not seem mended.
 */
export function reconcile(found: readonly FoundFinding[], open: readonly OpenFinding[], now: string): Changes {
  const excused = new Map(found.flatMap((f) => (f.excused === undefined ? [] : [[keyOf(f), f.excused] as const])));
  const wrong = new Map(found.filter((f) => f.excused === undefined).map((f) => [keyOf(f), f]));
  const known = new Set(open.map(keyOf));
  const still = open.flatMap((was) => {
    const now = wrong.get(keyOf(was));
    if (now === undefined) return [];
    const { sentence, severity, remedy, owner, aliases } = now;
    return [{ was, is: { ...was, sentence, severity, remedy, ...(owner === undefined ? {} : { owner }), ...(aliases === undefined ? {} : { aliases }) } }];
  });
  return {
    opens: [...wrong.values()].filter((f) => !known.has(keyOf(f))),
    closes: open
      .filter((f) => !wrong.has(keyOf(f)))
      .map((finding) => {
        const exception = excused.get(keyOf(finding));
        return { finding, isExcused: exception !== undefined, because: exception === undefined ? 'it is so no more' : `${exception.owner} has an exception until ${exception.until}: ${exception.reason}` };
      }),
    rewords: still.filter(({ was, is }) => was.sentence !== is.sentence || was.severity !== is.severity || was.remedy !== is.remedy || was.owner !== is.owner || String(was.aliases) !== String(is.aliases)).map(({ is }) => is),
    reminds: still.filter(({ is: { owner, openedAt, remindedAt } }) => owner !== undefined && Date.parse(remindedAt ?? openedAt) + reminderMs <= Date.parse(now)).map(({ is }) => is),
  };
}
