import type { Command } from 'commander';
import type { AnyPlan } from '../../core/plan/plan.ts';
import { command } from '../command.ts';
import { show, type Io } from '../io.ts';
import { planText } from '../plan-text.ts';
import { apiJson } from '../signed-request.ts';

interface Asked {
  readonly approvalId: string;
  readonly plan: AnyPlan;
  readonly planDigest: string;
  readonly deadline: string;
}

export const waive = (io: Io): Command =>
  command('waive', "Ask approvers to go on without a consumer's acknowledgement", ['rota waive tokens-20261124T145423-9f3c --consumer partner --reason "decommissioned, CHG-77"'])
    .argument('<rotationId>')
    .requiredOption('--consumer <name>', 'the consumer that is not waited for any more')
    .requiredOption('--reason <words>', 'why; approvers read it, and it stands in the dossier')
    .action(async (rotationId: string, options: { json?: boolean; consumer: string; reason: string }) => {
      const { consumer, reason } = options;
      const asked = await apiJson<Asked>(io, { method: 'POST', path: `/api/rotations/${encodeURIComponent(rotationId)}/waivers`, body: { consumer, reason } });
      show(io, options, asked, () => `${planText(asked.plan, asked.planDigest)}\n${asked.approvalId}\nAsked until ${asked.deadline}; approvers: \`rota approve ${asked.approvalId} --reason "..."\`. You cannot approve it yourself.`);
    });
