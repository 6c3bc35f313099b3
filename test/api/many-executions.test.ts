/** AWS answers some ten DescribeExecution a second, to everybody in the account: Step Functions Developer Guide, "Quotas", state throttling. */
import { describe, expect, test } from 'vitest';
import type { ApiDeps } from '../../api/deps.ts';
import { closeStopped } from '../../api/rotations/close.ts';
import { statusOfEach } from '../../api/rotations/status.ts';
import type { RotationHead, RotationStanding } from '../../store/ledger-table.ts';

const minuteMs = 60_000;
const startedMs = Date.parse('2026-11-27T08:00:00Z');
const arnOf = (rotationId: string): string => `arn:aws:states:eu-central-1:111122223333:execution:byok-rotation:${rotationId}`;

/** What the API needs to tell how rotations stand, and which executions it asked about. */
function apiAt(nowMs: number, answer: () => object) {
  const asked: string[] = [];
  const none = () => Promise.resolve([]);
  const send = ({ input }: { input: { executionArn: string } }): Promise<object> => {
    asked.push(input.executionArn);
    return Promise.resolve().then(answer);
  };
  const store = { approvals: { ofRotation: none }, ledger: { steps: none }, waits: { ofRotation: none } };
  return { asked, deps: { clock: { now: () => nowMs }, clients: { states: { send } }, store } as unknown as ApiDeps };
}

const head = (rotationId: string, more: Partial<RotationHead> = {}): RotationHead => ({
  rotationId,
  workflow: 'byok-rotation',
  alias: 'alias/payments',
  requestedBy: 'carol',
  reason: 'yearly rotation',
  requestedAt: '2026-11-27T08:00:00Z',
  executionArn: arnOf(rotationId),
  ...more,
});

describe('a list of rotations', () => {
  test('asks about those that have not ended, and of the others tells what the ledger knows', async () => {
    const { deps, asked } = apiAt(startedMs, () => ({ status: 'RUNNING' }));
    const failed = { outcome: 'failed', error: { name: 'KeyNotUsable', sentence: 'The key is disabled.' } };
    const heads = [head('r1'), head('r2', { outcome: 'complete' }), head('r3', failed), head('r4', { outcome: 'rolled-back', workflow: 'alias-rollback' }), head('r5', { outcome: 'complete', rolledBackBy: 'r4' })];
    const told = await statusOfEach(deps, heads);
    expect(told.map(({ rotationId, status, error }) => [rotationId, status, error?.sentence])).toEqual([
      ['r1', 'RUNNING', undefined],
      ['r2', 'SUCCEEDED', undefined],
      ['r3', 'FAILED', 'The key is disabled.'],
      ['r4', 'SUCCEEDED', undefined],
      ['r5', 'ROLLED_BACK', undefined],
    ]);
    expect(asked).toEqual([arnOf('r1')]);
  });

  test('comes though AWS is asked too much', async () => {
    const throttled = apiAt(startedMs, () => {
      throw Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' });
    });
    expect((await statusOfEach(throttled.deps, [head('r1')])).map(({ status }) => status)).toEqual(['RUNNING']);
    const refused = apiAt(startedMs, () => {
      throw Object.assign(new Error('no'), { name: 'AccessDeniedException' });
    });
    await expect(statusOfEach(refused.deps, [head('r1')])).rejects.toThrow('no');
  });
});

test('of a thousand open rotations a hundred are asked about a minute, and each within ten', async () => {
  const open = Array.from({ length: 1000 }, (_, i): RotationStanding => ({ ...head(`r${i}`), asksBeforeStart: false, hasCutoverPlan: false }));
  const seen = new Set<string>();
  for (let minute = 120; minute < 130; minute++) {
    const { deps, asked } = apiAt(startedMs + minute * minuteMs, () => ({ status: 'RUNNING' }));
    expect(await closeStopped(deps, open)).toBe(0);
    expect(asked).toHaveLength(100);
    for (const arn of asked) seen.add(arn);
  }
  expect(seen.size).toBe(1000);
});
