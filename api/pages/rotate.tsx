import type { Held } from '../../core/freeze/held-until.ts';
import type { RotationPlan } from '../../core/plan/plan.ts';
import type { ApiDeps } from '../deps.ts';
import type { LoggedIn } from '../identity/session.ts';
import { lookAhead } from '../rotations/start.ts';
import { Code } from './parts/facts.tsx';
import { Refused, StartIt, unlessRefused, WhatWouldHappen } from './parts/look-ahead.tsx';
import { Page } from './parts/layout.tsx';
import { ReasonForm } from './parts/reason-form.tsx';
import { Time } from './parts/time.tsx';

export const rotatePath = (alias: string, emergency = false): string => `/rotate?alias=${encodeURIComponent(alias)}${emergency ? '&emergency=yes' : ''}`;

interface Wanted {
  readonly alias: string;
  readonly emergency: boolean;
}

/** What a rotation of a key would do now, and for a custodian the form that starts it. Nothing is created by looking. */
export async function rotatePage(deps: ApiDeps, reader: LoggedIn, { alias, emergency }: Wanted) {
  const looked = await unlessRefused(aheadOf(deps, reader, { alias, emergency }));
  return (
    <Page title={`${emergency ? 'Emergency rotation' : 'Rotation'} of ${alias}`} reader={reader} place="/keys">
      {'refusal' in looked ? <Refused title="It cannot be rotated now." refusal={looked.refusal} /> : <Ahead {...looked} reader={reader} wanted={{ alias, emergency }} />}
    </Page>
  );
}

interface Looked {
  readonly plan: RotationPlan;
  readonly held?: Held;
  /** Whether the registry has a rule for emergencies. */
  readonly emergencyRoad: boolean;
}

async function aheadOf(deps: ApiDeps, { person }: LoggedIn, wanted: Wanted): Promise<Looked> {
  const ahead = await lookAhead(deps, wanted, person);
  const { method, approvals } = await deps.store.registry.key(wanted.alias);
  return { ...ahead, emergencyRoad: method === 'asymmetric' && approvals.emergency !== undefined };
}

const Ahead = ({ plan, held, emergencyRoad, reader, wanted }: Looked & { readonly reader: LoggedIn; readonly wanted: Wanted }) => (
  <>
    <WhatWouldHappen plan={plan} act="rotation">
      {held === undefined ? null : (
        <p class="message message-asks">
          A cutover now would wait until <Time at={held.until} />: {held.because}.
        </p>
      )}
    </WhatWouldHappen>
    <StartIt
      reader={reader}
      custodians="start rotations"
      form={
        <ReasonForm reader={reader} action="/rotate" act={wanted.emergency ? 'Start the emergency rotation' : 'Start the rotation'} id="start">
          <input type="hidden" name="alias" value={wanted.alias} />
          {wanted.emergency ? <input type="hidden" name="emergency" value="yes" /> : null}
          <p>
            {wanted.emergency ? 'The waits are skipped, under the rule for emergencies: use it after a compromise.' : 'No alias moves before its approvers have signed, and whoever starts a rotation does not count as one of them.'}
          </p>
        </ReasonForm>
      }
    >
      {emergencyRoad && !wanted.emergency ? (
        <p>
          After a compromise: <a href={rotatePath(wanted.alias, true)}>an emergency rotation of <Code>{wanted.alias}</Code></a>, without waits, under a higher quorum.
        </p>
      ) : null}
    </StartIt>
  </>
);
