import type { Child } from 'hono/jsx';

export type Fact = readonly [term: string, value: Child];

/** Terms and what they are. */
export const Facts = ({ of: facts }: { readonly of: readonly Fact[] }) => (
  <dl class="facts">
    {facts.map(([term, value]) => (
      <div>
        <dt>{term}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);

/** A machine's word (id, digest, ARN): whole, in a face that tells 0 from O, broken where the line ends. */
export const Code = ({ children }: { readonly children?: Child }) => <code class="id">{children}</code>;

/** What stands where there is nothing to list. */
export const Empty = ({ children }: { readonly children?: Child }) => <p class="empty">{children}</p>;

/** A table. Where it is too wide it scrolls by itself, reachable by keyboard, so that the page does not; on a phone each row stands as a list of its own. */
export const Table = ({ caption, head, rows }: { readonly caption: string; readonly head: readonly string[]; readonly rows: readonly (readonly Child[])[] }) => (
  <div class="scroll" role="region" aria-label={caption} tabindex={0}>
    <table>
      <thead>
        <tr>
          {head.map((title) => (
            <th scope="col">{title}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(([first, ...cells]) => (
          <tr>
            <th scope="row">{first}</th>
            {cells.map((cell, i) => (
              <td data-label={head[i + 1]}>
                <div>{cell}</div>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);
