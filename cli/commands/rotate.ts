import type { Command } from 'commander';
import { command } from '../command.ts';
import { show, type Io } from '../io.ts';
import { follow } from '../poll.ts';
import { apiJson } from '../signed-request.ts';
import { rotateMany, waveOptions, type WaveOptions } from './wave.ts';
import { endText, RotationFailed } from '../status-text.ts';

interface Options {
  readonly json?: boolean;
  readonly wait?: boolean;
  readonly emergency?: boolean;
  readonly reason: string;
}

interface Started {
  readonly rotationId: string;
  readonly executionArn: string;
}

/** Tells what was started, or with `--wait` follows it to its end; a rotation that ends without effect is a failure. */
async function startedOrFollowed(io: Io, options: Options, started: Started): Promise<void> {
  if (options.wait !== true) {
    show(io, options, started, () => `${started.rotationId}\nFollow it with \`rota watch ${started.rotationId}\`.`);
    return;
  }
  io.err(`${started.rotationId}\n`);
  const status = await follow(io, started.rotationId, (line) => io.err(`  ${line}\n`));
  show(io, options, { ...status, ...started }, () => endText(status));
  if (status.status === 'FAILED') throw new RotationFailed(status);
}

export function rotate(io: Io): Command {
  const made = command('rotate', 'Start the rotation of a registered key, or a wave of many', [
    'rota rotate alias/payments --reason "yearly rotation"',
    'rota rotate alias/payments --reason "yearly rotation" --wait',
    'rota rotate alias/tokens --reason "the signing host was broken into" --emergency',
    'rota rotate --due --reason "yearly rotations" --wait',
    'rota rotate alias/payments alias/cards --reason "new recovery certificates" --canaries 1',
  ])
    .argument('[aliases...]', 'the alias of a registered key; several are a wave')
    .requiredOption('--reason <words>', 'why; it stands in the plan, the approvals and the dossier')
    .option('--wait', 'follow the rotation until it has ended')
    .option('--emergency', 'after a compromise: skip the waits, under the higher quorum of the registry; the old key leaves the key set at once')
    .action(async (aliases: readonly string[], options: Options & WaveOptions, self: Command) => {
      const [alias] = aliases;
      if ((alias === undefined) === (options.due !== true)) self.error('error: name aliases, or give --due');
      if (aliases.length > 1 || options.due === true) {
        if (options.emergency === true) self.error('error: an emergency is of one key: name one alias');
        return rotateMany(io, aliases, options);
      }
      const started = await apiJson<Started>(io, { method: 'POST', path: '/api/rotations', body: { alias, reason: options.reason, emergency: options.emergency === true } });
      await startedOrFollowed(io, options, started);
    });
  for (const option of waveOptions) made.addOption(option);
  return made;
}

export const rollback = (io: Io): Command =>
  command('rollback', 'Ask to put the aliases of a complete rotation back to the old key', ['rota rollback payments-20261124T145423-9f3c --reason "consumer X broke"'])
    .argument('<rotationId>')
    .requiredOption('--reason <words>', 'why; approvers read it')
    .option('--wait', 'follow the rollback until it has ended')
    .action(async (rotationId: string, options: Options) => {
      const path = `/api/rotations/${encodeURIComponent(rotationId)}/rollback`;
      await startedOrFollowed(io, options, await apiJson<Started>(io, { method: 'POST', path, body: { reason: options.reason } }));
    });
