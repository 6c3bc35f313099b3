import { listFindings, type FindingFilter, type ListedFinding } from '../../core/findings/list-findings.ts';
import { noFacts } from '../../core/kpi/tally.ts';
import type { ApiDeps } from '../deps.ts';

/** The findings that somebody asks for, oldest first. The facts, of which there are many, are read only for those that are over. */
export async function findingsFor({ store }: ApiDeps, filter: FindingFilter): Promise<ListedFinding[]> {
  const open = filter.state === 'closed' ? [] : await store.findings.all();
  const tally = filter.state === 'open' ? noFacts : await store.records.tallySoFar();
  return listFindings(open, tally, filter);
}
