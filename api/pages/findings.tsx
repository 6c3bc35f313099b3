import { findingNames, findingStates, severities, type FindingFilter, type ListedFinding } from '../../core/findings/list-findings.ts';
import type { ApiDeps } from '../deps.ts';
import type { LoggedIn } from '../identity/session.ts';
import { findingsFor } from '../sweeps/findings.ts';
import { Code, Empty } from './parts/facts.tsx';
import { Page } from './parts/layout.tsx';
import { Pages } from './parts/pages.tsx';
import { Status, type Tone } from './parts/status.tsx';
import { Time } from './parts/time.tsx';

const tones: Readonly<Record<ListedFinding['severity'], Tone>> = { high: 'bad', medium: 'asks', low: 'plain', notice: 'plain' };

const pageSize = 100;

const titles: Readonly<Record<FindingFilter['state'], string>> = { open: 'Open', closed: 'Closed', all: 'Open and closed' };

/** What is wrong with keys and aliases, or was, the urgent first. What is shown stands in the address, so that it can be sent to somebody. */
export async function findingsPage(deps: ApiDeps, reader: LoggedIn, filter: FindingFilter, from: number) {
  const all = (await findingsFor(deps, filter)).sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity));
  const isSwept = await deps.store.registry.isSwept();
  const { state, ...asked } = filter;
  const isWhole = state === 'open' && Object.values(asked).every((value) => value === undefined);
  return (
    <Page title="Findings" reader={reader} place="/findings">
      <Filter {...filter} />
      <section aria-labelledby="list">
        <h2 id="list">
          {titles[state]} ({all.length})
        </h2>
        {all.length === 0 ? (
          <Empty>{isSwept ? (isWhole ? 'Nothing is wrong with any key that the last sweep and the events since have seen.' : 'No finding is like that.') : 'No key is swept: a platform engineer adds sweep to rota.yaml.'}</Empty>
        ) : (
          <ul class="rows">
            {all.slice(from, from + pageSize).map((finding) => (
              <Row {...finding} />
            ))}
          </ul>
        )}
        <Pages of="findings" path="/findings" query={queryOf(filter)} from={from} size={pageSize} total={all.length} words={['Before', 'Next']} />
      </section>
    </Page>
  );
}

const queryOf = (filter: FindingFilter): URLSearchParams => new URLSearchParams(Object.entries(filter).filter((entry): entry is [string, string] => entry[1] !== undefined));

function Row(finding: ListedFinding) {
  const { findingId, severity, name, about, aliases = [], place, owner, openedAt, seenBy } = finding;
  const isOver = 'closedAt' in finding;
  return (
    <li id={findingId}>
      <div class="row-head">
        <strong>{isOver ? (aliases[0] ?? about) : finding.sentence}</strong>
        <Status tone={isOver ? 'good' : tones[severity]} word={`${name}, ${isOver ? 'over' : severity}`} />
      </div>
      <p class="row-more">
        <Code>{about}</Code>
        {place === undefined ? null : ` in ${place}`}, {isOver ? 'from' : 'since'} <Time at={openedAt} />
        {isOver ? (
          <>
            {' '}
            to <Time at={finding.closedAt} />
          </>
        ) : null}
        , seen by {seenBy}
        {owner === undefined ? null : `, owner ${owner}`}
      </p>
      <p class="row-more">{isOver ? `${finding.closedBy}${finding.notMended === undefined ? '' : `; nobody mended it: ${finding.notMended}`}` : finding.remedy}</p>
    </li>
  );
}

/** A form without a script: what it asks for becomes the query of the page. */
const Filter = ({ state, severity, kind, key, owner, place }: FindingFilter) => (
  <form class="filter" method="get" action="/findings" role="search" aria-label="Which findings">
    <Choice name="state" title="State" of={findingStates} chosen={state} />
    <Choice name="severity" title="Severity" of={['', ...severities]} chosen={severity} />
    <Choice name="kind" title="Kind" of={['', ...findingNames]} chosen={kind} />
    <Text name="key" title="Key id, ARN or alias" value={key} />
    <Text name="owner" title="Owner" value={owner} />
    <Text name="place" title="Account or Region" value={place} />
    <div class="buttons">
      <button type="submit">Show</button>
      <a href="/findings">All that are open</a>
    </div>
  </form>
);

const Choice = ({ name, title, of, chosen = '' }: { readonly name: string; readonly title: string; readonly of: readonly string[]; readonly chosen?: string | undefined }) => (
  <div>
    <label for={name}>{title}</label>
    <select id={name} name={name}>
      {of.map((value) => (
        <option value={value} selected={value === chosen}>
          {value === '' ? 'any' : value}
        </option>
      ))}
    </select>
  </div>
);

const Text = ({ name, title, value = '' }: { readonly name: string; readonly title: string; readonly value?: string | undefined }) => (
  <div>
    <label for={name}>{title}</label>
    <input id={name} name={name} type="text" value={value} />
  </div>
);
