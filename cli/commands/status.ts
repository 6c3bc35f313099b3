import type { Command } from 'commander';
import type { RotationStatus } from '../../core/rotation-status.ts';
import { command } from '../command.ts';
import { everyPage } from '../every-page.ts';
import { show, type Io } from '../io.ts';
import { fetchStatus, follow } from '../poll.ts';
import { apiJson } from '../signed-request.ts';
import { endText, RotationFailed, statusText, statusWords } from '../status-text.ts';
import { table } from '../table.ts';

export const status = (io: Io): Command =>
  command('status', 'Show one rotation, or list them all', ['rota status', 'rota status payments-20261124T145423-9f3c --json'])
    .argument('[rotationId]')
    .action(async (rotationId: string | undefined, options: { json?: boolean }) => {
      if (rotationId !== undefined) {
        const one = await fetchStatus(io, rotationId);
        show(io, options, one, () => statusText(one));
        return;
      }
      const all = await everyPage<RotationStatus>(io, '/api/rotations', (rotation) => rotation.rotationId);
      show(io, options, all, () => (all.length === 0 ? 'No rotation was ever asked for.' : table(all.map((s) => [s.rotationId, statusWords(s), s.requestedBy, s.requestedAt]))));
    });

export const watch = (io: Io): Command =>
  command('watch', 'Follow a rotation step by step until it has ended', ['rota watch payments-20261124T145423-9f3c'])
    .argument('<rotationId>')
    .action(async (rotationId: string, options: { json?: boolean }) => {
      const last = await follow(io, rotationId, (line) => (options.json === true ? io.err : io.out)(`${line}\n`));
      show(io, options, last, () => endText(last));
      if (last.status === 'FAILED') throw new RotationFailed(last);
    });

export const history = (io: Io): Command =>
  command('history', "Show the execution history of a rotation, in AWS's event shape, without task tokens", ['rota history payments-20261124T145423-9f3c --json'])
    .argument('<rotationId>')
    .action(async (rotationId: string, options: { json?: boolean }) => {
      const answer = await apiJson<{ events: { id: number; timestamp: string; type: string; stateEnteredEventDetails?: { name: string } }[] }>(io, {
        method: 'GET',
        path: `/api/rotations/${encodeURIComponent(rotationId)}/history`,
      });
      show(io, options, answer, () => table(answer.events.map((e) => [String(e.id), e.timestamp, e.type, e.stateEnteredEventDetails?.name ?? ''])));
    });
