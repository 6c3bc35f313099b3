import type { Command } from 'commander';
import type { Acknowledgement } from '../../core/rollover/acknowledgement.ts';
import { command } from '../command.ts';
import { show, type Io } from '../io.ts';
import { apiJson } from '../signed-request.ts';

const rotationPath = (rotationId: string): string => `/api/rotations/${encodeURIComponent(rotationId)}`;

export const ack = (io: Io): Command =>
  command('ack', 'Say that a consumer has the new key: you give the thumbprint of the key that it installed', [
    'rota ack tokens-20261124T145423-9f3c --consumer gateway --thumbprint NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
  ])
    .argument('<rotationId>')
    .requiredOption('--consumer <name>', 'the consumer that you speak for, as rota.yaml names it')
    .requiredOption('--thumbprint <kid>', 'RFC 7638 thumbprint of the installed key: its `kid` in the key set')
    .action(async (rotationId: string, options: { json?: boolean; consumer: string; thumbprint: string }) => {
      const { consumer, thumbprint } = options;
      const word = await apiJson<Acknowledgement>(io, { method: 'POST', path: `${rotationPath(rotationId)}/acknowledgements`, body: { consumer, thumbprint } });
      show(io, options, word, () => `${word.consumer}: ${word.kind} by ${word.by} at ${word.at}${word.late ? ', after the deadline' : ''}`);
    });

export const ackLink = (io: Io): Command =>
  command('ack-link', 'Make a link by which a consumer without an identity here acknowledges, once', ['rota ack-link tokens-20261124T145423-9f3c --consumer partner'])
    .argument('<rotationId>')
    .requiredOption('--consumer <name>', 'the consumer that it is for')
    .action(async (rotationId: string, options: { json?: boolean; consumer: string }) => {
      const link = await apiJson<{ url: string; expiresAt: string }>(io, { method: 'POST', path: `${rotationPath(rotationId)}/acknowledgement-links`, body: { consumer: options.consumer } });
      show(io, options, link, () => `${link.url}\nGood for one acknowledgement until ${link.expiresAt}. It is shown only now: send it to ${options.consumer} alone.`);
    });
