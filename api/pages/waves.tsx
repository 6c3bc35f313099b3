import { counted } from '../../core/counted.ts';
import { usualShare } from '../../core/kms-quotas.ts';
import { countsText, largestWave, percent, usualFailureShare, type WaveSummary } from '../../core/wave/wave.ts';
import type { ApiDeps } from '../deps.ts';
import { mayAct } from '../identity/person.ts';
import type { LoggedIn } from '../identity/session.ts';
import { keysOfRegistry, lateKeys, type RegisteredKeyRow } from '../keys/registered-keys.ts';
import { summariesOf, wavesAPage } from '../waves/drive.ts';
import { KeyStanding } from './keys.tsx';
import { Code, Empty, Table } from './parts/facts.tsx';
import { Page } from './parts/layout.tsx';
import { Pages } from './parts/pages.tsx';
import { ReasonForm } from './parts/reason-form.tsx';
import { Status, type Tone } from './parts/status.tsx';
import { Time } from './parts/time.tsx';

/** So many due keys are named; the page Keys has them all. */
const namedKeys = 50;

/** The keys that are due, for a custodian the form that rotates them, and all waves, newest first. */
export async function wavesPage(deps: ApiDeps, reader: LoggedIn, from: number) {
  const waves = await deps.store.waves.list();
  const [shown, keys] = await Promise.all([summariesOf(deps, waves.slice(from, from + wavesAPage).map(({ waveId }) => waveId)), lateKeys(deps, await keysOfRegistry(deps))]);
  const due = keys.filter(({ running }) => running === undefined);
  return (
    <Page title="Waves" reader={reader} place="/rotations">
      <section aria-labelledby="due">
        <h2 id="due">Due now</h2>
        <Due keys={due} />
        {due.length === 0 || !mayAct(reader.person, 'custodian') ? null : <StartForm reader={reader} />}
      </section>
      <section aria-labelledby="waves">
        <h2 id="waves">All waves</h2>
        {shown.length === 0 ? <Empty>No wave was asked for yet.</Empty> : null}
        <ul class="rows">
          {shown.map((wave) => (
            <li>
              <div class="row-head">
                <a href={wavePath(wave.waveId)}>{wave.waveId}</a>
                <WaveMark state={wave.state} />
              </div>
              <p class="row-more">
                {countsText(wave)}; asked for by {wave.requestedBy} <Time at={wave.requestedAt} />: {wave.reason}
              </p>
            </li>
          ))}
        </ul>
      </section>
      <Pages of="waves" path="/waves" from={from} size={wavesAPage} total={waves.length} />
    </Page>
  );
}

const Due = ({ keys }: { readonly keys: readonly RegisteredKeyRow[] }) =>
  keys.length === 0 ? (
    <Empty>No key of the registry is due, as far as the last sweep and Rota's own rotations tell.</Empty>
  ) : (
    <>
      <Table
        caption="Keys whose warning time has begun"
        head={['Alias', 'Stands', 'Due', 'Owner']}
        rows={keys.slice(0, namedKeys).map((row) => [<Code>{row.key.alias}</Code>, <KeyStanding row={row} />, row.dueAt === undefined ? 'unknown' : <Time at={row.dueAt} />, row.key.owner])}
      />
      {keys.length <= namedKeys ? null : (
        <p class="row-more">
          and {counted(keys.length - namedKeys, 'more key', 'more keys')}: <a href="/keys">Keys</a>
        </p>
      )}
    </>
  );

const StartForm = ({ reader }: { readonly reader: LoggedIn }) => (
  <details>
    <summary>Rotate all that are due</summary>
    <ReasonForm reader={reader} action="/waves" act="Start the wave" id="start">
      <p>
        Each key has a rotation of its own, with the approvals that the registry demands. Those that are overdue for the longest go first, {percent(usualShare)} of KMS's request quotas is taken at most, and nothing more is started when more
        than {percent(usualFailureShare)} of what has ended did not complete.
      </p>
      <label for="canaries">Canaries: so many first, and the others when all of these are complete</label>
      <p class="hint" id="canaries-hint">
        Left empty: one in twenty, and one at least.
      </p>
      <input id="canaries" name="canaries" type="number" min={1} max={largestWave} inputmode="numeric" aria-describedby="canaries-hint" />
      <label for="most">So many keys at most</label>
      <p class="hint" id="most-hint">
        Left empty: {largestWave}.
      </p>
      <input id="most" name="most" type="number" min={1} max={largestWave} inputmode="numeric" aria-describedby="most-hint" />
    </ReasonForm>
  </details>
);

export const wavePath = (waveId: string): string => `/waves/${encodeURIComponent(waveId)}`;

const states: Readonly<Record<WaveSummary['state'], readonly [Tone, string]>> = {
  canaries: ['moving', 'Canaries first'],
  rate: ['moving', 'Starting'],
  'all started': ['moving', 'All started'],
  stopped: ['bad', 'Stopped'],
  ended: ['plain', 'Ended'],
};

export function WaveMark({ state }: Pick<WaveSummary, 'state'>) {
  const [tone, word] = states[state];
  return <Status tone={tone} word={word} />;
}
