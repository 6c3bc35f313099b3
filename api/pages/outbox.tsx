import type { ApiDeps } from '../deps.ts';
import type { LoggedIn } from '../identity/session.ts';
import { Empty } from './parts/facts.tsx';
import { Page } from './parts/layout.tsx';
import { Time } from './parts/time.tsx';

/** The last mails; older ones are nobody's news. */
const mostShown = 100;

/** What people would have been mailed, newest first. On AWS it was mailed, and this page says so. */
export function outboxPage({ outbox }: ApiDeps, reader: LoggedIn) {
  const mails = outbox === undefined ? [] : [...outbox()].reverse().slice(0, mostShown);
  return (
    <Page title="Outbox" reader={reader}>
      <section aria-labelledby="mails">
        <h2 id="mails">{outbox === undefined ? 'Notices go out by SNS' : 'Notices that would have been mailed'}</h2>
        {mails.length === 0 ? (
          <Empty>{outbox === undefined ? 'There is no outbox here: mail and webhook have them.' : 'Nothing was announced yet.'}</Empty>
        ) : (
          <ul class="rows">
            {mails.map((mail) => (
              <li>
                <div class="row-head">
                  <a href={new URL(mail.link).pathname}>{mail.subject}</a>
                  <small>
                    <Time at={mail.at} /> to {mail.to.join(', ')}
                  </small>
                </div>
                <pre>{mail.text}</pre>
              </li>
            ))}
          </ul>
        )}
      </section>
    </Page>
  );
}
