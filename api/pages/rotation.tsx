import { digestOf } from '../../core/canonical-json.ts';
import { quietNote, type RolloverStatus, type RotationStatus } from '../../core/rotation-status.ts';
import type { StoredApproval } from '../../store/approval-table.ts';
import type { ApiDeps } from '../deps.ts';
import type { LoggedIn } from '../identity/session.ts';
import { machineOf } from '../rotations/machine.ts';
import { statusOf } from '../rotations/status.ts';
import { Decisions, missingText } from './approval.tsx';
import { RotationActs } from './rotation-acts.tsx';
import { Code, Empty, Facts, Table, type Fact } from './parts/facts.tsx';
import { Page } from './parts/layout.tsx';
import { MachinePicture } from './parts/machine-picture.tsx';
import { ruleText, stageTitle } from './parts/people-text.ts';
import { QuestionStatus, RotationStatusMark, Status } from './parts/status.tsx';
import { Time } from './parts/time.tsx';
import { PlanView } from './plan-view.tsx';
import { wavePath } from './waves.tsx';

/** One rotation: where it stands, what it did, who decided what, and what it will do. Throws `NotFound`. */
export async function rotationPage(deps: ApiDeps, reader: LoggedIn, rotationId: string) {
  const head = await deps.store.ledger.head(rotationId);
  const [status, approvals, machine] = await Promise.all([statusOf(deps, head), deps.store.approvals.ofRotation(rotationId), machineOf(deps, head)]);
  const nowIso = new Date(deps.clock.now()).toISOString();
  const isMoving = status.status === 'RUNNING' || status.status === 'WAITING';
  const ended = isMoving ? undefined : status.status === 'SUCCEEDED' ? 'well' : 'badly';
  const version = digestOf(JSON.parse(JSON.stringify([status, approvals.map((a) => [a.outcome, a.decisions.length]), machine?.current ?? ''])));
  const plans = [head.cutoverPlan, head.rollbackPlan, head.retirePlan, head.plan].filter((p) => p !== undefined);
  return (
    <Page title={workflowTitle(status)} reader={reader} place="/rotations">
      <div data-live={version} {...(isMoving ? { 'data-moving': true } : {})}>
        <p class="lead">
          <RotationStatusMark status={status.status} /> <span class="id">{rotationId}</span>
          {quietNote(status)}
        </p>
        {status.error === undefined ? null : (
          <p class="message message-bad">
            <strong>{status.error.name}:</strong> {status.error.sentence}
          </p>
        )}
        <div class="columns">
          <section aria-labelledby="steps">
            <h2 id="steps">Steps</h2>
            <Steps status={status} isMoving={isMoving} />
          </section>
          <div class="stack">
            <section aria-labelledby="about">
              <h2 id="about">About</h2>
              <About {...status} waveId={head.waveId} />
            </section>
            <section aria-labelledby="approvals">
              <h2 id="approvals">Approvals</h2>
              {approvals.length === 0 ? <Empty>No approval was asked for yet.</Empty> : null}
              {approvals.map((asked) => (
                <Question asked={asked} />
              ))}
            </section>
          </div>
        </div>
        {status.rollover === undefined ? null : <Rollover rollover={status.rollover} nowIso={nowIso} isMoving={isMoving} />}
        <section aria-labelledby="machine">
          <h2 id="machine">State machine</h2>
          {machine === undefined ? <Empty>It has not started yet, or Step Functions has forgotten it (after 90 days); the dossier holds its history.</Empty> : <MachinePicture machine={machine} ended={ended} />}
        </section>
      </div>
      <RotationActs status={status} reader={reader} />
      <section aria-labelledby="plan">
        <h2 id="plan">Plan</h2>
        {plans.length === 0 ? <Empty>It is not planned yet.</Empty> : null}
        {plans.map((plan, i) => (
          <details open={i === 0}>
            <summary>{'stage' in plan ? stageTitle(plan.stage) : 'The rotation'}</summary>
            <PlanView plan={plan} />
          </details>
        ))}
      </section>
    </Page>
  );
}

function workflowTitle({ workflow, alias }: RotationStatus): string {
  const titles: Readonly<Record<string, string>> = { 'alias-rollback': 'Rollback of', retire: 'Retirement of an old key of' };
  return `${titles[workflow] ?? 'Rotation of'} ${alias}`;
}

function About(s: RotationStatus & { readonly waveId: string | undefined }) {
  const facts: Fact[] = [
    ['Asked for by', s.requestedBy],
    ['Because', s.reason],
    ['Asked', <Time at={s.requestedAt} />],
    ...(s.waveId === undefined ? [] : [['Part of', <a href={wavePath(s.waveId)}>{s.waveId}</a>] as Fact]),
    ['Old key', s.oldKeyId === undefined ? 'not looked up yet' : <Code>{s.oldKeyId}</Code>],
    ['New key', s.newKeyId === undefined ? 'not made yet' : <Code>{s.newKeyId}</Code>],
    ...(s.undoes === undefined ? [] : [['Undoes', <a href={`/rotations/${s.undoes}`}>{s.undoes}</a>] as Fact]),
    ...(s.rolledBackBy === undefined ? [] : [['Undone by', <a href={`/rotations/${s.rolledBackBy}`}>{s.rolledBackBy}</a>] as Fact]),
    ...(s.dossierSequence === undefined ? [] : [['Dossier', <a href={`/dossiers/${s.dossierSequence}`}>number {s.dossierSequence}</a>] as Fact]),
    ...(s.leftBehind.length === 0
      ? []
      : [
          [
            'Left behind',
            <ul>
              {s.leftBehind.map((left) => (
                <li>{left}</li>
              ))}
            </ul>,
          ] as Fact,
        ]),
  ];
  return <Facts of={facts} />;
}

