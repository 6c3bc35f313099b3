import { isoSeconds } from '../../core/clock.ts';
import type { KpiFact } from '../../core/kpi/facts.ts';
import { kpiReport, type KpiReport } from '../../core/kpi/report.ts';
import { addFacts, noFacts } from '../../core/kpi/tally.ts';
import type { ApiDeps } from '../deps.ts';

/** The KPIs as of a moment (ISO 8601, UTC; now, when left out), counted anew from every fact that is not later. */
export async function kpiAsOf({ store, clock }: ApiDeps, asOf: string | undefined, windowDays: number): Promise<KpiReport> {
  const at = asOf ?? isoSeconds(clock.now());
  let tally = noFacts;
  const inTime = (fact: KpiFact): boolean => Date.parse(fact.at) <= Date.parse(at);
  for await (const { facts } of store.records.factsFrom('')) tally = addFacts(tally, facts.filter(inTime));
  return kpiReport(tally, at, windowDays);
}
