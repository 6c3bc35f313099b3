import type { Command } from 'commander';
import type { AnyPlan } from '../../core/plan/plan.ts';
import type { ApprovalRule } from '../../core/registry/registry-schema.ts';
import { command } from '../command.ts';
import { show, type Io } from '../io.ts';
import { closesAt } from '../../core/approval/notices.ts';
import { planText, ruleText } from '../plan-text.ts';
import { apiJson } from '../signed-request.ts';

/** A question as the API answers it. */
interface Question {
  readonly approvalId: string;
  readonly rotationId: string;
  readonly stage: string;
  readonly plan: AnyPlan;
  readonly planDigest: string;
  readonly rule: ApprovalRule;
  readonly requestedBy: string;
  readonly reason: string;
  readonly requestedAt: string;
  readonly deadline: string;
  readonly silentUntil?: string;
  readonly firstSeen?: { readonly by: string; readonly at: string };
  readonly settledAt?: string;
  readonly voidBecause?: readonly string[];
  readonly outcome: string;
  readonly decisions: readonly { readonly person: string; readonly decision: string; readonly decidedAt: string; readonly reason: string }[];
}

function questionText(q: Question): string {
  return [
    `${q.approvalId}  ${q.outcome}`,
    `  asked by ${q.requestedBy} at ${q.requestedAt}: ${q.reason}`,
    `  needs ${ruleText(q.rule)}`,
    ...(q.outcome === 'open' ? [`  closes ${closesAt(q)}, if it is not decided before`] : []),
    ...(q.firstSeen === undefined ? [] : [`  first seen by ${q.firstSeen.by} at ${q.firstSeen.at}`]),
    ...q.decisions.map((d) => `  ${d.person}: ${d.decision} at ${d.decidedAt}: ${d.reason}`),
    ...(q.settledAt === undefined ? [] : [`  ${q.outcome} at ${q.settledAt}`]),
    ...(q.voidBecause ?? []).map((why) => `  void: ${why}`),
  ].join('\n');
}

const path = (approvalId: string): string => `/api/approvals/${encodeURIComponent(approvalId)}`;

export const approvals = (io: Io): Command =>
  command('approvals', 'List the questions that wait for approvers', ['rota approvals', 'rota approvals --show payments-20261124T145423-9f3c.cutover.1b2c3d4e'])
    .option('--all', 'closed questions too')
    .option('--show <approvalId>', 'one question with its whole plan')
    .action(async (options: { json?: boolean; all?: boolean; show?: string }) => {
      if (options.show !== undefined) {
        const one = await apiJson<Question>(io, { method: 'GET', path: path(options.show) });
        show(io, options, one, () => `${questionText(one)}\n\n${planText(one.plan, one.planDigest)}`);
        return;
      }
      const list = await apiJson<Question[]>(io, { method: 'GET', path: `/api/approvals${options.all === true ? '?all=true' : ''}` });
      show(io, options, list, () => (list.length === 0 ? 'No question is open.' : list.map(questionText).join('\n')));
    });

const decision = (io: Io, name: string, verdict: 'approve' | 'refuse', summary: string): Command =>
  command(name, summary, [
    `rota ${name} payments-20261124T145423-9f3c.cutover.1b2c3d4e --reason "read and agreed in CHG-1234"`,
  ])
    .argument('<approvalId>')
    .requiredOption('--reason <words>', 'why; it stands in the dossier')
    .option('--digest <sha256>', 'the digest of the plan that you read; left out, the plan is shown and its digest is signed')
    .action(async (approvalId: string, options: { json?: boolean; reason: string; digest?: string }) => {
      const read = await apiJson<Question>(io, { method: 'GET', path: path(approvalId) });
      if (options.digest === undefined) io.err(`${planText(read.plan, read.planDigest)}\n`);
      const answer = await apiJson<Question>(io, {
        method: 'POST',
        path: `${path(approvalId)}/decisions`,
        body: { decision: verdict, reason: options.reason, planDigest: options.digest ?? read.planDigest },
      });
      show(io, options, answer, () => questionText(answer));
    });

export const approve = (io: Io): Command => decision(io, 'approve', 'approve', 'Approve a plan: you sign the digest of exactly what will happen');
export const reject = (io: Io): Command => decision(io, 'reject', 'refuse', 'Refuse a plan; one refusal ends the rotation');
