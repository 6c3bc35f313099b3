import type { StageDelay } from '../../core/approval/delay.ts';
import { counted } from '../../core/counted.ts';
import { deed } from '../../core/errors.ts';
import { openFindings, overdueByQuarter, type KpiFigures } from '../../core/kpi/report.ts';
import { spreadText } from '../../core/spread.ts';
import type { ApiDeps } from '../deps.ts';
import type { LoggedIn } from '../identity/session.ts';
import { kpiAsOf } from '../sweeps/kpi.ts';
import { Code, Empty, Facts, type Fact } from './parts/facts.tsx';
import { Page } from './parts/layout.tsx';
import { Plot } from './parts/plot.tsx';
import { Time } from './parts/time.tsx';

/** As many points as a plot shows well; each is one day with a report. */
const mostPoints = 30;

/** A list of thousands is read by nobody; the command line has all. */
const mostBehind = 200;

/** A stage, and each group in it. */
const stageFacts = ({ stage, seen, settled, timedOut, byGroup }: StageDelay): Fact[] => [
  [`Delay of ${deed(stage)}`, `${spreadText(settled)}${seen.count === 0 ? '' : `; first seen: ${spreadText(seen)}`}${timedOut.length === 0 ? '' : `; ${timedOut.length} ran out of time`}`],
  ...byGroup.map((group): Fact => [`Delay of ${deed(stage)}, by ${group.group}`, spreadText(group)]),
];

/** The KPIs now, how they came to be what they are, and what is behind each. */
export async function kpisPage(deps: ApiDeps, reader: LoggedIn) {
  const report = await kpiAsOf(deps, undefined, 365);
  const days = await lately(deps);
  const { automaticRotation: rotation, findings, retainedKeys, overdueManualRotations } = report;
  const facts: Fact[] = [
    ['Automatic rotation', rotation.percent === undefined ? 'no key that KMS could rotate' : `${rotation.percent.toFixed(1)} % of symmetric keys (${rotation.on} of ${rotation.eligible})`],
    ['Time to remediate', spreadText(report.timeToRemediate)],
    ...overdueByQuarter(report).map(([quarter, ids]): Fact => [`Overdue in ${quarter}`, counted(ids.length, 'manual rotation')]),
    ['Findings', `${openFindings(report)} open; ${findings.opened} opened and ${findings.closed} closed so far`],
    ['Approval delay', spreadText(report.approvalDelay)],
    ...report.approvalStages.flatMap(stageFacts),
    ['Retained old keys', `${counted(retainedKeys.count, 'key')}, ${retainedKeys.dollarsPerMonth} USD a month`],
  ];
  return (
    <Page title="KPIs" reader={reader} place="/kpis">
      <section aria-labelledby="now">
        <h2 id="now">Now</h2>
        <p class="lead">
          As of <Time at={report.asOf} />; durations over the {counted(report.windowDays, 'day')} before. Another day: <code>rota kpi --as-of</code>.
        </p>
        <Facts of={facts} />
      </section>
      <section aria-labelledby="lately">
        <h2 id="lately">Lately</h2>
        {days.length === 0 ? (
          <Empty>There is a point for each day with a sweep, and none yet.</Empty>
        ) : (
          <div class="plots">
            <Plot title="Symmetric keys with automatic rotation" unit="%" top={100} points={days.flatMap(({ asOf, percent }) => (percent === undefined ? [] : [{ day: asOf.slice(0, 10), value: Math.round(percent * 10) / 10 }]))} />
            <Plot title="Open findings" unit="findings" points={days.map(({ asOf, open }) => ({ day: asOf.slice(0, 10), value: open }))} />
          </div>
        )}
      </section>
      <section aria-labelledby="behind">
        <h2 id="behind">What is behind the figures</h2>
        <Behind what="Keys without automatic rotation" ids={rotation.off} />
        {Object.entries(findings.open).map(([kind, ids]) => (
          <Behind what={`Open: ${kind}`} ids={ids} />
        ))}
        {Object.entries(overdueManualRotations).map(([quarter, ids]) => (
          <Behind what={`Overdue in ${quarter}`} ids={ids} />
        ))}
        <Behind what="Remediated" ids={report.timeToRemediate.ids} />
        <Behind what="Approvals decided" ids={report.approvalDelay.ids} at="/approvals/" />
        {report.approvalStages.map(({ stage, settled, timedOut, byGroup }) => (
          <>
            <Behind what={`Decided: ${deed(stage)}`} ids={settled.ids} at="/approvals/" />
            {byGroup.map(({ group, ids }) => (
              <Behind what={`Decided: ${deed(stage)}, by ${group}`} ids={ids} at="/approvals/" />
            ))}
            {timedOut.length === 0 ? null : <Behind what={`Out of time: ${deed(stage)}`} ids={timedOut} at="/approvals/" />}
          </>
        ))}
        <Behind what="Retained old keys" ids={retainedKeys.keys} />
      </section>
    </Page>
  );
}

/** The figures of the last days on which there was a sweep. */
async function lately({ store }: ApiDeps): Promise<KpiFigures[]> {
  const days = (await store.records.reportDays()).slice(-mostPoints);
  return (await Promise.all(days.map((day) => store.records.figures(day)))).filter((figures) => figures !== undefined);
}

/** The ids of what is behind a figure; where they have pages at `at`, with links. */
const Behind = ({ what, ids, at }: { readonly what: string; readonly ids: readonly string[]; readonly at?: string }) => (
  <details>
    <summary>
      {what} ({ids.length})
    </summary>
    {ids.length === 0 ? (
      <Empty>None.</Empty>
    ) : (
      <ul>
        {ids.slice(0, mostBehind).map((id) => (
          <li>
            {at === undefined ? <Code>{id}</Code> : <a class="id" href={`${at}${encodeURIComponent(id)}`}>{id}</a>}
          </li>
        ))}
      </ul>
    )}
    {ids.length > mostBehind ? (
      <p class="row-more">
        The first {mostBehind} of {ids.length}; <Code>rota kpi --drill</Code> has all.
      </p>
    ) : null}
  </details>
);
