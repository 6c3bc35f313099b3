import { atOnce } from '../../core/at-once.ts';
import { findingIdOf, type FoundFinding, type OpenFinding } from '../../core/findings/open-finding.ts';
import { reconcile } from '../../core/findings/reconcile.ts';
import { rotationOff, type KpiFact } from '../../core/kpi/facts.ts';
import { announceFact } from '../../store/events.ts';
import type { PlainContext } from '../task.ts';

export const settleFindingsActions = ['dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:DeleteItem', 's3:PutObject', 'events:PutEvents'] as const;

/** The first sweep of an estate may find something about each of its keys, and Lambda lets it run for 14 minutes. */
const many = 10;

interface Look {
  /** Account and Region. */
  readonly place: string;
  readonly found: readonly FoundFinding[];
  /** What saw it. */
  readonly seenBy: string;
  /** Whether this look could have seen that a finding is still so. */
  readonly covers: (open: OpenFinding) => boolean;
  /** What else the look tells the KPIs. */
  readonly facts: readonly KpiFact[];
  /** Names the file of its facts: no other look, and no other attempt at this one, writes there. */
  readonly writer: string;
}

export interface Settled {
  readonly opened: number;
  readonly closed: number;
  readonly open: number;
}

const openedFact = (f: OpenFinding): KpiFact => ({
  fact: 'finding-opened',
  at: f.openedAt,
  findingId: findingIdOf(f),
  kind: f.name,
  about: f.about,
  evidence: f.seenBy,
  place: f.place,
  ...(f.owner === undefined ? {} : { owner: f.owner }),
  ...(f.aliases === undefined ? {} : { aliases: [...f.aliases] }),
  ...(f.isReplica === undefined ? {} : { isReplica: f.isReplica }),
});

/** What closes a finding without mending it, so that nobody betters the time to remediate by an exception or by disabling the key. */
function notMended({ name, about }: OpenFinding, isExcused: boolean, facts: readonly KpiFact[]): { notMended?: 'excused' | 'out of use' } {
  if (isExcused) return { notMended: 'excused' };
  const isOut = name === rotationOff && facts.some((f) => (f.fact === 'key-gone' || (f.fact === 'key-seen' && f.rotation === 'not possible')) && f.keyArn === about);
  return isOut ? { notMended: 'out of use' } : {};
}

/** Announces what is over, then takes it off; its fact is written before. */
export async function closeFindings(closes: readonly { readonly finding: OpenFinding; readonly because: string }[], context: PlainContext): Promise<void> {
  await atOnce(many, closes, async ({ finding, because }) => {
    await announceFact(context, 'Rota Finding Closed', { findingId: findingIdOf(finding), ...finding, because });
    await context.store.findings.close(finding);
  });
}

/**
 * Brings the open findings of a place in line with a look at it, tells the KPIs and announces what is new. A finding is opened before its
 * fact is written and closed after: a crash in between leaves it to be told again, never untold.
 */
export async function settleFindings({ place, found, seenBy, covers, facts, writer }: Look, context: PlainContext): Promise<Settled> {
  const { store, now } = context;
  const open = await store.findings.ofPlace(place);
  const { opens, closes: over, rewords, reminds } = reconcile(found, open, now);
  const closes = over.filter(({ finding }) => covers(finding));
  const fresh = opens.map((found): OpenFinding => ({ place, ...found, openedAt: now, seenBy }));
  // An event and a sweep may see the same: one of them opens it.
  const isOpened = await atOnce(many, fresh, (finding) => store.findings.open(finding));
  const opened = fresh.filter((_, i) => isOpened[i] === true);
  await atOnce(many, rewords, (finding) => store.findings.reword(finding));
  // What was opened by an attempt that then died has the same words, and its fact is told here: telling twice does no harm.
  const told = [...opened, ...open.filter((f) => f.seenBy === seenBy)];
  await store.records.addFacts(now.slice(0, 10), writer, [
    ...facts,
    ...told.map(openedFact),
    ...closes.map(({ finding, because, isExcused }): KpiFact => ({ fact: 'finding-closed', at: now, findingId: findingIdOf(finding), evidence: `${seenBy}: ${because}`, ...notMended(finding, isExcused, facts) })),
  ]);
  await atOnce(many, told, (finding) => announceFact(context, 'Rota Finding Opened', { findingId: findingIdOf(finding), ...finding }));
  // Rather twice than never: it is written down after.
  await atOnce(many, reminds, async (finding) => {
    await announceFact(context, 'Rota Finding Reminded', { findingId: findingIdOf(finding), ...finding });
    await store.findings.reword({ ...finding, remindedAt: now });
  });
  await closeFindings(closes, context);
  return { opened: opened.length, closed: closes.length, open: open.length + opened.length - closes.length };
}
