import type { ApiDeps } from '../deps.ts';
import type { LoggedIn } from '../identity/session.ts';
import { hindranceOf, missingText } from './approval.tsx';
import { Empty } from './parts/facts.tsx';
import { Page } from './parts/layout.tsx';
import { stageTitle } from './parts/people-text.ts';
import { QuestionStatus } from './parts/status.tsx';
import { Time } from './parts/time.tsx';

/** What waits for the reader. */
export async function homePage(deps: ApiDeps, reader: LoggedIn) {
  const open = (await deps.store.approvals.all()).filter((a) => a.outcome === 'open');
  const mine: typeof open = [];
  for (const asked of open) if ((await hindranceOf(deps, asked, reader)) === undefined) mine.push(asked);
  return (
    <Page title="Home" reader={reader} place="/">
      <section>
        <h2>Waiting for you</h2>
        {mine.length === 0 ? <Empty>Nothing waits for your decision.</Empty> : null}
        <ul class="rows">
          {mine.map((asked) => (
            <li>
              <div class="row-head">
                <a href={`/approvals/${asked.approvalId}`}>{stageTitle(asked.stage)}</a>
                <QuestionStatus outcome={asked.outcome} />
              </div>
              <p class="row-more">
                {asked.rotationId}, asked by {asked.requestedBy}: {asked.reason}. Still missing: {missingText(asked)}. Open until <Time at={asked.deadline} />.
              </p>
            </li>
          ))}
        </ul>
      </section>
    </Page>
  );
}
