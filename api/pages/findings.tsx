import { findingIdOf, type OpenFinding } from '../../core/findings/open-finding.ts';
import type { ApiDeps } from '../deps.ts';
import type { LoggedIn } from '../identity/session.ts';
import { Code, Empty } from './parts/facts.tsx';
import { Page } from './parts/layout.tsx';
import { Status, type Tone } from './parts/status.tsx';
import { Time } from './parts/time.tsx';

const tones: Readonly<Record<OpenFinding['severity'], Tone>> = { high: 'bad', medium: 'asks', low: 'plain', notice: 'plain' };
const urgency: readonly OpenFinding['severity'][] = ['high', 'medium', 'low', 'notice'];

/** A page of hundreds is read by nobody; the command line lists all. */
const mostShown = 200;

/** What is wrong with keys and aliases, the urgent first. */
export async function findingsPage(deps: ApiDeps, reader: LoggedIn) {
  const all = (await deps.store.findings.all()).sort((a, b) => urgency.indexOf(a.severity) - urgency.indexOf(b.severity));
  const isSwept = await deps.store.registry.isSwept();
  return (
    <Page title="Findings" reader={reader} place="/findings">
      <section aria-labelledby="open">
        <h2 id="open">Open ({all.length})</h2>
        {all.length === 0 ? (
          <Empty>{isSwept ? 'Nothing is wrong with any key that the last sweep and the events since have seen.' : 'No key is swept: a platform engineer adds sweep to rota.yaml.'}</Empty>
        ) : (
          <ul class="rows">
            {all.slice(0, mostShown).map((finding) => (
              <li id={findingIdOf(finding)}>
                <div class="row-head">
                  <strong>{finding.sentence}</strong>
                  <Status tone={tones[finding.severity]} word={finding.name} />
                </div>
                <p class="row-more">
                  <Code>{finding.about}</Code> in {finding.place}, since <Time at={finding.openedAt} />, seen by {finding.seenBy}
                </p>
                <p class="row-more">{finding.remedy}</p>
              </li>
            ))}
          </ul>
        )}
        {all.length > mostShown ? (
          <p class="row-more">
            The first {mostShown} of {all.length}; <code>rota findings list</code> has all.
          </p>
        ) : null}
      </section>
    </Page>
  );
}
