import type { RetirePlan } from '../../core/plan/plan.ts';
import type { ApiDeps } from '../deps.ts';
import type { LoggedIn } from '../identity/session.ts';
import { lookAheadAtRetirement } from '../rotations/retire.ts';
import { Refused, StartIt, unlessRefused, WhatWouldHappen } from './parts/look-ahead.tsx';
import { Page } from './parts/layout.tsx';
import { ReasonForm } from './parts/reason-form.tsx';

export const retirePath = (keyId: string): string => `/retire?key=${encodeURIComponent(keyId)}`;

/** What taking an old key out of use would do now, with who still uses it, and for a custodian the form that starts it. Nothing is done by looking. */
export async function retirePage(deps: ApiDeps, reader: LoggedIn, keyId: string) {
  const looked = await unlessRefused(lookAheadAtRetirement(deps, keyId, reader.person));
  return (
    <Page title={`Retirement of old key ${keyId}`} reader={reader} place="/keys">
      {'refusal' in looked ? <Refused title="It cannot be taken out of use now." refusal={looked.refusal} /> : <Ahead plan={looked} reader={reader} />}
    </Page>
  );
}

const Ahead = ({ plan, reader }: { readonly plan: RetirePlan; readonly reader: LoggedIn }) => (
  <>
    <WhatWouldHappen plan={plan} act="retirement" />
    <StartIt
      reader={reader}
      custodians="take old keys out of use"
      form={
        <ReasonForm reader={reader} action="/retire" act="Start the retirement" id="start">
          <input type="hidden" name="key" value={plan.keyId} />
          <p>Approvers are asked first, and whoever starts it does not count as one of them. What was made with this key needs it for ever: while it is out of use nothing of that can be read or verified.</p>
        </ReasonForm>
      }
    />
  </>
);
