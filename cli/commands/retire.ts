import type { Command } from 'commander';
import { sha256Hex } from '../../core/canonical-json.ts';
import type { RetirePlan } from '../../core/plan/plan.ts';
import { command } from '../command.ts';
import { show, type Io } from '../io.ts';
import { planText } from '../plan-text.ts';
import { apiJson, signedRequest } from '../signed-request.ts';

interface Options {
  readonly json?: boolean;
  readonly reason?: string;
  readonly dryRun?: boolean;
}

export const retire = (io: Io): Command =>
  command('retire', 'Take an old key out of use: denied, disabled, watched; it is never deleted', [
    'rota retire 1234abcd-12ab-34cd-56ef-1234567890ab --dry-run',
    'rota retire 1234abcd-12ab-34cd-56ef-1234567890ab --reason "followed two years ago, CHG-77"',
  ])
    .argument('<keyId>', 'the id of a key that a rotation has put aside')
    .option('--reason <words>', 'why; it stands in the plan, the approvals and the dossier')
    .option('--dry-run', 'show the plan and who used the key lately, and do nothing')
    .action(async (keyId: string, { reason, dryRun, ...options }: Options, self: Command) => {
      if (dryRun === true) {
        const { plan, planDigest } = await apiJson<{ plan: RetirePlan; planDigest: string }>(io, { method: 'POST', path: '/api/retirements/plans', body: { keyId } });
        show(io, options, { plan, planDigest }, () => planText(plan, planDigest));
        return;
      }
      if (reason === undefined) self.error("error: required option '--reason <words>' not specified");
      const started = await apiJson<{ rotationId: string }>(io, { method: 'POST', path: '/api/retirements', body: { keyId, reason } });
      show(io, options, started, () => `${started.rotationId}\nApprovers are asked first: \`rota status ${started.rotationId}\`.`);
    });

export const reenable = (io: Io): Command =>
  command('reenable', 'Put a key that is being retired back into use, at once and without an approval', ['rota reenable retire-payments-20280110T090000-9f3c --reason "the archive still reads with it, INC-31"'])
    .argument('<rotationId>', 'the retirement')
    .requiredOption('--reason <words>', 'who needs it; it stands in the dossier')
    .action(async (rotationId: string, options: { json?: boolean; reason: string }) => {
      const path = `/api/rotations/${encodeURIComponent(rotationId)}/reenable`;
      const said = await apiJson<{ rotationId: string; delivered: boolean }>(io, { method: 'POST', path, body: { reason: options.reason } });
      show(io, options, said, () => (said.delivered ? `The key is put back: \`rota status ${rotationId}\`.` : `${rotationId} was looking at this moment who uses the key; it is told as soon as it waits again.`));
    });

export const retirement = (io: Io): Command =>
  command('retirement', 'Print the document that prepares the deletion of a retired key', ['rota retirement retire-payments-20280110T090000-9f3c > deletion.md'])
    .argument('<rotationId>', 'the retirement')
    .action(async (rotationId: string, options: { json?: boolean }) => {
      const bytes = await signedRequest(io, { method: 'GET', path: `/api/retirements/${encodeURIComponent(rotationId)}/document` });
      const markdown = bytes.toString('utf8');
      show(io, options, { rotationId, sha256: sha256Hex(bytes), markdown }, () => markdown);
    });
