interface PagesProps {
  /** What is listed. */
  readonly of: string;
  readonly path: string;
  /** The first that is shown, counted from 0. */
  readonly from: number;
  readonly size: number;
  readonly total: number;
}

/** The ways to the newer and older parts of a long list. */
export const Pages = ({ of: what, path, from, size, total }: PagesProps) =>
  total <= size ? null : (
    <nav class="pages" aria-label={`Pages of ${what}`}>
      <span>
        {Math.min(from + 1, total)} to {Math.min(from + size, total)} of {total}
      </span>
      {from === 0 ? null : <a href={`${path}?from=${Math.max(0, from - size)}`}>Newer</a>}
      {from + size >= total ? null : <a href={`${path}?from=${from + size}`}>Older</a>}
    </nav>
  );
