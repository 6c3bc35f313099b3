import { z } from 'zod';
import { findingKinds, type FindingName } from '../inventory/finding.ts';
import type { KpiTally } from '../kpi/tally.ts';
import { findingIdOf, type OpenFinding } from './open-finding.ts';

export const findingStates = ['open', 'closed', 'all'] as const;
export const severities = ['high', 'medium', 'low', 'notice'] as const satisfies readonly OpenFinding['severity'][];
export const findingNames = Object.keys(findingKinds) as [FindingName, ...FindingName[]];

/** A field of a form that is left empty asks for nothing. */
const unlessEmpty = <S extends z.ZodType>(schema: S) => z.preprocess((value) => (value === '' ? undefined : value), schema);
const asked = <S extends z.ZodType>(schema: S) => unlessEmpty(schema.optional());

/** Which findings somebody wants to see, as the query of a URL says it; left out, all that are open. */
export const FindingFilter = z.strictObject({
  state: unlessEmpty(z.enum(findingStates).default('open')),
  severity: asked(z.enum(severities)),
  kind: asked(z.enum(findingNames)),
  /** What they are about: a key by its id, ARN or alias, or an alias itself. */
  key: asked(z.string().max(2048)),
  owner: asked(z.string().max(63)),
  /** An account, a Region, or both as `111122223333/eu-central-1`. */
  place: asked(z.string().max(63)),
});
export type FindingFilter = z.infer<typeof FindingFilter>;

/** A finding that is over, as far as the facts tell. Times are ISO 8601, UTC. */
interface ClosedFinding extends Pick<OpenFinding, 'name' | 'severity' | 'about' | 'openedAt' | 'seenBy' | 'owner' | 'aliases'> {
  readonly findingId: string;
  /** Unknown of findings about aliases that an earlier release has opened. */
  readonly place?: string;
  readonly closedAt: string;
  /** What saw that it is over, and why: `sweep daily-2026-11-27: it is so no more`. */
  readonly closedBy: string;
  /** It is over, and nobody mended it. */
  readonly notMended?: string;
}

export type ListedFinding = (OpenFinding & { readonly findingId: string }) | ClosedFinding;

/** The findings that a filter asks for, oldest first. What is open is in the table of findings, what is over in the tally of all facts. */
export function listFindings(open: readonly OpenFinding[], { findings }: Pick<KpiTally, 'findings'>, filter: FindingFilter): ListedFinding[] {
  const listed: ListedFinding[] = [
    ...(filter.state === 'closed' ? [] : open.map((finding) => ({ findingId: findingIdOf(finding), ...finding }))),
    ...(filter.state === 'open' ? [] : Object.entries(findings).flatMap(([findingId, told]) => closedFinding(findingId, told))),
  ];
  return listed.filter((finding) => isAskedFor(finding, filter)).sort((a, b) => a.openedAt.localeCompare(b.openedAt) || a.findingId.localeCompare(b.findingId));
}

const isName = (kind: string): kind is FindingName => Object.hasOwn(findingKinds, kind);

function closedFinding(findingId: string, { opened, closed }: KpiTally['findings'][string]): ClosedFinding[] {
  if (opened === undefined || closed === undefined || !isName(opened.kind)) return [];
  const { kind: name, about, at: openedAt, evidence: seenBy, owner, aliases, place = placeOf(about) } = opened;
  return [
    {
      findingId,
      name,
      severity: findingKinds[name].severity,
      ...(place === undefined ? {} : { place }),
      about,
      ...(owner === undefined ? {} : { owner }),
      ...(aliases === undefined ? {} : { aliases }),
      openedAt,
      seenBy,
      closedAt: closed.at,
      closedBy: closed.evidence,
      ...(closed.notMended === undefined ? {} : { notMended: closed.notMended }),
    },
  ];
}

/** The account and Region of an ARN; an alias has none. */
function placeOf(about: string): string | undefined {
  const [arn, , , region = '', account = ''] = about.split(':');
  return arn === 'arn' ? `${account}/${region}` : undefined;
}

function isAskedFor({ severity, name, about, aliases = [], owner, place = '' }: ListedFinding, filter: FindingFilter): boolean {
  const { key } = filter;
  return (
    (filter.severity ?? severity) === severity &&
    (filter.kind ?? name) === name &&
    (key === undefined || about === key || about.endsWith(`:key/${key}`) || aliases.includes(key)) &&
    (filter.owner === undefined || owner === filter.owner) &&
    (filter.place === undefined || place === filter.place || place.split('/').includes(filter.place))
  );
}
