import { expect, test } from 'vitest';
import { approvalDelays, settledFact, type Timed } from '../../../core/approval/delay.ts';

const requestedAt = '2026-11-24T12:00:00Z';
const at = (seconds: number): string => new Date(Date.parse(requestedAt) + seconds * 1000).toISOString();
const question = (approvalId: string, change: Partial<Timed>): Timed => ({
  approvalId,
  stage: 'cutover',
  rule: { all: [{ group: 'security', count: 2 }, { group: 'owners', count: 1 }] },
  requestedBy: 'carol',
  requestedAt,
  outcome: 'approved',
  decisions: [],
  ...change,
});

const delays = (...questions: Timed[]) => approvalDelays(questions.flatMap((q) => settledFact(q) ?? []));
const none = { count: 0, ids: [] };

test('per stage: seen, settled, and out of time; per group: each decision', () => {
  const questions = [
    question('q1', { firstSeen: { at: at(60) }, settledAt: at(600), decisions: [{ groups: ['security'], decidedAt: at(300) }, { groups: ['security', 'owners'], decidedAt: at(600) }] }),
    question('q2', { firstSeen: { at: at(120) }, settledAt: at(200), outcome: 'refused', decisions: [{ groups: ['owners'], decidedAt: at(200) }] }),
    question('q3', { outcome: 'timed out', settledAt: at(9000), decisions: [{ groups: ['security'], decidedAt: at(900) }] }),
    question('q4', { outcome: 'open', firstSeen: { at: at(1) } }),
    question('q5', { outcome: 'void', settledAt: at(5), decisions: [{ groups: ['security'], decidedAt: at(4) }] }),
    // Opened by somebody when it was over.
    question('q6', { stage: 'retire', settledAt: at(50), firstSeen: { at: at(51) } }),
  ];
  expect(delays(...questions)).toEqual([
    {
      stage: 'cutover',
      seen: { count: 2, meanSeconds: 90, p50Seconds: 60, p90Seconds: 120, ids: ['q1', 'q2'] },
      settled: { count: 2, meanSeconds: 400, p50Seconds: 200, p90Seconds: 600, ids: ['q1', 'q2'] },
      timedOut: ['q3'],
      byGroup: [
        { group: 'owners', count: 2, meanSeconds: 400, p50Seconds: 200, p90Seconds: 600, ids: ['q1', 'q2'] },
        { group: 'security', count: 3, meanSeconds: 600, p50Seconds: 600, p90Seconds: 900, ids: ['q1', 'q3'] },
      ],
    },
    { stage: 'retire', seen: none, settled: { count: 1, meanSeconds: 50, p50Seconds: 50, p90Seconds: 50, ids: ['q6'] }, timedOut: [], byGroup: [] },
  ]);
});

test('who came in by an escalation counts for the group that was silent', () => {
  const rule = { all: [{ group: 'security', count: 1 }], escalation: [{ group: 'security', to: 'leads', afterSeconds: 100 }] };
  const [cutover] = delays(question('q1', { rule, settledAt: at(150), decisions: [{ groups: ['leads'], decidedAt: at(150) }] }));
  expect(cutover?.byGroup).toEqual([{ group: 'security', count: 1, meanSeconds: 150, p50Seconds: 150, p90Seconds: 150, ids: ['q1'] }]);
});

test('no question, no figure', () => expect(approvalDelays([])).toEqual([]));
