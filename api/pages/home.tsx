import { atOnce } from '../../core/at-once.ts';
import type { RegisteredKey } from '../../core/registry/registry-schema.ts';
import type { RotationStatus } from '../../core/rotation-status.ts';
import type { StoredApproval } from '../../store/approval-table.ts';
import type { ListedRotation } from '../../store/ledger-table.ts';
import type { ApiDeps } from '../deps.ts';
import type { LoggedIn } from '../identity/session.ts';
import { keysOfRegistry, lateKeys, listedRotations } from '../keys/registered-keys.ts';
import { statusOfEach } from '../rotations/status.ts';
import { hindranceOf, missingText } from './approval.tsx';
import { KeyStanding } from './keys.tsx';
import { rotatePath } from './rotate.tsx';
import { Code, Empty } from './parts/facts.tsx';
import { Page } from './parts/layout.tsx';
import { stageTitle } from './parts/people-text.ts';
import { RotationRow } from './parts/rotation-row.tsx';
import { QuestionStatus, Status } from './parts/status.tsx';
import { Time } from './parts/time.tsx';

/** How many are shown: questions, keys that are late, rotations that run and that have ended. */
const questionCount = 50;
const lateCount = 25;
const runningCount = 25;
const recentCount = 5;
const hindrancesAtOnce = 25;

/** What waits for the reader, what is overdue, what runs. */
export async function homePage(deps: ApiDeps, reader: LoggedIn) {
  const { ledger } = deps.store;
  const listed = await listedRotations(deps);
  const { rotations, moving } = listed;
  const statuses = async (listed: readonly ListedRotation[]) => statusOfEach(deps, await ledger.headsOf(listed.map((r) => r.rotationId)));
  const keys = await keysOfRegistry(deps);
  const [running, recent, late, questions] = await Promise.all([
    statuses(rotations.filter((r) => moving.has(r.rotationId)).slice(0, runningCount)),
    statuses(rotations.filter((r) => !moving.has(r.rotationId)).slice(0, recentCount)),
    lateKeys(deps, keys, listed),
    questionsFor(deps, reader),
  ]);
  const aliasOf = new Map(rotations.map((r) => [r.rotationId, r.alias]));
  const nowIso = new Date(deps.clock.now()).toISOString();
  const owed = running.flatMap((status) => owedWords(status));
  const mine = owed.filter(({ consumer }) => speaksFor(keys, reader.person.id, consumer));
  const overdue = owed.filter(({ deadline }) => deadline < nowIso);
  return (
    <Page title="Home" reader={reader} place="/">
      <section aria-labelledby="waiting">
        <h2 id="waiting">Waiting for you</h2>
        {questions.length + mine.length === 0 ? <Empty>Nothing waits for you.</Empty> : null}
        <ul class="rows">
          {questions.slice(0, questionCount).map((asked) => (
            <QuestionRow asked={asked} alias={aliasOf.get(asked.rotationId)} />
          ))}
          {mine.map((word) => (
            <OwedRow {...word} />
          ))}
        </ul>
        {questions.length > questionCount ? (
          <p>
            And {questions.length - questionCount} more questions: <Code>rota approvals</Code>
          </p>
        ) : null}
      </section>
      <section aria-labelledby="overdue">
        <h2 id="overdue">Overdue</h2>
        {late.length + overdue.length === 0 ? <Empty>Nothing is overdue.</Empty> : null}
        <ul class="rows">
          {late.slice(0, lateCount).map((row) => (
            <li>
              <div class="row-head">
                <a href={rotatePath(row.key.alias)}>
                  <Code>{row.key.alias}</Code>
                </a>
                <span>
                  <KeyStanding row={row} />
                </span>
              </div>
              <p class="row-more">
                of {row.key.owner}; due {row.dueAt === undefined ? '' : <Time at={row.dueAt} />}
              </p>
            </li>
          ))}
          {overdue.map((word) => (
            <OwedRow {...word} />
          ))}
        </ul>
        {late.length > lateCount ? (
          <p>
            And {late.length - lateCount} more keys, less urgent: <a href="/keys">all keys</a>
          </p>
        ) : null}
      </section>
      <section aria-labelledby="running">
        <h2 id="running">Running</h2>
        {running.length === 0 ? <Empty>No rotation is under way.</Empty> : null}
        <ul class="rows">
          {running.map((status) => (
            <RotationRow status={status} />
          ))}
        </ul>
        {moving.size > running.length ? (
          <p>
            And {moving.size - running.length} more: <a href="/rotations">all rotations</a>
          </p>
        ) : null}
      </section>
      <section aria-labelledby="recent">
        <h2 id="recent">Ended lately</h2>
        {recent.length === 0 ? <Empty>No rotation has ended yet.</Empty> : null}
        <ul class="rows">
          {recent.map((status) => (
            <RotationRow status={status} />
          ))}
        </ul>
        {rotations.length > moving.size + recentCount ? (
          <p>
            <a href="/rotations">All rotations</a>
          </p>
        ) : null}
      </section>
    </Page>
  );
}

/** The open questions that the reader may decide. */
async function questionsFor(deps: ApiDeps, reader: LoggedIn): Promise<StoredApproval[]> {
  const open = (await deps.store.approvals.restless()).filter(({ outcome }) => outcome === 'open');
  const hindrances = await atOnce(hindrancesAtOnce, open, (asked) => hindranceOf(deps, asked, reader));
  return open.filter((_, i) => hindrances[i] === undefined);
}

const QuestionRow = ({ asked, alias }: { readonly asked: StoredApproval; readonly alias: string | undefined }) => (
  <li>
    <div class="row-head">
      <a href={`/approvals/${asked.approvalId}`}>{[alias, stageTitle(asked.stage)].filter((s) => s !== undefined).join(': ')}</a>
      <QuestionStatus outcome={asked.outcome} />
    </div>
    <p class="row-more">
      <span class="id">{asked.rotationId}</span>, asked by {asked.requestedBy}: {asked.reason}. Still missing: {missingText(asked)}. Open until <Time at={asked.deadline} />.
    </p>
  </li>
);

/** A consumer's word that a rotation waits for. */
interface OwedWord {
  readonly rotationId: string;
  readonly alias: string;
  readonly consumer: string;
  readonly deadline: string;
}

function owedWords({ rotationId, alias, rollover }: RotationStatus): OwedWord[] {
  if (rollover === undefined || rollover.emergency) return [];
  return rollover.consumers.flatMap(({ name, acknowledges, deadline }) =>
    acknowledges === 'required' && deadline !== undefined && !rollover.acknowledgements.some((a) => a.consumer === name) ? [{ rotationId, alias, consumer: name, deadline }] : [],
  );
}

const speaksFor = (keys: readonly RegisteredKey[], person: string, consumer: string): boolean =>
  keys.some((key) => key.method === 'asymmetric' && key.consumers.some((c) => c.name === consumer && c.people.includes(person)));

const OwedRow = ({ rotationId, alias, consumer, deadline }: OwedWord) => (
  <li>
    <div class="row-head">
      <a href={`/rotations/${rotationId}`}>
        {consumer} has not said that it has the new key of {alias}
      </a>
      <Status tone="asks" word="Waited for" />
    </div>
    <p class="row-more">
      due <Time at={deadline} />; <Code>{`rota ack ${rotationId} --consumer ${consumer} --thumbprint KID`}</Code>
    </p>
  </li>
);
