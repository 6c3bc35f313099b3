import { dueNotices, type Notice, type NoticeSubject } from '../core/approval/notices.ts';
import { isoMillis, type Clock } from '../core/clock.ts';
import type { StoredApproval } from './approval-table.ts';
import type { RotationHead } from './ledger-table.ts';
import type { Store } from './store.ts';
import type { Clients, Names } from './clients.ts';
import { announce } from './events.ts';

/** Longer than telling takes: who began before that and has not ended has crashed. */
const patienceMs = 60_000;

interface Teller {
  readonly clock: Clock;
  readonly clients: Pick<Clients, 'events'>;
  readonly names: Names;
  readonly store: Pick<Store, 'approvals'>;
  readonly head: RotationHead;
}

/** Whether nobody has told it, nor is telling it. */
export const isToTell = ({ told }: Pick<StoredApproval, 'told'>, { marker }: Notice, nowMs: number): boolean => {
  const before = told[marker];
  return before === undefined || (!before.sent && Date.parse(before.at) < nowMs - patienceMs);
};

/**
 * Announces a notice of a question, once: it is written down before that it is being told, and after that it was. A crash in between makes
 * the next look tell it again, under the same `noticeId`. Answers whether it was told now.
 */
export async function tellOnce(teller: Teller, approvalId: string, { marker, type, detail }: Notice): Promise<boolean> {
  const { store, clock } = teller;
  const nowMs = clock.now();
  if (!(await store.approvals.beginToTell(approvalId, marker, isoMillis(nowMs), isoMillis(nowMs - patienceMs)))) return false;
  await announce(teller, type, detail);
  await store.approvals.markTold(approvalId, marker);
  return true;
}

/** Puts a question to its people as it is asked; what else is due of it is seen to on a schedule. */
export async function tellAsked(teller: Teller, question: NoticeSubject): Promise<void> {
  const asked = dueNotices(question, [], teller.clock.now()).find(({ marker }) => marker === 'asked');
  if (asked !== undefined) await tellOnce(teller, question.approvalId, asked);
}
