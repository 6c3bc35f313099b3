import type { Command } from 'commander';
import type { Adoption } from '../../core/adoption/adoption.ts';
import { adoptionText } from '../adoption-text.ts';
import { command } from '../command.ts';
import { show, type Io } from '../io.ts';
import { apiJson } from '../signed-request.ts';

export const adoption = (io: Io): Command =>
  command('adoption', 'Show who still uses the old key of a rotation, who holds its ARN, and who has moved to the new one', [
    'rota adoption payments-20261124T145423-9f3c',
    'rota adoption payments-20261124T145423-9f3c --json',
  ])
    .argument('<rotationId>')
    .action(async (rotationId: string, options: { json?: boolean }) => {
      const found = await apiJson<Adoption>(io, { method: 'GET', path: `/api/rotations/${encodeURIComponent(rotationId)}/adoption` });
      show(io, options, found, () => adoptionText(found));
    });
