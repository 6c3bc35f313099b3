/** An instant: UTC as it stands, and the reader's own zone once the script has run. `at` is ISO 8601 in UTC. */
export const Time = ({ at }: { readonly at: string }) => (
  <time datetime={at} data-local>
    {`${at.slice(0, 10)} ${at.slice(11, 16)} UTC`}
  </time>
);
