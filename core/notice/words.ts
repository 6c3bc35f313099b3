/** What people read of a fact: mail, webhook and outbox say the same, since they all come from here. */
import { counted } from '../counted.ts';
import type { Fact, FactType } from './facts.ts';

export interface Words {
  /** The same however often a fact is announced. */
  readonly id: string;
  /** One line of ASCII, at most 99 characters. SNS API Reference, Publish, "Subject". */
  readonly subject: string;
  readonly text: string;
  /** Whom it is for: groups of the registry, or people where it says so. */
  readonly to: readonly string[];
  readonly link: string;
}

type Detail = Fact['detail'];

interface Row {
  readonly subject: (d: Detail) => string;
  readonly lines: (d: Detail) => readonly (string | undefined)[];
  readonly to: (d: Detail) => readonly string[];
  /** The page of the console, where it is not that of a question or a rotation. */
  readonly page?: string;
}

/** One line of plain words, whatever somebody wrote. */
const plain = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value).replace(/\s+/g, ' ').trim().slice(0, 500) : '?');
const many = (value: unknown, one: string, more?: string): string => (typeof value === 'number' ? counted(value, one, more) : plain(value));
const list = (value: unknown): Detail[] => (Array.isArray(value) ? (value as Detail[]) : []);
const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(plain) : []);

const seats = (value: unknown): string => list(value).map((s) => `${plain(s.count)} of ${plain(s.group)}`).join(' and ');
const rule = (d: Detail): Detail => (typeof d.rule === 'object' && d.rule !== null ? (d.rule as Detail) : {});
const asked = (d: Detail): string[] => list(rule(d).all).map((s) => plain(s.group));
const deed = (d: Detail): string => `${d.stage === 'retire' ? 'retirement' : plain(d.stage)} of ${plain(d.alias)}`;
const askedBy = (d: Detail): string => `Asked by ${plain(d.requestedBy)}: ${plain(d.reason)}`;
const needs = (d: Detail): string => `It needs ${seats(rule(d).all)}; whoever asked does not count.`;
const still = (d: Detail): string | undefined => (list(d.missing).length === 0 ? undefined : `Still missing: ${seats(d.missing)}.`);
const until = (d: Detail): string => `It closes at ${plain(d.deadline)} (UTC) unless it is decided before.`;
const said = (d: Detail): string[] => list(d.decisions).map((s) => `${plain(s.person)}: ${plain(s.decision)} at ${plain(s.decidedAt)}: ${plain(s.reason)}`);
const decideBy = (d: Detail): string => `Read the plan, then decide: rota approvals --show ${plain(d.approvalId)}`;
const requester = (d: Detail): string[] => [plain(d.requestedBy)];

/** What is about no rotation has no requester: it is for whoever keeps the estate. */
const operators = (): string[] => ['platform'];
const operatorsAndOwner = (d: Detail): string[] => [...operators(), ...(d.owner === undefined ? [] : [plain(d.owner)])];

