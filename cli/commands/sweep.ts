import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { counted } from '../../core/counted.ts';
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
  t.place ?? [t.roleArn?.split(':')[4], t.region].filter((part) => part !== undefined).join('/'),
  t.error ?? `${counted(t.keys ?? 0, 'key')}, ${counted(t.open ?? 0, 'open finding')}: ${t.opened ?? 0} new, ${t.closed ?? 0} closed${(t.enabled ?? 0) > 0 ? `, automatic rotation switched on for ${counted(t.enabled ?? 0, 'key')}` : ''}`,
];

function stateText({ sweepId, status, result }: SweepState): string {
  const lines = (result?.started ?? []).map((id) => `Asked for rotation ${id}, which is due.`);
  return [`${sweepId}  ${status}`, ...(result === undefined ? [] : [table(result.targets.map(targetLine))]), ...lines].join('\n');
}

export const sweep = (io: Io): Command =>
  command('sweep', 'Look at every key that the registry’s sweep covers, now: findings, KPIs, due rotations', ['rota sweep --wait', 'rota sweep --show daily-2026-11-27'])
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

interface Finding {
  readonly findingId: string;
  readonly name: string;
  readonly severity: string;
  readonly place: string;
  readonly about: string;
  readonly sentence: string;
  readonly remedy: string;
  readonly openedAt: string;
  readonly seenBy: string;
}

const findingText = (f: Finding): string => `${f.severity.padEnd(7)} ${f.name}  ${f.about}  in ${f.place}, since ${f.openedAt}\n        ${f.sentence}\n        ${f.remedy}`;

export function findings(io: Io): Command {
  const accept = command('accept', 'Say that an alias that was moved by hand is right where it is', ['rota findings accept alias/payments --reason "restored by hand, CHG-1234"'])
    .argument('<alias>')
    .requiredOption('--reason <words>', 'why; it stands in the records')
    .action(async (alias: string, options: { json?: boolean; reason: string }) => {
      const done = await apiJson<{ alias: string; keyId: string }>(io, { method: 'POST', path: '/api/findings/accept', body: { alias, reason: options.reason } });
      show(io, options, done, () => `${done.alias} leads to ${done.keyId}, and that is right.`);
    });
  const list = command('list', 'The findings that are open', ['rota findings list', 'rota findings list --json']).action(async (options: { json?: boolean }) => {
    const open = await apiJson<Finding[]>(io, { method: 'GET', path: '/api/findings' });
    // Where nobody looks, nothing is ever open: that must not read as "all is well".
    const isSwept = open.length > 0 || options.json === true || (await apiJson<{ registry: Registry }>(io, { method: 'GET', path: '/api/registry' })).registry.sweep !== undefined;
    show(io, options, open, () => (open.length > 0 ? open.map(findingText).join('\n') : isSwept ? 'Nothing is open.' : 'Nothing is open, but nobody looks: the registry has no `sweep` (runbooks/sweep.md).'));
  });
  return group('findings', 'What is wrong with keys, as sweeps and events have found it', ['rota findings list']).addCommand(list).addCommand(accept);
}
