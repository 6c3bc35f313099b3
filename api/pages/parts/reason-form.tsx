import type { Child } from 'hono/jsx';
import type { LoggedIn } from '../../identity/session.ts';

interface ReasonFormProps {
  readonly reader: LoggedIn;
  readonly action: string;
  /** What the button says. */
  readonly act: string;
  /** One of several on a page. */
  readonly id: string;
  /** What the act does, and fields of its own. */
  readonly children?: Child;
}

/** A form that asks for something to be done, and why: it works without script. */
export const ReasonForm = ({ reader, action, act, id, children }: ReasonFormProps) => (
  <form method="post" action={action}>
    <input type="hidden" name="csrf" value={reader.csrfToken} />
    {children}
    <label for={`${id}-reason`}>Your reason</label>
    <p class="hint" id={`${id}-hint`}>
      It stands in the plan, the questions to approvers and the dossier. Three characters or more.
    </p>
    <textarea id={`${id}-reason`} name="reason" required minlength={3} maxlength={500} aria-describedby={`${id}-hint`} />
    <div class="buttons">
      <button type="submit">{act}</button>
    </div>
  </form>
);
