import { expect, test } from 'vitest';
import { approvalDelays, type Timed } from '../../../core/approval/delay.ts';

const requestedAt = '2026-11-24T12:00:00Z';
const at = (seconds: number): string => new Date(Date.parse(requestedAt) + seconds * 1000).toISOString();
const question = (change: Partial<Timed>): Timed => ({
  stage: 'cutover',
  rule: { all: [{ group: 'security', count: 2 }, { group: 'owners', count: 1 }] },
  requestedBy: 'carol',
  requestedAt,
  outcome: 'approved',
  decisions: [],
  ...change,
});

test('per stage: seen, settled, and out of time; per group: each decision', () => {
  const questions = [
    question({ firstSeen: { at: at(60) }, settledAt: at(600), decisions: [{ groups: ['security'], decidedAt: at(300) }, { groups: ['security', 'owners'], decidedAt: at(600) }] }),
    question({ firstSeen: { at: at(120) }, settledAt: at(200), outcome: 'refused', decisions: [{ groups: ['owners'], decidedAt: at(200) }] }),
    question({ outcome: 'timed out', settledAt: at(9000), decisions: [{ groups: ['security'], decidedAt: at(900) }] }),
    question({ outcome: 'open', firstSeen: { at: at(1) } }),
    question({ outcome: 'void', settledAt: at(5), decisions: [{ groups: ['security'], decidedAt: at(4) }] }),
    question({ stage: 'retire', settledAt: at(50) }),
  ];
  expect(approvalDelays(questions)).toEqual([
    {
      stage: 'cutover',
      seen: { count: 2, meanSeconds: 90, p50Seconds: 60, p90Seconds: 120 },
      settled: { count: 2, meanSeconds: 400, p50Seconds: 200, p90Seconds: 600 },
      timedOut: 1,
      byGroup: [
        { group: 'owners', count: 2, meanSeconds: 400, p50Seconds: 200, p90Seconds: 600 },
        { group: 'security', count: 3, meanSeconds: 600, p50Seconds: 600, p90Seconds: 900 },
      ],
    },
    { stage: 'retire', settled: { count: 1, meanSeconds: 50, p50Seconds: 50, p90Seconds: 50 }, timedOut: 0, byGroup: [] },
  ]);
});

test('who came in by an escalation counts for the group that was silent', () => {
  const rule = { all: [{ group: 'security', count: 1 }], escalation: [{ group: 'security', to: 'leads', afterSeconds: 100 }] };
  const [cutover] = approvalDelays([question({ rule, settledAt: at(150), decisions: [{ groups: ['leads'], decidedAt: at(150) }] })]);
  expect(cutover?.byGroup).toEqual([{ group: 'security', count: 1, meanSeconds: 150, p50Seconds: 150, p90Seconds: 150 }]);
});

test('no question, no figure', () => expect(approvalDelays([])).toEqual([]));
