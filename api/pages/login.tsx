import { Code } from './parts/facts.tsx';
import { Page } from './parts/layout.tsx';

/** Where somebody logs in. `next` is a path of this console. */
export const LoginPage = ({ next }: { readonly next: string }) => (
  <Page title="Log in">
    <section class="narrow">
      <p>Your passkey says who you are. Nothing else is asked.</p>
      <form data-passkey="login">
        <input type="hidden" name="next" value={next} />
        <button type="submit" disabled>
          Log in with passkey
        </button>
        <p class="message" data-message role="status" tabindex={-1} />
        <noscript>
          <p class="message message-asks">A passkey needs script. Without it, use the command line: everything is there, too.</p>
        </noscript>
      </form>
    </section>
    <section class="narrow">
      <h2>No passkey yet?</h2>
      <p>
        Run <Code>rota passkey enrol</Code> with your AWS credentials and open the link that it prints.
      </p>
    </section>
  </Page>
);
