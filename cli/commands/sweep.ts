import { setTimeout as delay } from 'node:timers/promises';
import { Option, type Command } from 'commander';
import { counted } from '../../core/counted.ts';
import { findingNames, findingStates, severities, type ListedFinding } from '../../core/findings/list-findings.ts';
import { accountOfArn } from '../../core/ids.ts';
import type { Registry } from '../../core/registry/registry-schema.ts';
import { command, group } from '../command.ts';
import { SaidAlready } from '../failure.ts';
import { show, type Io } from '../io.ts';
import { apiJson } from '../signed-request.ts';
import { table } from '../table.ts';

interface SweptTarget {
  readonly region: string;
  readonly roleArn?: string;
  readonly place?: string;
  readonly keys?: number;
  readonly opened?: number;
  readonly closed?: number;
  readonly open?: number;
  readonly enabled?: number;
  readonly error?: string;
}

interface SweepState {
  readonly sweepId: string;
  readonly status: string;
  readonly result?: { readonly targets: readonly SweptTarget[]; readonly started: readonly string[]; readonly failed: number };
}

const targetLine = (t: SweptTarget): string[] => [
  t.place ?? [t.roleArn === undefined ? undefined : accountOfArn(t.roleArn), t.region].filter((part) => part !== undefined).join('/'),
  t.error ?? `${counted(t.keys ?? 0, 'key')}, ${counted(t.open ?? 0, 'open finding')}: ${t.opened ?? 0} new, ${t.closed ?? 0} closed${(t.enabled ?? 0) > 0 ? `, automatic rotation switched on for ${counted(t.enabled ?? 0, 'key')}` : ''}`,
];

function stateText({ sweepId, status, result }: SweepState): string {
  const lines = (result?.started ?? []).map((id) => `Asked for rotation ${id}, which is due.`);
  return [`${sweepId}  ${status}`, ...(result === undefined ? [] : [table(result.targets.map(targetLine))]), ...lines].join('\n');
}

export const sweep = (io: Io): Command =>
  command('sweep', 'Look at every key that the registry\'s sweep covers, now: findings, KPIs, due rotations', ['rota sweep --wait', 'rota sweep --show daily-2026-11-27'])
    .option('--wait', 'until it has ended; exit code 1 when an account could not be swept')
    .option('--show <sweepId>', 'what became of a sweep')
    .action(async (options: { json?: boolean; wait?: boolean; show?: string }) => {
      const state = (id: string) => apiJson<SweepState>(io, { method: 'GET', path: `/api/sweeps/${encodeURIComponent(id)}` });
      const { sweepId } = options.show === undefined ? await apiJson<{ sweepId: string }>(io, { method: 'POST', path: '/api/sweeps', body: {} }) : { sweepId: options.show };
      let now = await state(sweepId);
      while (options.wait === true && now.status === 'RUNNING') {
        await delay(500);
        now = await state(sweepId);
      }
      show(io, options, now, () => stateText(now));
      if (now.status !== 'RUNNING' && (now.status !== 'SUCCEEDED' || (now.result?.failed ?? 0) > 0)) throw new SaidAlready();
    });

function findingText(f: ListedFinding): string {
  const [times, lines] =
    'closedAt' in f
      ? [`from ${f.openedAt} to ${f.closedAt}`, [...(f.aliases === undefined ? [] : [f.aliases.join(', ')]), `Seen by ${f.seenBy}; over by ${f.closedBy}${f.notMended === undefined ? '' : ` (nobody mended it: ${f.notMended})`}`]]
      : [`since ${f.openedAt}`, [f.sentence, f.remedy]];
  const where = [...(f.place === undefined ? [] : [`in ${f.place}`]), times, ...(f.owner === undefined ? [] : [`owner ${f.owner}`])];
  return [`${f.severity.padEnd(7)} ${f.name}  ${f.about}  ${where.join(', ')}`, ...lines.map((line) => `        ${line}`)].join('\n');
}

/** The filter of a list, as the options of the command give it. */
type FilterOptions = Readonly<Partial<Record<'severity' | 'kind' | 'key' | 'owner' | 'place' | 'state', string>>>;

/** That a filter leaves nothing must not read as if nothing were wrong. */
function nothingText({ state = 'open', ...asked }: FilterOptions): string {
  const those = Object.entries(asked).map(([what, value]) => `--${what} ${value}`).join(' ');
  const nothing = state === 'all' ? 'Nothing was ever found' : `Nothing is ${state}`;
  return those === '' ? `${nothing}.` : `${nothing} of ${those}.`;
}

export function findings(io: Io): Command {
  const accept = command('accept', 'Say that an alias that was moved by hand is right where it is', ['rota findings accept alias/payments --reason "restored by hand, CHG-1234"'])
    .argument('<alias>')
    .requiredOption('--reason <words>', 'why; it stands in the records')
    .action(async (alias: string, options: { json?: boolean; reason: string }) => {
      const done = await apiJson<{ alias: string; keyId: string }>(io, { method: 'POST', path: '/api/findings/accept', body: { alias, reason: options.reason } });
      show(io, options, done, () => `${done.alias} leads to ${done.keyId}, and that is right.`);
    });
  const list = command('list', 'The findings that are open, oldest first, or those that you ask for', [
    'rota findings list',
    'rota findings list --severity high --owner payments-owners',
    'rota findings list --key alias/payments --state all   # what was ever wrong with it',
    'rota findings list --place 111122223333/eu-west-1 --json',
  ])
    .addOption(new Option('--severity <severity>', 'of this severity').choices(severities))
    .addOption(new Option('--kind <kind>', 'of this kind: runbooks/sweep.md').choices(findingNames))
    .option('--key <key>', 'about this key, by its id, ARN or alias, or about this alias')
    .option('--owner <owner>', 'of the keys and aliases of this owner in the registry')
    .option('--place <place>', 'in this account, in this Region, or in both, as 111122223333/eu-central-1')
    .addOption(new Option('--state <state>', 'open, closed or all').choices(findingStates).default('open'))
    .action(async ({ json = false, ...filter }: { json?: boolean } & FilterOptions) => {
      const found = await apiJson<ListedFinding[]>(io, { method: 'GET', path: `/api/findings?${new URLSearchParams(filter).toString()}` });
      // Where nobody looks, nothing is ever open: that must not read as "all is well".
      const isSwept = found.length > 0 || json || (await apiJson<{ registry: Registry }>(io, { method: 'GET', path: '/api/registry' })).registry.sweep !== undefined;
      show(io, { json }, found, () => (found.length > 0 ? found.map(findingText).join('\n') : isSwept ? nothingText(filter) : 'Nothing is open, but nobody looks: the registry has no `sweep` (runbooks/sweep.md).'));
    });
  return group('findings', 'What is wrong with keys, as sweeps and events have found it', ['rota findings list']).addCommand(list).addCommand(accept);
}
