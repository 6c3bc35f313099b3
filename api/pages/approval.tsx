import { isRotaError } from '../../core/errors.ts';
import { identityKindOf, type Decision } from '../../core/approval/decision.ts';
import { closesAt } from '../../core/approval/notices.ts';
import { escalatesAtMs, quorum } from '../../core/approval/quorum.ts';
import { isoSeconds } from '../../core/clock.ts';
import { planDigest, type RotationPlan } from '../../core/plan/plan.ts';
import type { StoredApproval } from '../../store/approval-table.ts';
import { checkMayDecide } from '../approvals/decide.ts';
import { openQuestion } from '../approvals/seen.ts';
import type { ApiDeps } from '../deps.ts';
import type { LoggedIn } from '../identity/session.ts';
import { Code, Empty, Facts } from './parts/facts.tsx';
import { Page } from './parts/layout.tsx';
import { ruleText, stageTitle } from './parts/people-text.ts';
import { QuestionStatus, Status } from './parts/status.tsx';
import { Time } from './parts/time.tsx';
import { Hazards, PlanView } from './plan-view.tsx';

/** A question to approvers: the plan whole, who decided, and the form for those who may. Throws `NotFound`. */
export async function approvalPage(deps: ApiDeps, reader: LoggedIn, approvalId: string) {
  const asked = await deps.store.approvals.get(approvalId);
  const hindrance = await hindranceOf(deps, asked, reader);
  await openQuestion(deps, reader.person, approvalId);
  const now = await deps.store.approvals.get(approvalId);
  const rotation = await rotationPlanBehind(deps, now);
  return (
    <Page title={stageTitle(now.stage)} reader={reader} place="/rotations">
      <p class="lead">
        <QuestionStatus outcome={now.outcome} /> for rotation <a href={`/rotations/${now.rotationId}`}>{now.rotationId}</a>
      </p>
      <section aria-labelledby="question">
        <h2 id="question">The question</h2>
        <Facts
          of={[
            ['Asked for by', now.requestedBy],
            ['Because', now.reason],
            ['Asked', <Time at={now.requestedAt} />],
            ['Open until', <Time at={closesAt(now)} />],
            ['First opened', now.firstSeen === undefined ? 'not yet' : <>by {now.firstSeen.by}, <Time at={now.firstSeen.at} /></>],
            ['Needs', ruleText(now.rule)],
            ...(now.rule.escalation ?? []).map((e) => [`Instead of ${e.group}`, <>{e.to}, from <Time at={isoSeconds(escalatesAtMs(now, e))} /></>] as const),
            ...(now.outcome === 'open' ? [['Still missing', missingText(now)] as const] : []),
            ...(now.voidBecause === undefined ? [] : [['Void, because', now.voidBecause.join(' ')] as const]),
          ]}
        />
      </section>
      <section aria-labelledby="plan">
        <h2 id="plan">What would happen</h2>
        <Changed plan={now.plan} />
        <PlanView plan={now.plan} />
        {rotation === undefined ? null : <Hazards of={rotation.hazards} />}
      </section>
      {rotation === undefined ? null : (
        <section aria-labelledby="behind">
          <h2 id="behind">The rotation that it belongs to</h2>
          <details>
            <summary>Its plan, by the digest that the plan above names</summary>
            <PlanView plan={rotation} />
          </details>
        </section>
      )}
      <section aria-labelledby="decisions">
        <h2 id="decisions">Decisions</h2>
        <Decisions of={now.decisions} />
      </section>
      <section aria-labelledby="decide">
        <h2 id="decide">Your decision</h2>
        {hindrance === undefined ? <DecisionForm asked={now} reader={reader} /> : <Empty>{hindrance}</Empty>}
      </section>
    </Page>
  );
}

/** What is otherwise than in the plan that was asked about before, and whose decisions are void. */
const Changed = ({ plan }: { readonly plan: StoredApproval['plan'] }) =>
  'revision' in plan && plan.revision !== undefined ? (
    <div class="message message-asks">
      <p>This is round {plan.revision.round}: what was asked before no longer held, and no decision on it counts.</p>
      <ul>
        {plan.revision.changes.map((change) => (
          <li>{change}</li>
        ))}
      </ul>
    </div>
  ) : null;

/** The plan of the rotation that a cutover belongs to: the cutover names its digest, and so an approval of the one covers the other. */
async function rotationPlanBehind({ store }: ApiDeps, { plan, rotationId }: StoredApproval): Promise<RotationPlan | undefined> {
  if (!('stage' in plan) || plan.stage !== 'cutover') return undefined;
  const { plan: behind } = await store.ledger.head(rotationId);
  return behind === undefined || 'stage' in behind || planDigest(behind) !== plan.rotationPlanDigest ? undefined : behind;
}

/** Why the reader may not decide on it, in a sentence; undefined where they may. */
export async function hindranceOf(deps: ApiDeps, asked: StoredApproval, { person }: LoggedIn): Promise<string | undefined> {
  try {
    await checkMayDecide(deps, asked, person, asked);
    return undefined;
  } catch (error) {
    if (!isRotaError(error)) throw error;
    return error.message;
  }
}

export function missingText(asked: StoredApproval): string {
  const says = quorum(asked, asked.decisions);
  return says.outcome === 'waiting' ? says.missing.map((m) => `${m.count} of ${m.group}`).join(' and ') : 'nobody';
}

export const Decisions = ({ of: decisions }: { readonly of: readonly Decision[] }) =>
  decisions.length === 0 ? (
    <Empty>Nobody has decided yet.</Empty>
  ) : (
    <ul class="rows">
      {decisions.map((d) => (
        <li>
          <div class="row-head">
            <strong>{d.person}</strong>
            {d.decision === 'approve' ? <Status tone="good" word="Approved" /> : <Status tone="bad" word="Refused" />}
          </div>
          <p class="row-more">
            <Time at={d.decidedAt} />, {identityKindOf(d) === 'passkey' ? 'signed with a passkey' : 'signed with an IAM identity'} as a member of {d.groups.join(', ')}: {d.reason}
          </p>
        </li>
      ))}
    </ul>
  );

const DecisionForm = ({ asked, reader }: { readonly asked: StoredApproval; readonly reader: LoggedIn }) => (
  <form data-passkey="decide" data-path={`/approvals/${asked.approvalId}`}>
    <p>You sign the digest of exactly the plan above. If anything in it changes, your decision is void and you are asked again.</p>
    <p class="hint">Plan digest (SHA-256)</p>
    <p>
      <span class="digest">{asked.planDigest}</span>
    </p>
    <input type="hidden" name="csrf" value={reader.csrfToken} />
    <input type="hidden" name="planDigest" value={asked.planDigest} />
    <label for="reason">Your reason</label>
    <p class="hint" id="reason-hint">
      It stands in the dossier. Three characters or more.
    </p>
    <textarea id="reason" name="reason" required minlength={3} maxlength={500} aria-describedby="reason-hint" />
    <div class="buttons">
      <button type="submit" value="approve" disabled>
        Approve with passkey
      </button>
      <button type="submit" class="refuse" value="refuse" disabled>
        Refuse with passkey
      </button>
    </div>
    <p class="message" data-message role="status" tabindex={-1} />
    <noscript>
      <p class="message message-asks">
        A passkey needs script. Without it, decide with <Code>{`rota approve ${asked.approvalId} --reason "..."`}</Code>.
      </p>
    </noscript>
  </form>
);
