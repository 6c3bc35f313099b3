/**
 * Deciding on all plans of a wave. What is signed is each plan's digest, in a decision of its own, as if each had been approved alone; the digest of the
 * list only shows that the list which was read is the one that is signed.
 */
import type { Approval } from '../core/approval/approval.ts';
import { digestOf } from '../core/canonical-json.ts';
import { counted } from '../core/counted.ts';
import { planDigest } from '../core/plan/plan.ts';
import type { WaveStatus } from '../core/wave/wave.ts';
import { ApiRefusal } from './failure.ts';
import type { Io } from './io.ts';
import { grantText } from './plan-text.ts';
import { decide, questionOf } from './questions.ts';
import { apiJson } from './signed-request.ts';
import { table } from './table.ts';

/** The open questions of a wave's rotations, each opened, so that it is known who saw it. Throws `ApiRefusal`. */
export async function questionsOfWave(io: Io, waveId: string): Promise<Approval[]> {
  const { members } = await apiJson<WaveStatus>(io, { method: 'GET', path: `/api/waves/${encodeURIComponent(waveId)}` });
  const rotations = new Set(members.map((m) => m.rotationId));
  const open = (await apiJson<Approval[]>(io, { method: 'GET', path: '/api/approvals' })).filter((q) => rotations.has(q.rotationId));
  const opened: Approval[] = [];
  for (const { approvalId } of open) opened.push(await questionOf(io, approvalId));
  return opened.filter((q) => q.outcome === 'open').sort((a, b) => a.approvalId.localeCompare(b.approvalId));
}

/** Of exactly these questions and plans. A plan's digest is taken from the plan itself, whatever the API says that it is. */
export const digestOfList = (questions: readonly Approval[]): string => digestOf(questions.map(({ approvalId, plan }) => ({ approvalId, planDigest: planDigest(plan) })));

/** What an approver should mind of a plan, in words. */
function mindOf({ plan }: Approval): string[] {
  const { added, removed } = 'policyDifference' in plan ? plan.policyDifference : { added: [], removed: [] };
  const leftBehind = 'grantsLeftBehind' in plan ? (plan.grantsLeftBehind ?? []) : [];
  return [
    ...('revision' in plan && plan.revision !== undefined ? [`asked again, round ${plan.revision.round}: ${plan.revision.changes.join('; ')}`] : []),
    ...(added.length + removed.length === 0 ? [] : [`policy: ${counted(added.length, 'statement')} added, ${removed.length} removed`]),
    ...leftBehind.map((grant) => `grant left behind: ${grantText(grant)}`),
    ...('hazards' in plan ? plan.hazards.map((h) => h.sentence) : []),
  ];
}

interface Move {
  readonly alias: string;
  readonly from?: string;
  readonly to?: string;
}

/** The aliases that a plan moves, or is about. */
const movesOf = ({ plan }: Approval): readonly Move[] => ('aliases' in plan ? plan.aliases : [{ alias: plan.alias }]);

/** All that is open of a wave, with the digest to approve it by. */
export function waveQuestionsText(waveId: string, questions: readonly Approval[]): string {
  if (questions.length === 0) return `No question of ${waveId} is open.`;
  const rows = questions.flatMap((q) => movesOf(q).map(({ alias, from = '', to = 'a new key' }) => [alias, q.stage, from, '->', to, planDigest(q.plan).slice(0, 16)]));
  const mind = questions.flatMap((q) => mindOf(q).map((sentence) => `Mind  ${movesOf(q)[0]?.alias ?? q.rotationId}: ${sentence}`));
  return [
    table([['ALIAS', 'STAGE', 'FROM', '', 'TO', 'PLAN DIGEST'], ...rows]),
    ...mind,
    '',
    `${counted(questions.length, 'plan')}; each in whole: rota approvals --show <approvalId> (${questions[0]?.approvalId ?? ''}${questions.length > 1 ? ', ...' : ''})`,
    `List digest   ${digestOfList(questions)}`,
  ].join('\n');
}

/** What became of one question of a wave. */
interface Decided {
  readonly approvalId: string;
  readonly outcome: string;
  /** Why it was not signed. */
  readonly refused?: string;
}

/**
 * Approves each of the questions that a list holds, one decision a plan. One that is refused, since its plan changed or somebody closed it, keeps back none of
 * the others. Throws `ApiRefusal` where the list is not the one of the digest: then nothing is signed.
 */
export async function approveWave(io: Io, waveId: string, { digest, reason }: { readonly digest?: string | undefined; readonly reason: string }): Promise<Decided[]> {
  const questions = await questionsOfWave(io, waveId);
  const now = digestOfList(questions);
  const read = `Read them with \`rota approvals --wave ${waveId}\`, then approve that list by its digest.`;
  if (digest === undefined) throw new ApiRefusal('DigestNeeded', 'Many plans are approved only by the digest of the list that was read: nothing was signed.', read);
  if (digest !== now) throw new ApiRefusal('ListChanged', `The open questions of ${waveId} are others than those of this digest: nothing was signed.`, read);
  const decided: Decided[] = [];
  for (const { approvalId, plan } of questions)
    decided.push(
      await decide(io, approvalId, { decision: 'approve', reason, planDigest: planDigest(plan) }).then(
        ({ outcome }) => ({ approvalId, outcome }),
        (error: unknown) => {
          if (!(error instanceof ApiRefusal) || error.name === 'Unreachable') throw error;
          return error.name === 'AlreadyDecided' ? { approvalId, outcome: 'decided before' } : { approvalId, outcome: 'not signed', refused: error.message };
        },
      ),
    );
  return decided;
}

export const decidedText = (decided: readonly Decided[]): string => (decided.length === 0 ? 'No question is open.' : table(decided.map(({ approvalId, outcome, refused = '' }) => [approvalId, outcome === 'open' ? 'signed, still open' : outcome, refused])));
