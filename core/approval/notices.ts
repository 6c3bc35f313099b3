/** What the people of a question are told, and when. Each is told once: its marker says in the approvals table that it was. */
import { isoSeconds } from '../clock.ts';
import type { FactType } from '../notice/facts.ts';
import type { Decision } from './decision.ts';
import { escalatesAtMs, quorum, type Asked } from './quorum.ts';

export interface NoticeSubject extends Asked {
  readonly approvalId: string;
  readonly stage: string;
  readonly planDigest: string;
  readonly reason: string;
  /** ISO 8601: when it closes at the latest. */
  readonly deadline: string;
  /** ISO 8601: when it closes if nobody says anything until then. */
  readonly silentUntil?: string;
  readonly outcome: string;
  readonly decisions: readonly Pick<Decision, 'person' | 'groups' | 'decision' | 'decidedAt' | 'reason'>[];
  /** Why its decisions have no effect, where that is so. */
  readonly voidBecause?: readonly string[];
}

export interface Notice {
  readonly marker: string;
  readonly type: FactType;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Where the registry says nothing. */
export const usualRemindBeforeSeconds: readonly number[] = [86_400];

/** When a question closes by itself, ISO 8601: at its deadline, or before it by silence. */
export const closesAt = ({ deadline, silentUntil }: Pick<NoticeSubject, 'deadline' | 'silentUntil'>): string => (silentUntil !== undefined && silentUntil < deadline ? silentUntil : deadline);

/**
 * What is due to be told of a question at `nowMs`, whether or not it was told already. Of reminders that are due together only the last;
 * a decision that moves the closing time makes new ones.
 */
export function dueNotices(question: NoticeSubject, remindBeforeSeconds: readonly number[], nowMs: number): Notice[] {
  const end = endings[question.outcome];
  if (end !== undefined) return [notice(question, end.marker, end.type)];
  const closes = closesAt(question);
  const left = (Date.parse(closes) - nowMs) / 1000;
  const reminder = remindBeforeSeconds.filter((s) => s >= left && Date.parse(closes) - s * 1000 > Date.parse(question.requestedAt)).sort((a, b) => a - b)[0];
  const escalations = (question.rule.escalation ?? []).map((e, i) => ({ ...e, i })).filter((e) => escalatesAtMs(question, e) <= nowMs);
  return [
    notice(question, 'asked', 'Rota Approval Requested'),
    ...escalations.map((e) => notice(question, escalationMarker(e.i), 'Rota Approval Escalated', { group: e.group, to: e.to, afterSeconds: e.afterSeconds })),
    ...(reminder === undefined ? [] : [notice(question, `reminder.${reminder}.${closes}`, 'Rota Approval Reminded')]),
  ];
}

export const escalationMarker = (index: number): string => `escalation.${index}`;

const endings: Readonly<Record<string, { readonly marker: string; readonly type: FactType }>> = {
  approved: { marker: 'decided', type: 'Rota Approval Decided' },
  refused: { marker: 'decided', type: 'Rota Approval Decided' },
  'timed out': { marker: 'timed-out', type: 'Rota Approval Timed Out' },
  void: { marker: 'void', type: 'Rota Approval Voided' },
};

/** A notice of a question, with what whoever is told may know: no token, no plan. */
function notice(question: NoticeSubject, marker: string, type: FactType, more: Readonly<Record<string, unknown>> = {}): Notice {
  const { approvalId, stage, planDigest, rule, requestedBy, reason, outcome, decisions, voidBecause } = question;
  const says = quorum(question, decisions);
  return {
    marker,
    type,
    detail: {
      // The same however often it is announced: whoever passes it on can leave out the second.
      noticeId: `${approvalId}.${marker}`,
      approvalId,
      stage,
      planDigest,
      rule,
      requestedBy,
      reason,
      deadline: closesAt(question),
      outcome,
      missing: says.outcome === 'waiting' ? says.missing : [],
      decisions: decisions.map(({ person, decision, decidedAt, reason: why }) => ({ person, decision, decidedAt, reason: why })),
      ...(voidBecause === undefined ? {} : { voidBecause }),
      ...more,
    },
  };
}

/** The silence of a question counts anew from `nowMs`. */
export const silentUntilFrom = (nowMs: number, heartbeatSeconds: number | undefined): { silentUntil?: string } =>
  heartbeatSeconds === undefined ? {} : { silentUntil: isoSeconds(nowMs + heartbeatSeconds * 1000) };
