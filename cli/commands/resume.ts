import type { Command } from 'commander';
import { command } from '../command.ts';
import { show, type Io } from '../io.ts';
import { apiJson } from '../signed-request.ts';

export const resume = (io: Io): Command =>
  command('resume', 'Let a rotation that holds go on at once, once what held it is mended; or let one that has switched end, although its old key is not quiet', ['rota resume tokens-20261124T145423-9f3c --reason "the bucket is back, INC-12"'])
    .argument('<rotationId>')
    .requiredOption('--reason <words>', 'what was mended, or why nobody waits for quiet; it stands in the dossier')
    .action(async (rotationId: string, options: { json?: boolean; reason: string }) => {
      const path = `/api/rotations/${encodeURIComponent(rotationId)}/resume`;
      const said = await apiJson<{ rotationId: string; delivered: boolean }>(io, { method: 'POST', path, body: { reason: options.reason } });
      show(io, options, said, () => (said.delivered ? `${rotationId} goes on.` : `${rotationId} was going on by itself at this moment; if it holds again, it is told.`));
    });
