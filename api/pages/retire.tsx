import { randomUUID } from 'node:crypto';
import type { RetirePlan } from '../../core/plan/plan.ts';
import type { ApiDeps } from '../deps.ts';
import { mayAct } from '../identity/person.ts';
import type { LoggedIn } from '../identity/session.ts';
import { retirePlanFor } from '../rotations/retire.ts';
import { Empty } from './parts/facts.tsx';
import { Page } from './parts/layout.tsx';
import { ReasonForm } from './parts/reason-form.tsx';
import { Refused, unlessRefused } from './parts/refused.tsx';
import { PlanView } from './plan-view.tsx';

export const retirePath = (keyId: string): string => `/retire?key=${encodeURIComponent(keyId)}`;

/** What taking an old key out of use would do now, with who still uses it, and for a custodian the form that starts it. Nothing is done by looking. */
export async function retirePage(deps: ApiDeps, reader: LoggedIn, keyId: string) {
  const looked = await unlessRefused(retirePlanFor(deps, { keyId, reason: 'to see what a retirement would do' }, reader.person.id, `plan-${randomUUID()}`));
  return (
    <Page title={`Retirement of old key ${keyId}`} reader={reader} place="/keys">
      {'refusal' in looked ? <Refused title="It cannot be taken out of use now." refusal={looked.refusal} /> : <Ahead plan={looked} reader={reader} />}
    </Page>
  );
}

const Ahead = ({ plan, reader }: { readonly plan: RetirePlan; readonly reader: LoggedIn }) => (
  <>
    <section aria-labelledby="plan">
      <h2 id="plan">What would happen</h2>
      <PlanView plan={plan} />
      <p class="hint">Made from what AWS says now. A retirement makes its plan anew, under an id of its own, and approvers sign that one.</p>
    </section>
    <section aria-labelledby="start">
      <h2 id="start">Start it</h2>
      {mayAct(reader.person, 'custodian') ? (
        <ReasonForm reader={reader} action="/retire" act="Start the retirement" id="start">
          <input type="hidden" name="key" value={plan.keyId} />
          <p>Approvers are asked first, and whoever starts it does not count as one of them. What was made with this key needs it for ever: while it is out of use nothing of that can be read or verified.</p>
        </ReasonForm>
      ) : (
        <Empty>Custodians take old keys out of use; you may look.</Empty>
      )}
    </section>
  </>
);
