interface PagesProps {
  /** What is listed. */
  readonly of: string;
  readonly path: string;
  /** The rest of the query, where the list is a choice. */
  readonly query?: URLSearchParams;
  /** The first that is shown, counted from 0. */
  readonly from: number;
  readonly size: number;
  readonly total: number;
  /** What the pages before and behind this one are called; left out, newer and older. */
  readonly words?: readonly [before: string, behind: string];
}

/** The ways to the other parts of a long list. */
export const Pages = ({ of: what, path, query = new URLSearchParams(), from, size, total, words = ['Newer', 'Older'] }: PagesProps) => {
  const at = (start: number): string => `${path}?${new URLSearchParams([...query, ['from', String(start)]]).toString()}`;
  return total <= size ? null : (
    <nav class="pages" aria-label={`Pages of ${what}`}>
      <span>
        {Math.min(from + 1, total)} to {Math.min(from + size, total)} of {total}
      </span>
      {from === 0 ? null : <a href={at(Math.max(0, from - size))}>{words[0]}</a>}
      {from + size >= total ? null : <a href={at(from + size)}>{words[1]}</a>}
    </nav>
  );
};
