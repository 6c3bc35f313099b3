import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WaveMember, WaveSummary } from '../../core/wave/wave.ts';
import { Table } from '../../store/table.ts';
import { startApi, type Api } from './harness.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const idOf = (n: number): string => `wave-20261127T0${String(80000 + n)}-9f3c`;
const member = (place: number, outcome?: string): WaveMember => ({
  alias: `alias/k${place}`,
  place,
  rotationId: `k${place}-s1`,
  workflow: 'byok-rotation',
  keyId: '22222222-2222-4222-8222-222222222222',
  ...(outcome === undefined ? {} : { outcome, startedAt: '2026-11-27T08:00:00Z', endedAt: '2026-11-27T08:10:00Z' }),
});

async function open(n: number, members: readonly WaveMember[]): Promise<string> {
  const requestedAt = new Date(Date.parse('2026-11-27T08:00:00Z') + n * 1000).toISOString();
  await api.deps.store.waves.open({ waveId: idOf(n), requestedBy: 'carol', reason: n === 41 ? 'as the auditors\nasked for in their report of the third quarter, finding 7' : `wave ${n}`, requestedAt, canaries: 1, failureShare: 0.05, quotaShare: 0.5 }, members);
  return idOf(n);
}

test('waves come in pages, newest first, each with how it stands and without its keys; the command line lists each of them once', async () => {
  const ids: string[] = [];
  for (let n = 0; n < 43; n++) ids.push(await open(n, n === 42 ? [member(0, 'complete'), member(1, 'failed'), member(2)] : [member(0, 'complete')]));
  await api.deps.store.waves.stop(idOf(42), { at: '2026-11-27T09:00:00Z', because: 'carol: enough' });
  const newestFirst = ids.toReversed();
  const page = async (from: string): Promise<WaveSummary[]> => JSON.parse((await api.get('audrey', `/api/waves${from}`)).text) as WaveSummary[];
  const first = await page('');
  expect(first.map((w) => w.waveId)).toEqual(newestFirst.slice(0, 20));
  expect(first[0]).toMatchObject({ requestedBy: 'carol', reason: 'wave 42', state: 'stopped', stopped: { because: 'carol: enough' }, counts: { waiting: 1, underWay: 0, complete: 1, failed: 1, skipped: 0 } });
  expect(first[1]).toMatchObject({ state: 'ended', counts: { complete: 1 } });
  expect(first.filter((w) => 'members' in w)).toEqual([]);
  expect((await page('?from=40')).map((w) => w.waveId)).toEqual(newestFirst.slice(40));
  expect(await page('?from=43')).toEqual([]);

  const { out } = await api.rota('audrey', 'wave', '--json');
  expect((JSON.parse(out) as WaveSummary[]).map((w) => w.waveId)).toEqual(newestFirst);
  const lines = (await api.rota('audrey', 'wave')).out.trimEnd().split('\n');
  expect(lines).toHaveLength(43);
  expect(lines[0]).toMatch(new RegExp(`^${idOf(42)}  stopped  1 complete, 1 failed, 0 under way, 1 not started  carol  \\S+  wave 42$`));
  expect(lines[1]).toMatch(/  as the auditors asked for in their report of the third quar…$/);
});

test('a page that is no number is refused', async () => {
  expect((await api.get('audrey', '/api/waves?from=first')).json).toMatchObject({ error: 'BadRequest' });
});

test('a wave that a crash left half opened is in no list, and keeps no other one back', async () => {
  const { clients, names, store } = api.deps;
  const whole = await open(100, [member(0)]);
  const half = await open(101, [member(0)]);
  await new Table(clients.dynamo, names.waveTable).delete({ waveId: half, item: '#wave' });
  expect((await store.waves.list())[0]?.waveId).toBe(half);
  expect((await api.get('audrey', '/api/waves')).text).toContain(`[{"waveId":"${whole}"`);
});
