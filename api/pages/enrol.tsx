import type { EnrolmentLink } from '../../store/passkey-table.ts';
import type { Person } from '../../core/registry/registry-schema.ts';
import { Code, Facts } from './parts/facts.tsx';
import { Page } from './parts/layout.tsx';
import { Time } from './parts/time.tsx';

/** Where somebody makes a passkey by their one-use link; looking at it uses nothing up. */
export const EnrolPage = ({ link, person }: { readonly link: EnrolmentLink; readonly person: Person }) => (
  <Page title="Enrol a passkey">
    <section class="narrow">
      <Facts
        of={[
          ['For', `${person.name} (${person.id})`],
          ['Asked for by', <Code>{link.arn}</Code>],
          ['This link works until', <Time at={link.expiresAt} />],
        ]}
      />
      <p>If this is not you, close the page. The passkey made here decides in your name.</p>
      <form data-passkey="enrol">
        <button type="submit" disabled>
          Make a passkey
        </button>
        <p class="message" data-message role="status" tabindex={-1} />
        <noscript>
          <p class="message message-asks">A passkey needs script.</p>
        </noscript>
      </form>
    </section>
  </Page>
);
