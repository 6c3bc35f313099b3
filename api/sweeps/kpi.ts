import { isoSeconds } from '../../core/clock.ts';
import { kpiReport, type KpiReport } from '../../core/kpi/report.ts';
import { addFacts, noFacts, type KpiTally } from '../../core/kpi/tally.ts';
import type { ApiDeps } from '../deps.ts';

/** The KPIs as of a moment (ISO 8601, UTC; now, when left out or not reached yet). Those of an earlier time are counted anew, from every fact that is not later. */
export async function kpiAsOf({ store, clock }: ApiDeps, asOf: string | undefined, windowDays: number): Promise<KpiReport> {
  const nowMs = clock.now();
  const isOver = asOf !== undefined && Date.parse(asOf) < nowMs;
  const tally = isOver ? await tallyAt(Date.parse(asOf), store) : await store.records.tallySoFar();
  // Nothing is known of the future: what is overdue now must not seem to be so in quarters to come.
  return kpiReport(tally, isOver ? asOf : isoSeconds(nowMs), windowDays);
}

async function tallyAt(atMs: number, { records }: ApiDeps['store']): Promise<KpiTally> {
  let tally = noFacts;
  for await (const facts of records.factsFrom()) tally = addFacts(tally, facts.filter((fact) => Date.parse(fact.at) <= atMs));
  return tally;
}
