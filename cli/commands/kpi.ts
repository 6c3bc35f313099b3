import { InvalidArgumentError, Option, type Command } from 'commander';
import type { StageDelay } from '../../core/approval/delay.ts';
import { counted } from '../../core/counted.ts';
import { deed } from '../../core/errors.ts';
import { overdueByQuarter, type KpiReport } from '../../core/kpi/report.ts';
import { spreadText } from '../../core/spread.ts';
import { command } from '../command.ts';
import { show, type Io } from '../io.ts';
import { readWhole } from '../read-number.ts';
import { apiJson } from '../signed-request.ts';
import { table } from '../table.ts';

/** A stage in a line, and each group in it. */
const stageRows = ({ stage, seen, settled, timedOut, byGroup }: StageDelay): string[][] => [
  [`  ${deed(stage)}`, `${spreadText(settled)}${timedOut.length === 0 ? '' : `; ${timedOut.length} ran out of time`}`],
  ...(seen.count === 0 ? [] : [['    first seen', spreadText(seen)]]),
  ...byGroup.map((group) => [`    by ${group.group}`, spreadText(group)]),
];

const behindStage = ({ stage, settled, timedOut, byGroup }: StageDelay): [what: string, ids: readonly string[]][] => [
  [`Decided: ${deed(stage)}`, settled.ids],
  ...byGroup.map(({ group, ids }): [string, readonly string[]] => [`Decided: ${deed(stage)}, by ${group}`, ids]),
  [`Out of time: ${deed(stage)}`, timedOut],
];

function kpiText(r: KpiReport, drill: boolean): string {
  const { automaticRotation: rotation, findings, retainedKeys } = r;
  const open = Object.entries(findings.open);
  const figures = table([
    ['Symmetric keys with automatic rotation', rotation.percent === undefined ? 'no such key seen' : `${rotation.percent.toFixed(1)} % (${rotation.on} of ${rotation.eligible})`],
    ['Time to remediate a key without it', spreadText(r.timeToRemediate)],
    ...overdueByQuarter(r).map(([quarter, ids]) => [`Overdue manual rotations, ${quarter}`, counted(ids.length, 'rotation')]),
    ['Findings', `${open.reduce((sum, [, ids]) => sum + ids.length, 0)} open; ${findings.opened} opened and ${findings.closed} closed so far`],
    ['Time to decide on an approval', spreadText(r.approvalDelay)],
    ...r.approvalStages.flatMap(stageRows),
    ['Retained old keys', `${counted(retainedKeys.count, 'key')}, ${retainedKeys.dollarsPerMonth} USD a month`],
  ]);
  const behind: readonly (readonly [what: string, ids: readonly string[]])[] = [
    ['Without automatic rotation', rotation.off],
    ...open.map(([kind, ids]) => [`Open: ${kind}`, ids] as const),
    ...Object.entries(r.overdueManualRotations).map(([quarter, ids]) => [`Overdue in ${quarter}`, ids] as const),
    ['Remediated', r.timeToRemediate.ids],
    ['Decided', r.approvalDelay.ids],
    ...r.approvalStages.flatMap(behindStage),
    ['Retained', retainedKeys.keys],
  ];
  return [`As of ${r.asOf}; durations over the ${counted(r.windowDays, 'day')} before`, figures, ...(drill ? behind.flatMap(([what, ids]) => (ids.length === 0 ? [] : ['', `${what}:`, ...ids.map((id) => `  ${id}`)])) : [])].join('\n');
}

function readMoment(text: string): string {
  if (/^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?Z)?$/.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new InvalidArgumentError('It must be a day such as 2026-09-30, or a time such as 2026-09-30T12:00:00Z.');
}

export const kpi = (io: Io): Command =>
  command('kpi', 'The KPIs as of any day, and what is behind each figure', ['rota kpi', 'rota kpi --as-of 2026-09-30 --window-days 90', 'rota kpi --drill'])
    .addOption(new Option('--as-of <day>', 'the end of that day in UTC, or a time such as 2026-09-30T12:00:00Z (default: now)').argParser(readMoment))
    .addOption(new Option('--window-days <days>', 'days before it that durations are taken over (default: 365)').argParser(readWhole(1, 3653)))
    .option('--drill', 'list the keys, findings and questions behind each figure')
    .action(async (options: { json?: boolean; asOf?: string; windowDays?: number; drill?: boolean }) => {
      const query = new URLSearchParams({ ...(options.asOf === undefined ? {} : { asOf: options.asOf }), ...(options.windowDays === undefined ? {} : { windowDays: String(options.windowDays) }) });
      const report = await apiJson<KpiReport>(io, { method: 'GET', path: `/api/kpi?${query.toString()}` });
      show(io, options, report, () => kpiText(report, options.drill === true));
    });