/** `request-approval.cutover.1b2c3d4e` in words. */
function stepWords(step: string): string {
  const [name = '', ...rest] = step.split('.');
  const words = name.replaceAll('-', ' ');
  const about = rest.filter((part) => !/^([0-9a-f]{8}|\d+)$/.test(part)).join(', ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${about === '' ? '' : ` (${about})`}`;
}

function Steps({ status, isMoving }: { readonly status: RotationStatus; readonly isMoving: boolean }) {
  const { steps, waits, waitingFor } = status;
  if (steps.length === 0) return <Empty>Nothing was done yet.</Empty>;
  return (
    <ol class="timeline">
      {steps.map(({ step, intendedAt, completedAt, attempts }) => {
        const [kind, mark, word] = completedAt !== undefined ? ['done', '✓', 'done'] : isMoving ? ['now', '▶', 'under way'] : ['open', '–', 'not finished'];
        return (
          <li class={kind}>
            <span class="mark" aria-hidden="true">
              {mark}
            </span>
            <p>{stepWords(step)}</p>
            <p class="when">
              {word} <Time at={completedAt ?? intendedAt} />
              {attempts > 1 ? `, ${attempts} attempts` : ''}
            </p>
          </li>
        );
      })}
      {waits.map(({ because, until }) => (
        <li class="now">
          <span class="mark" aria-hidden="true">
            ▶
          </span>
          <p>Waits: {because}</p>
          <p class="when">
            until <Time at={until} /> at most
          </p>
        </li>
      ))}
      {waitingFor.map((approvalId) => (
        <li class="now">
          <span class="mark" aria-hidden="true">
            ◆
          </span>
          <p>
            Waits for approvers: <a href={`/approvals/${approvalId}`}>read and decide</a>
          </p>
        </li>
      ))}
    </ol>
  );
}

const Question = ({ asked }: { readonly asked: StoredApproval }) => (
  <>
    <h3>
      <a href={`/approvals/${asked.approvalId}`}>{stageTitle(asked.stage)}</a> <QuestionStatus outcome={asked.outcome} />
    </h3>
    <p class="hint">
      Needs {ruleText(asked.rule)}
      {asked.outcome === 'open' ? (
        <>
          , still {missingText(asked)}; open until <Time at={asked.deadline} />
        </>
      ) : null}
    </p>
    <Decisions of={asked.decisions} />
  </>
);

function Rollover({ rollover, nowIso, isMoving }: { readonly rollover: RolloverStatus; readonly nowIso: string; readonly isMoving: boolean }) {
  const { dates, consumers, acknowledgements, missing, newThumbprint, emergency } = rollover;
  return (
    <section aria-labelledby="rollover">
      <h2 id="rollover">Public key and its consumers</h2>
      {emergency ? <p class="message message-bad">Emergency: nobody is waited for.</p> : null}
      <Facts
        of={[
          ['State', rollover.state],
          ['New public key', newThumbprint === undefined ? 'not published yet' : <Code>{newThumbprint}</Code>],
          ['Who must still acknowledge', missing],
        ]}
      />
      <Table
        caption="States of the rollover"
        head={['State', 'Reached', 'When', 'Because']}
        rows={dates.map((d) => [d.state, d.reached ? <Status tone="good" word="Reached" /> : <Status tone="plain" word="To come" />, d.reached ? <Time at={d.at} /> : <>{isMoving ? 'at the earliest ' : 'would have been '}<Time at={d.at} /></>, d.because])}
      />
      {consumers.length === 0 ? (
        <Empty>Nobody outside has to have the new public key.</Empty>
      ) : (
        <Table
          caption="Consumers of the public key"
          head={['Consumer', 'Stands', 'Contact']}
          rows={consumers.map((c) => {
            const word = acknowledgements.find((a) => a.consumer === c.name);
            return [c.name, <ConsumerStanding {...c} word={word} nowIso={nowIso} />, c.contact];
          })}
        />
      )}
    </section>
  );
}

interface Standing {
  readonly acknowledges: 'required' | 'informed';
  readonly deadline?: string;
  readonly word: RolloverStatus['acknowledgements'][number] | undefined;
  readonly nowIso: string;
}

/** Whether a consumer has the new public key, in a word and a date. */
export function ConsumerStanding({ acknowledges, deadline, word, nowIso }: Standing) {
  if (word !== undefined)
    return (
      <>
        <Status tone="good" word={word.kind === 'waived' ? 'Waived' : 'Has it'} /> {word.by}, <Time at={word.at} />
        {word.late ? ', late' : ''}
      </>
    );
  if (acknowledges === 'informed') return <Status tone="plain" word="Is informed" />;
  if (deadline === undefined) return <Status tone="plain" word="Not asked yet" />;
  return (
    <>
      {deadline < nowIso ? <Status tone="bad" word="Overdue" /> : <Status tone="asks" word="Waited for" />} due <Time at={deadline} />
    </>
  );
}
