import { Option, type Command } from 'commander';
import type { Approval } from '../../core/approval/approval.ts';
import { ruleText } from '../../core/approval/rule-text.ts';
import { visible } from '../../core/visible.ts';
import { command } from '../command.ts';
import { show, type Io } from '../io.ts';
import { closesAt } from '../../core/approval/notices.ts';
import { SaidAlready } from '../failure.ts';
import { planText } from '../plan-text.ts';
import { decide, questionOf } from '../questions.ts';
import { apiJson } from '../signed-request.ts';
import { approveWave, decidedText, digestOfList, questionsOfWave, waveQuestionsText } from '../wave-approvals.ts';

function questionText(q: Approval): string {
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

export const approvals = (io: Io): Command =>
  command('approvals', 'List the questions that wait for approvers', ['rota approvals', 'rota approvals --show payments-20261124T145423-9f3c.cutover.1b2c3d4e', 'rota approvals --wave wave-20261127T050000-9f3c'])
    .option('--all', 'closed questions too')
    .option('--show <approvalId>', 'one question with its whole plan')
    .addOption(new Option('--wave <waveId>', 'what is open of a wave, each plan in a line, with the digest of the list').conflicts(['all', 'show']))
    .action(async (options: { json?: boolean; all?: boolean; show?: string; wave?: string }) => {
      if (options.wave !== undefined) {
        const { wave } = options;
        const questions = await questionsOfWave(io, wave);
        show(io, options, { waveId: wave, listDigest: digestOfList(questions), questions }, () => waveQuestionsText(wave, questions));
        return;
      }
      if (options.show !== undefined) {
        const one = await questionOf(io, options.show);
        show(io, options, one, () => `${questionText(one)}\n\n${planText(one.plan, one.planDigest)}`);
        return;
      }
      const list = await apiJson<Approval[]>(io, { method: 'GET', path: `/api/approvals${options.all === true ? '?all=true' : ''}` });
      show(io, options, list, () => (list.length === 0 ? 'No question is open.' : list.map(questionText).join('\n')));
    });

interface DecisionOptions {
  readonly json?: boolean;
  readonly reason: string;
  readonly digest?: string;
}

async function decideOne(io: Io, approvalId: string, verdict: 'approve' | 'refuse', options: DecisionOptions): Promise<void> {
  const { reason, digest } = options;
  const read = await questionOf(io, approvalId);
  if (digest === undefined) io.err(`${visible(planText(read.plan, read.planDigest))}\n`);
  const answer = await decide(io, approvalId, { decision: verdict, reason, planDigest: digest ?? read.planDigest });
  show(io, options, answer, () => questionText(answer));
}

const example = (name: string): string => `rota ${name} payments-20261124T145423-9f3c.cutover.1b2c3d4e --reason "read and agreed in CHG-1234"`;
const why = ['--reason <words>', 'why; it stands in the dossier'] as const;

export const approve = (io: Io): Command =>
  command('approve', 'Approve a plan: you sign the digest of exactly what will happen', [example('approve'), 'rota approve --wave wave-20261127T050000-9f3c --digest <sha256> --reason "all read"'])
    .argument('[approvalId]')
    .requiredOption(...why)
    .option('--digest <sha256>', 'the digest of the plan that you read; left out, the plan is shown and its digest is signed. Of a wave: the digest of the list')
    .option('--wave <waveId>', 'each plan of a wave that is open, as `rota approvals --wave` showed them; each is signed by itself')
    .action(async (approvalId: string | undefined, options: DecisionOptions & { wave?: string }, self: Command) => {
      if ((approvalId === undefined) === (options.wave === undefined)) self.error('error: name one approval, or a wave with --wave');
      if (approvalId !== undefined) return decideOne(io, approvalId, 'approve', options);
      const decided = await approveWave(io, options.wave ?? '', options);
      show(io, options, decided, () => decidedText(decided));
      if (decided.some((d) => d.refused !== undefined)) throw new SaidAlready();
    });

export const reject = (io: Io): Command =>
  command('reject', 'Refuse a plan; one refusal ends the rotation', [example('reject')])
    .argument('<approvalId>')
    .requiredOption(...why)
    .option('--digest <sha256>', 'the digest of the plan that you read; left out, the plan is shown and its digest is signed')
    .action((approvalId: string, options: DecisionOptions) => decideOne(io, approvalId, 'refuse', options));
