import { RotaError } from '../../core/errors.ts';
import { decidersOf } from '../../core/dossier/deciders.ts';
import type { RotationPredicate } from '../../core/dossier/statement.ts';
import type { ApiDeps } from '../deps.ts';
import { checkDossiers } from '../dossiers.ts';
import type { LoggedIn } from '../identity/session.ts';
import { Code, Empty, Facts, Table } from './parts/facts.tsx';
import { Page } from './parts/layout.tsx';
import { Pages } from './parts/pages.tsx';
import { stageTitle } from './parts/people-text.ts';
import { Status, type Tone } from './parts/status.tsx';
import { Time } from './parts/time.tsx';

const pageSize = 20;

/** The chain of dossiers, newest first, each verified as it is shown. */
export async function dossiersPage(deps: ApiDeps, reader: LoggedIn, from: number) {
  const total = await deps.store.dossiers.lastSequence();
  const last = Math.max(0, total - from);
  const checked = last === 0 ? [] : await checkDossiers(deps, Math.max(1, last - pageSize + 1), last);
  return (
    <Page title="Dossiers" reader={reader} place="/dossiers">
      <p class="lead">The signed record of every rotation, failed ones too, in one chain. They were verified as this page was made.</p>
      <section aria-label="Dossiers, newest first">
        {total === 0 ? <Empty>There is none yet: each rotation ends in one.</Empty> : null}
        <ul class="rows">
          {checked.reverse().map((one) => (
            <li>
              <div class="row-head">
                <a href={`/dossiers/${one.sequence}`}>
                  Number {one.sequence}
                  {'predicate' in one ? `: ${one.predicate.rotationId}` : ''}
                </a>
                <span>
                  {'predicate' in one ? <Outcome {...one.predicate} /> : null} <Verdict fault={'fault' in one ? one.fault : undefined} />
                </span>
              </div>
              <p class="row-more">
                {'predicate' in one ? (
                  <>
                    sealed <Time at={one.predicate.sealedAt} />, asked for by {one.predicate.requestedBy}: {one.predicate.reason}
                  </>
                ) : (
                  one.fault
                )}
              </p>
            </li>
          ))}
        </ul>
      </section>
      <Pages of="dossiers" path="/dossiers" from={from} size={pageSize} total={total} />
      <OwnVerification />
    </Page>
  );
}

/** One dossier. Throws `NotFound`. */
export async function dossierPage(deps: ApiDeps, reader: LoggedIn, sequence: number) {
  const isThere = sequence >= 1 && sequence <= (await deps.store.dossiers.lastSequence());
  const [checked] = isThere ? await checkDossiers(deps, sequence, sequence) : [];
  if (checked === undefined) throw new RotaError('NotFound', { what: `dossier number ${sequence}` });
  return (
    <Page title={`Dossier number ${sequence}`} reader={reader} place="/dossiers">
      <p class="lead">
        <Verdict fault={'fault' in checked ? checked.fault : undefined} /> <a href={`/dossiers/${sequence}/file`}>Download the signed file</a>
      </p>
      {'predicate' in checked ? <Contents {...checked.predicate} /> : <p class="message message-bad">{checked.fault}</p>}
      <OwnVerification />
    </Page>
  );
}

function Contents(p: RotationPredicate) {
  return (
    <>
      <section>
        <h2>What happened</h2>
        <Facts
          of={[
            ['Rotation', <a href={`/rotations/${p.rotationId}`}>{p.rotationId}</a>],
            ['Outcome', <Outcome {...p} />],
            ...(p.error === undefined ? [] : [['Because', `${p.error.name}: ${p.error.sentence}`] as const]),
            ['Asked for by', `${p.requestedBy}: ${p.reason}`],
            ['Started', <Time at={p.startedAt} />],
            ['Sealed', <Time at={p.sealedAt} />],
            ...(p.movedClockSeconds === undefined ? [] : [['Rehearsal', `the clock had been moved by ${p.movedClockSeconds} s`] as const]),
            ['Definition of the machine', <>SHA-256 <Code>{p.execution.definitionSha256}</Code></>],
            ['Dossier before', <Code>{p.previous}</Code>],
          ]}
        />
        <h3>Left behind</h3>
        {p.leftBehind.length === 0 ? (
          <Empty>Nothing.</Empty>
        ) : (
          <ul>
            {p.leftBehind.map((left) => (
              <li>{left}</li>
            ))}
          </ul>
        )}
      </section>
      <section>
        <h2>Who decided</h2>
        <Deciders {...p} />
      </section>
      <section>
        <h2>Keys at the end</h2>
        {p.keys.after.length === 0 ? (
          <Empty>No key was looked at.</Empty>
        ) : (
          <Table caption="Keys at the end" head={['Key', 'State', 'Aliases']} rows={p.keys.after.map((k) => [<Code>{k.keyId}</Code>, k.state, k.aliases.join(', ') || 'none'])} />
        )}
      </section>
      <section>
        <h2>Steps</h2>
        <Table
          caption="Steps with their KMS calls"
          head={['Step', 'Done', 'KMS calls (request ids as CloudTrail has them)']}
          rows={p.steps.map((s) => [
            s.step,
            s.completedAt === undefined ? 'not finished' : <Time at={s.completedAt} />,
            s.kmsCalls.length === 0 ? 'none' : <ul>{s.kmsCalls.map((call) => <li>{call.operation} <Code>{call.requestId}</Code>{call.error === undefined ? '' : ` (${call.error})`}</li>)}</ul>,
          ])}
        />
      </section>
    </>
  );
}

function Deciders(p: RotationPredicate) {
  const deciders = decidersOf(p);
  if (deciders.length === 0) return <Empty>Nobody decided anything.</Empty>;
  return (
    <Table
      caption="Decisions with the identities of those who made them"
      head={['Who', 'Decided', 'On', 'At', 'Identity']}
      rows={deciders.map((d) => [
        d.person,
        d.decision === 'approve' ? <Status tone="good" word="Approved" /> : <Status tone="bad" word="Refused" />,
        stageTitle(d.stage),
        <Time at={d.decidedAt} />,
        d.identity === 'passkey' ? <>passkey <Code>{d.credentialId}</Code> at {d.origin}</> : <>IAM identity <Code>{d.arn}</Code></>,
      ])}
    />
  );
}

const outcomes: Readonly<Record<RotationPredicate['outcome'], readonly [Tone, string]>> = {
  complete: ['good', 'Complete'],
  refused: ['bad', 'Refused'],
  failed: ['bad', 'Failed'],
  'rolled-back': ['bad', 'Rolled back'],
};

function Outcome({ outcome }: Pick<RotationPredicate, 'outcome'>) {
  const [tone, word] = outcomes[outcome];
  return <Status tone={tone} word={word} />;
}

const Verdict = ({ fault }: { readonly fault: string | undefined }) => (fault === undefined ? <Status tone="good" word="Verifies" /> : <Status tone="bad" word="Does not verify" />);

const OwnVerification = () => (
  <section>
    <h2>Verify it yourself</h2>
    <p>This page's word is only as good as this console. On a machine of your own, with a public key that you keep:</p>
    <pre tabindex={0}>{'rota dossier get --all --out dossiers\nrota dossier verify dossiers --key dossier-key.pem'}</pre>
  </section>
);
