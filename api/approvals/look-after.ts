import { closesAt, dueNotices, escalationMarker, silentUntilFrom, usualRemindBeforeSeconds, type Notice } from '../../core/approval/notices.ts';
import { escalatesAtMs } from '../../core/approval/quorum.ts';
import { isoSeconds } from '../../core/clock.ts';
import type { StoredApproval } from '../../store/approval-table.ts';
import { isToTell, tellOnce } from '../../store/tell-once.ts';
import type { ApiDeps } from '../deps.ts';
import { beat, deliver } from './deliver.ts';

/**
 * Sees to every question what time asks for: it closes when its time is up, goes to another group when the first is silent, reminds, and
 * tells what became of it. Called on a schedule; what one round leaves undone the next one does. Answers how many notices went out.
 */
export async function lookAfterQuestions(deps: ApiDeps, restless = deps.store.approvals.restless()): Promise<number> {
  const asked = await restless;
  await deps.store.approvals.putToRest(asked.filter(isAtRest).map((a) => a.approvalId), isAtRest);
  const open = asked.filter((a) => !isAtRest(a));
  const longestReminderSeconds = open.length === 0 ? 0 : await longestReminder(deps);
  const looked = await Promise.allSettled(open.filter((a) => mayBeDue(a, longestReminderSeconds, deps.clock.now())).map((approval) => lookAfter(deps, approval)));
  return looked.reduce((sum, l) => sum + (l.status === 'fulfilled' ? l.value : 0), 0);
}

/** Settled, the workflow has the outcome, and its people know. */
const isAtRest = (approval: StoredApproval): boolean => approval.outcome !== 'open' && (approval.delivered || approval.outcome === 'void') && dueNotices(approval, [], 0).every(({ marker }) => approval.told[marker]?.sent === true);

/** Whether looking closer may find something to do: most questions of a wave just wait for their people. */
function mayBeDue(approval: StoredApproval, longestReminderSeconds: number, nowMs: number): boolean {
  if (approval.outcome === 'open' && Date.parse(closesAt(approval)) - longestReminderSeconds * 1000 <= nowMs) return true;
  return dueNotices(approval, [], nowMs).some((notice) => isToTell(approval, notice, nowMs));
}

/** How long before its end a question may be reminded of, whichever key it is about. */
async function longestReminder({ store }: ApiDeps): Promise<number> {
  const { keys } = await store.registry.whole();
  return Math.max(...usualRemindBeforeSeconds, ...keys.flatMap((key) => key.approvals.remindBeforeSeconds ?? []));
}

async function lookAfter(deps: ApiDeps, read: StoredApproval): Promise<number> {
  await closeIfOver(deps, read);
  return tellDue(deps, await deps.store.approvals.get(read.approvalId));
}

/** Closes a question whose time is up, and tells the workflow so. Answers whether it was this call that did. */
export async function closeIfOver(deps: ApiDeps, read: StoredApproval): Promise<boolean> {
  const now = isoSeconds(deps.clock.now());
  if (read.outcome !== 'open' || closesAt(read) > now) return false;
  if (!(await deps.store.approvals.close(read, 'timed out', now))) return false;
  await deliver(deps, { ...read, outcome: 'timed out' });
  return true;
}

/** Tells what is due of a question and was not told. */
export async function tellDue(deps: ApiDeps, approval: StoredApproval): Promise<number> {
  const { store, clock } = deps;
  const head = await store.ledger.head(approval.rotationId);
  const remindBeforeSeconds = approval.outcome === 'open' ? await reminders(deps, head.alias) : [];
  const due = dueNotices(approval, remindBeforeSeconds, clock.now()).filter((notice) => isToTell(approval, notice, clock.now()));
  let told = 0;
  for (const notice of due) {
    await widen(deps, approval, notice);
    if (await tellOnce({ ...deps, head }, approval.approvalId, notice)) told += 1;
  }
  return told;
}

/** As the registry has them now; of a key that has left it, the usual ones. */
async function reminders({ store }: ApiDeps, alias: string): Promise<readonly number[]> {
  const key = await store.registry.key(alias).catch(() => undefined);
  return key?.approvals.remindBeforeSeconds ?? usualRemindBeforeSeconds;
}

/** More people are asked, so they get the time that the first had: the silence counts anew, in the table and in the workflow. */
async function widen(deps: ApiDeps, approval: StoredApproval, { marker }: Notice): Promise<void> {
  const escalation = approval.rule.escalation?.find((_, i) => escalationMarker(i) === marker);
  if (escalation === undefined) return;
  const { silentUntil } = silentUntilFrom(escalatesAtMs(approval, escalation), approval.heartbeatSeconds);
  const now = await deps.store.approvals.get(approval.approvalId);
  if (silentUntil !== undefined && (now.silentUntil ?? '') < silentUntil) await deps.store.approvals.prolong(now, silentUntil);
  await beat(deps, now);
}
