import type { Command } from 'commander';
import { command, group } from '../command.ts';
import { show, type Io } from '../io.ts';
import { apiJson } from '../signed-request.ts';
import { table } from '../table.ts';

/** A passkey as the API answers it. */
interface Passkey {
  readonly credentialId: string;
  readonly person: string;
  readonly synced: boolean;
  readonly enrolledAt: string;
  readonly lastUsedAt?: string;
  readonly removedAt?: string;
}

const stateText = (p: Passkey): string => (p.removedAt === undefined ? (p.lastUsedAt === undefined ? 'never used' : `last used ${p.lastUsedAt}`) : `removed ${p.removedAt}`);

export function passkey(io: Io): Command {
  const enrol = command('enrol', 'Make a one-use link by which you enrol a passkey for yourself; open it within ten minutes', ['rota passkey enrol'])
    .action(async (options: { json?: boolean }) => {
      const link = await apiJson<{ url: string; expiresAt: string }>(io, { method: 'POST', path: '/api/passkeys/enrolment-links' });
      show(io, options, link, () => `${link.url}\nGood for one passkey until ${link.expiresAt}. Whoever opens it enrols as you: open it yourself, and give it to nobody.`);
    });

  const list = command('list', 'List your passkeys', ['rota passkey list', 'rota passkey list --all --json > passkeys.json'])
    .option('--all', "everybody's, removed ones too; an auditor keeps them for `rota dossier verify --passkeys`")
    .action(async (options: { json?: boolean; all?: boolean }) => {
      const passkeys = await apiJson<Passkey[]>(io, { method: 'GET', path: `/api/passkeys${options.all === true ? '?all=true' : ''}` });
      const rows = passkeys.map((p) => [p.person, p.credentialId, p.synced ? 'synced' : 'one device', `enrolled ${p.enrolledAt}`, stateText(p)]);
      show(io, options, passkeys, () => (passkeys.length === 0 ? 'No passkey. Enrol one with `rota passkey enrol`.' : table(rows)));
    });

  const remove = command('remove', 'Remove a passkey, at once and for good: your own, or as platform engineer anybody\'s', ['rota passkey remove CREDENTIAL-ID', 'rota passkey remove -- -CREDENTIAL-ID-THAT-BEGINS-WITH-A-DASH'])
    .argument('<credentialId>', 'as `rota passkey list` prints it')
    .action(async (credentialId: string, options: { json?: boolean }) => {
      const answer = await apiJson<{ credentialId: string }>(io, { method: 'POST', path: `/api/passkeys/${encodeURIComponent(credentialId)}/removal` });
      show(io, options, answer, () => `${answer.credentialId} opens nothing more.`);
    });

  return group('passkey', 'Your passkeys for the console', ['rota passkey enrol', 'rota passkey list']).addCommand(enrol).addCommand(list).addCommand(remove);
}
