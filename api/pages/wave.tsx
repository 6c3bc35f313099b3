import { digestOf } from '../../core/canonical-json.ts';
import { counted } from '../../core/counted.ts';
import { countsText, percent, type WaveMember, type WaveStatus } from '../../core/wave/wave.ts';
import type { ApiDeps } from '../deps.ts';
import { mayAct } from '../identity/person.ts';
import type { LoggedIn } from '../identity/session.ts';
import { statusOfWave } from '../waves/drive.ts';
import { Code, Facts, Table, type Fact } from './parts/facts.tsx';
import { Page } from './parts/layout.tsx';
import { Pages } from './parts/pages.tsx';
import { ReasonForm } from './parts/reason-form.tsx';
import { Status, type Tone } from './parts/status.tsx';
import { Time } from './parts/time.tsx';
import { WaveMark, wavePath } from './waves.tsx';

const pageSize = 50;

/** One wave: how far it has come, until when it will take, and each of its keys. Throws `NotFound`. */
export async function wavePage(deps: ApiDeps, reader: LoggedIn, waveId: string, from: number) {
  const wave = await statusOfWave(deps, waveId);
  const { state, members, stopped } = wave;
  // One that is stopped may have rotations that go on.
  const isMoving = members.some((m) => m.outcome === undefined && (m.startedAt !== undefined || state !== 'stopped'));
  const version = digestOf(JSON.parse(JSON.stringify([state, wave.counts, members.map((m) => [m.outcome ?? '', m.startedAt ?? ''])])));
  return (
    <Page title="Wave of rotations" reader={reader} place="/rotations">
      <div data-live={version} {...(isMoving ? { 'data-moving': true } : {})}>
        <p class="lead">
          <WaveMark state={state} /> <span class="id">{waveId}</span>
        </p>
        {stopped === undefined || state === 'ended' ? null : (
          <p class="message message-bad">
            <strong>
              Nothing more is started since <Time at={stopped.at} />:
            </strong>{' '}
            {stopped.because}. What has been started goes on.
          </p>
        )}
        <section aria-labelledby="about">
          <h2 id="about">About</h2>
          <Progress wave={wave} />
          <Facts of={factsOf(wave)} />
        </section>
        <section aria-labelledby="keys">
          <h2 id="keys">Keys</h2>
          <Table
            caption="The keys of the wave, in the order of their start"
            head={['Alias', 'Stands', 'Rotation', 'Why']}
            rows={members.slice(from, from + pageSize).map((member) => [<Code>{member.alias}</Code>, <MemberMark member={member} />, <Rotation member={member} />, member.why ?? ''])}
          />
        </section>
        <Pages of="keys" path={wavePath(waveId)} from={from} size={pageSize} total={members.length} />
      </div>
      {mayAct(reader.person, 'custodian') && state !== 'ended' ? <WaveActs wave={wave} reader={reader} /> : null}
    </Page>
  );
}

const Progress = ({ wave }: { readonly wave: WaveStatus }) => {
  const { complete, failed, skipped } = wave.counts;
  return (
    <p>
      <progress value={complete + failed + skipped} max={wave.members.length} aria-label="How many keys of the wave have ended" /> {countsText(wave)}
    </p>
  );
};

function factsOf({ requestedBy, reason, requestedAt, canaries, failureShare, quotaShare, bottleneck, lastStartAt, predictedEnd, endedAt }: WaveStatus): Fact[] {
  return [
    ['Asked for by', requestedBy],
    ['Because', reason],
    ['Asked', <Time at={requestedAt} />],
    ['Canaries', `${counted(canaries, 'key')} first; it stops when more than ${percent(failureShare)} of what has ended did not complete`],
    ['Pace', `${Number(bottleneck.perSecond.toPrecision(3))} a second: ${bottleneck.operation}, ${percent(quotaShare)} of its quota`],
    ...(predictedEnd !== undefined ? [['Ends about', <Time at={predictedEnd} />] as Fact] : lastStartAt !== undefined ? [['Last start about', <Time at={lastStartAt} />] as Fact] : []),
    ...(endedAt === undefined ? [] : [['Ended', <Time at={endedAt} />] as Fact]),
  ];
}

function MemberMark({ member: { outcome, startedAt } }: { readonly member: WaveMember }) {
  const [tone, word]: readonly [Tone, string] =
    outcome === 'complete' ? ['good', 'Complete'] : outcome === 'skipped' ? ['plain', 'Skipped'] : outcome !== undefined ? ['bad', `Ended as ${outcome}`] : startedAt === undefined ? ['plain', 'Not started'] : ['moving', 'Under way'];
  return <Status tone={tone} word={word} />;
}

/** A rotation that was not started is not there yet. */
const Rotation = ({ member: { rotationId, startedAt } }: { readonly member: WaveMember }) => (startedAt === undefined ? <Code>{rotationId}</Code> : <a href={`/rotations/${encodeURIComponent(rotationId)}`}>{rotationId}</a>);

const WaveActs = ({ wave: { waveId, state }, reader }: { readonly wave: WaveStatus; readonly reader: LoggedIn }) => (
  <section aria-labelledby="acts">
    <h2 id="acts">What you can do</h2>
    <details>
      {state === 'stopped' ? (
        <>
          <summary>Let it go on</summary>
          <form method="post" action={`${wavePath(waveId)}/go-on`}>
            <input type="hidden" name="csrf" value={reader.csrfToken} />
            <p>The keys that are left are started. What has failed so far stops it no more, and is not tried again by it.</p>
            <div class="buttons">
              <button type="submit">Let it go on</button>
            </div>
          </form>
        </>
      ) : (
        <>
          <summary>Stop it</summary>
          <ReasonForm reader={reader} action={`${wavePath(waveId)}/stop`} act="Start nothing more" id="stop">
            <p>Nothing more is started. Rotations that have been started go on, with their questions to approvers.</p>
          </ReasonForm>
        </>
      )}
    </details>
  </section>
);
