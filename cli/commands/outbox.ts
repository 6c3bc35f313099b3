import type { Command } from 'commander';
import type { Mail } from '../../core/notice/outbox.ts';
import { command } from '../command.ts';
import { show, type Io } from '../io.ts';
import { apiJson } from '../signed-request.ts';

const mailText = ({ at, to, subject, text }: Mail): string => `${at}  to ${to.join(', ')}\n  ${subject}\n${text.trimEnd().split('\n').map((line) => `    ${line}`.trimEnd()).join('\n')}`;

export const outbox = (io: Io): Command =>
  command('outbox', 'Show what the embedded AWS would have mailed, newest first', ['rota outbox', 'rota outbox --json'])
    .action(async (options: { json?: boolean }) => {
      const mails = await apiJson<Mail[]>(io, { method: 'GET', path: '/api/outbox' });
      show(io, options, mails, () => (mails.length === 0 ? 'Nothing would have been mailed yet.' : mails.map(mailText).join('\n\n')));
    });