const rows: Readonly<Record<FactType, Row>> = {
  'Rota Approval Requested': {
    subject: (d) => `Rota asks: ${deed(d)}, until ${plain(d.deadline)}`,
    lines: (d) => [`The ${deed(d)} (rotation ${plain(d.rotationId)}) waits for your decision.`, askedBy(d), needs(d), until(d), `Plan digest: ${plain(d.planDigest)}`, decideBy(d)],
    to: asked,
  },
  'Rota Approval Reminded': {
    subject: (d) => `Rota reminds: ${deed(d)}, until ${plain(d.deadline)}`,
    lines: (d) => [`The ${deed(d)} (rotation ${plain(d.rotationId)}) still waits for a decision.`, askedBy(d), still(d), until(d), ...said(d), decideBy(d)],
    to: asked,
  },
  'Rota Approval Escalated': {
    subject: (d) => `Rota asks ${plain(d.to)}: ${deed(d)}, until ${plain(d.deadline)}`,
    lines: (d) => [
      `${plain(d.group)} has not settled the ${deed(d)} (rotation ${plain(d.rotationId)}) in time: from now on ${plain(d.to)} may decide in its place.`,
      askedBy(d),
      still(d),
      until(d),
      ...said(d),
      decideBy(d),
    ],
    to: (d) => [plain(d.to), plain(d.group)],
  },
  'Rota Approval Decided': {
    subject: (d) => `Rota: ${deed(d)} was ${plain(d.outcome)}`,
    lines: (d) => [`The ${deed(d)} (rotation ${plain(d.rotationId)}) was ${plain(d.outcome)}.`, askedBy(d), ...said(d)],
    to: requester,
  },
  'Rota Approval Timed Out': {
    subject: (d) => `Rota: nobody decided on the ${deed(d)} in time`,
    lines: (d) => [`The ${deed(d)} (rotation ${plain(d.rotationId)}) was not decided by ${plain(d.deadline)} and has no effect.`, askedBy(d), still(d), ...said(d)],
    to: (d) => [...requester(d), ...asked(d)],
  },
  'Rota Approval Voided': {
    subject: (d) => `Rota: decisions on the ${deed(d)} are void`,
    lines: (d) => [`What was decided on the ${deed(d)} (rotation ${plain(d.rotationId)}) has no effect:`, ...strings(d.voidBecause).map((why) => `- ${why}`), ...said(d)],
    to: (d) => [...requester(d), ...asked(d)],
  },
  'Rota Aliases Repointed': {
    subject: (d) => `Rota moved ${plain(d.alias)}`,
    lines: (d) => [`Rotation ${plain(d.rotationId)} has moved:`, ...list(d.aliases).map((a) => `${plain(a.alias)}: ${plain(a.from)} -> ${plain(a.to)}`)],
    to: requester,
  },
  'Rota Key Set Published': {
    subject: (d) => `Rota published key set ${plain(d.sequence)} of ${plain(d.alias)}`,
    lines: (d) => [`Rotation ${plain(d.rotationId)} has published key set ${plain(d.sequence)} of ${plain(d.alias)} (${plain(d.keySetSha256)}).`, `Keys: ${strings(d.kids).join(', ')}`],
    to: requester,
  },
  'Rota Acknowledgement Requested': {
    subject: (d) => `Rota asks ${plain(d.consumer)} to install the new key of ${plain(d.alias)}`,
    lines: (d) => [`${plain(d.alias)} gets a new key, with thumbprint ${plain(d.thumbprint)}, published at ${plain(d.target)}.`, `${plain(d.consumer)} (${plain(d.contact)}) should acknowledge it by ${plain(d.deadline)}.`],
    to: (d) => [plain(d.contact)],
  },
  'Rota Acknowledgement Given': {
    subject: (d) => `Rota: ${plain(d.consumer)} has the new key of ${plain(d.alias)}`,
    lines: (d) => [`${plain(d.consumer)}: ${plain(d.kind)} by ${plain(d.by)} (rotation ${plain(d.rotationId)}).`],
    to: requester,
  },
  'Rota Acknowledgement Refused': {
    subject: (d) => `Rota: ${plain(d.consumer)} has another key than the new one of ${plain(d.alias)}`,
    lines: (d) => [`${plain(d.consumer)} says that it has key ${plain(d.given)}, but the new one is ${plain(d.expected)}. Nothing was recorded.`],
    to: requester,
  },
  'Rota Acknowledgement Overdue': {
    subject: (d) => `Rota: ${plain(d.consumer)} has not acknowledged the new key of ${plain(d.alias)}`,
    lines: (d) => [`${plain(d.consumer)} (${plain(d.contact)}) was to acknowledge key ${plain(d.thumbprint)} by ${plain(d.deadline)}. Rotation ${plain(d.rotationId)} waits.`],
    to: (d) => [...requester(d), plain(d.contact)],
  },
  'Rota Old Key Still Used': {
    subject: (d) => `Rota: an old key of ${plain(d.alias)} is still used`,
    lines: (d) => [`Key ${plain(d.keyId)} is being retired, but somebody uses it:`, ...list(d.uses).map((u) => `${plain(u.principal)}: ${plain(u.operation)} at ${plain(u.at)}`)],
    to: requester,
  },
  'Rota Retired Key Wanted': {
    subject: (d) => `Rota: somebody wants a retired key of ${plain(d.alias)}`,
    lines: (d) => [`Key ${plain(d.keyId)} is Disabled, and somebody tried to use it. See rota status ${plain(d.rotationId)}.`],
    to: requester,
  },
  'Rota Rotation Held': {
    subject: (d) => `Rota: the rotation of ${plain(d.alias)} is held`,
    lines: (d) => [`Rotation ${plain(d.rotationId)} is held: ${plain(d.because)}`, `It tries again by itself, at the latest at ${plain(d.until)} (UTC).`],
    to: requester,
  },
  'Rota Rotation Frozen': {
    subject: (d) => `Rota: the ${deed(d)} waits out a freeze`,
    lines: (d) => [`The ${deed(d)} (rotation ${plain(d.rotationId)}) is approved, but waits: ${plain(d.because)}.`, `It goes on at ${plain(d.until)} (UTC), if the calendar stays as it is.`],
    to: requester,
  },
  'Rota Rotation Switched': {
    subject: (d) => `Rota: ${plain(d.alias)} has moved, and ${d.waitsFor === 'drain' ? 'what its old key made is still alive' : 'its old key is not quiet yet'}`,
    lines: (d) =>
      d.waitsFor === 'drain'
        ? [`Rotation ${plain(d.rotationId)} has switched. It ends when nothing is alive any more that its old key made.`, `Until when that is: rota status ${plain(d.rotationId)}`]
        : [`Rotation ${plain(d.rotationId)} has switched. It counts as complete when its old key is quiet: ${plain(d.because)}.`, `Who still uses it: rota adoption ${plain(d.rotationId)}`],
    to: requester,
  },
  'Rota Rotation Ended': {
    subject: (d) => `Rota: the rotation of ${plain(d.alias)} has ended: ${plain(d.outcome)}`,
    lines: (d) => [`Rotation ${plain(d.rotationId)} has ended: ${plain(d.outcome)}.`],
    to: requester,
  },
  'Rota Finding Opened': {
    subject: (d) => `Rota found: ${plain(d.name)} in ${plain(d.place)}`,
    lines: (d) => [`${plain(d.about)} in ${plain(d.place)}: ${plain(d.sentence)}`, plain(d.remedy), `Seen by ${plain(d.seenBy)} at ${plain(d.openedAt)} (UTC).`],
    to: operatorsAndOwner,
    page: 'findings',
  },
  'Rota Finding Reminded': {
    subject: (d) => `Rota reminds: ${plain(d.name)} in ${plain(d.place)} since ${plain(d.openedAt).slice(0, 10)}`,
    lines: (d) => [`${plain(d.about)} in ${plain(d.place)}, since ${plain(d.openedAt)} (UTC): ${plain(d.sentence)}`, plain(d.remedy)],
    to: operatorsAndOwner,
    page: 'findings',
  },
  'Rota Finding Closed': {
    subject: (d) => `Rota: ${plain(d.name)} in ${plain(d.place)} is over`,
    lines: (d) => [`${plain(d.about)} in ${plain(d.place)}, open since ${plain(d.openedAt)} (UTC): ${plain(d.because)}.`],
    to: operatorsAndOwner,
    page: 'findings',
  },
  'Rota Rotation Proposed': {
    subject: (d) => `Rota proposes: let KMS rotate ${many(d.keys, 'key')} in ${plain(d.place)}`,
    lines: (d) => [`KMS could rotate ${many(d.keys, 'key')} in ${plain(d.place)} by itself, and does not. To switch it on:`, plain(d.command), ...strings(d.keyIds).map((keyId) => `- ${keyId}`)],
    to: operators,
    page: 'findings',
  },
  'Rota Sweep Ended': {
    subject: (d) => `Rota swept ${many(d.targets, 'account and Region', 'accounts and Regions')}, ${list(d.failed).length} in vain`,
    lines: (d) => [
      `Sweep ${plain(d.sweepId)} has ended.`,
      ...list(d.failed).map((t) => `Not swept: ${plain(t.region)}${t.roleArn === undefined ? '' : ` as ${plain(t.roleArn)}`}: ${plain(t.error)}`),
      ...strings(d.started).map((id) => `Asked for rotation ${id}, which is due.`),
    ],
    to: operators,
    page: 'findings',
  },
  'Rota Wave Stopped': {
    subject: (d) => `Rota: wave ${plain(d.waveId)} is stopped`,
    lines: (d) => [
      `Wave ${plain(d.waveId)} starts nothing more: ${plain(d.because)}.`,
      `${waveCounts(d)} What has been started goes on.`,
      `Look at what failed: rota wave ${plain(d.waveId)}. Once it is understood: rota wave ${plain(d.waveId)} --go-on`,
    ],
    to: requester,
    page: 'rotations',
  },
  'Rota Wave Ended': {
    subject: (d) => `Rota: wave ${plain(d.waveId)} has ended`,
    lines: (d) => [`Wave ${plain(d.waveId)} has ended.`, waveCounts(d), askedBy(d)],
    to: requester,
    page: 'rotations',
  },
};

const waveCounts = (d: Detail): string => `${plain(d.complete)} complete, ${plain(d.failed)} failed, ${plain(d.skipped)} skipped, ${plain(d.underWay)} under way, ${plain(d.waiting)} not started.`;

const isFactType = (type: string): type is FactType => Object.hasOwn(rows, type);

const ascii = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 99);

/** A fact in words, with a link to the console at `consoleUrl`; nothing for a fact that Rota does not know. */
export function wordsOf({ type, detail }: Fact, consoleUrl: string): Words | undefined {
  if (!isFactType(type)) return undefined;
  const row = rows[type];
  const base = consoleUrl.replace(/\/+$/, '');
  const link = row.page !== undefined ? `${base}/${row.page}` : typeof detail.approvalId === 'string' ? `${base}/approvals/${encodeURIComponent(detail.approvalId)}` : `${base}/rotations/${encodeURIComponent(plain(detail.rotationId))}`;
  const subject = ascii(row.subject(detail));
  const lines = [...row.lines(detail).filter((line) => line !== undefined), '', link];
  const id = typeof detail.noticeId === 'string' ? detail.noticeId : '';
  return { id, subject, text: `${lines.join('\n')}\n`, to: [...new Set(row.to(detail))], link };
}
