import type { Command } from 'commander';
import type { RotationStatus } from '../../core/rotation-status.ts';
import { command } from '../command.ts';
import { show, type Io } from '../io.ts';
import { fetchStatus } from '../poll.ts';
import { rolloverText } from '../rollover-text.ts';
import { apiJson } from '../signed-request.ts';

export const rollover = (io: Io): Command =>
  command('rollover', 'Draw the timeline of a rollover: states, dates, who acknowledged, and what it waits for', [
    'rota rollover alias/tokens',
    'rota rollover --rotation tokens-20261124T145423-9f3c',
  ])
    .argument('[alias]', 'shows the newest rollover of this alias')
    .option('--rotation <rotationId>', 'a certain one instead')
    .action(async (alias: string | undefined, options: { json?: boolean; rotation?: string }, self: Command) => {
      if ((alias === undefined) === (options.rotation === undefined)) self.error('error: give an alias, or --rotation with an id', { exitCode: 2 });
      const status =
        options.rotation === undefined
          ? await apiJson<RotationStatus>(io, { method: 'GET', path: `/api/rollovers?alias=${encodeURIComponent(alias ?? '')}` })
          : await fetchStatus(io, options.rotation);
      show(io, options, status, () => rolloverText(status));
    });
