import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApi, type Api } from './harness.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

test('many rotations come in pages, and the command line lists each of them once, newest first', async () => {
  const ids = Array.from({ length: 130 }, (_, i) => `k-${String(i).padStart(3, '0')}`);
  for (const [i, rotationId] of ids.entries())
    await api.deps.store.ledger.open({ rotationId, workflow: 'byok-rotation', alias: 'alias/k', requestedBy: 'carol', reason: 'yearly rotation', requestedAt: new Date(Date.parse('2026-11-27T08:00:00Z') + i * 1000).toISOString() });
  const page = async (from: string) => (JSON.parse((await api.get('audrey', `/api/rotations${from}`)).text) as { rotationId: string }[]).map((r) => r.rotationId);
  const newestFirst = ids.toReversed();
  expect(await page('')).toEqual(newestFirst.slice(0, 100));
  expect(await page('?from=100')).toEqual(newestFirst.slice(100));
  expect(await page('?from=130')).toEqual([]);
  const { out } = await api.rota('audrey', 'status', '--json');
  expect((JSON.parse(out) as { rotationId: string }[]).map((r) => r.rotationId)).toEqual(newestFirst);
});

test('a page that is no number is refused', async () => {
  expect((await api.get('audrey', '/api/rotations?from=first')).json).toMatchObject({ error: 'BadRequest' });
});
