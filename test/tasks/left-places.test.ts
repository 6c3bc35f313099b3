import { expect, test, vi } from 'vitest';
import type { OpenFinding } from '../../core/findings/open-finding.ts';
import type { KeyLine } from '../../core/findings/key-line.ts';
import { kpiReport, type KpiReport } from '../../core/kpi/report.ts';
import type { Registry } from '../../core/registry/registry-schema.ts';
import { closeSweep } from '../../tasks/sweep/close-sweep.ts';
import { judgeEvent } from '../../tasks/sweep/judge-event.ts';
import { listTargets } from '../../tasks/sweep/list-targets.ts';
import { sweepTarget } from '../../tasks/sweep/sweep-target.ts';
import type { SweptTarget } from '../../tasks/sweep/targets.ts';
import { runPlainTask } from '../../tasks/task.ts';
import { accountId, region } from '../embedded-aws.ts';
import { startTasks } from './task-deps.ts';

const other = '222233334444';
const hourMs = 3_600_000;
const roleIn = (account: string) => ({ region, roleArn: `arn:aws:iam::${account}:role/rota-sweep` });
type Targets = NonNullable<Registry['sweep']>['targets'];

/** Rota with the places of two accounts as sweeps have left them, each with a key without rotation and one that is overdue. */
async function swept() {
  const { aws, store, deps } = await startTasks();
  const now = (): string => new Date(aws.clock.now()).toISOString().replace(/\.\d+/, '');
  const apply = (targets: Targets) =>
    store.registry.apply({ version: 1, people: [{ id: 'pat', name: 'pat', arn: `arn:aws:iam::${accountId}:user/pat`, roles: ['platform'], groups: ['platform'] }], keys: [], sweep: { targets, remedy: 'alert' } }, 'test', now());
  /** A sweep in which the accounts of others answer nothing: nobody can assume a role there. */
  const sweep = async (sweepId: string): Promise<KpiReport> => {
    const { targets } = await runPlainTask(listTargets, { sweepId }, deps);
    const results: SweptTarget[] = [];
    for (const target of targets) results.push(target.roleArn === undefined ? await runPlainTask(sweepTarget, target, deps) : { region: target.region, roleArn: target.roleArn, error: 'AccessDenied' });
    await runPlainTask(closeSweep, { sweepId, targets: results }, deps);
    return kpiReport(await store.records.tallySoFar(), now());
  };
  const seed = async (place: string): Promise<void> => {
    const [account = '', its = ''] = place.split('/');
    const at = now();
    const arn = (n: number) => `arn:aws:kms:${its}:${account}:key/00000000-0000-0000-0000-00000000000${n}`;
    const lines = [1, 2].map((n): KeyLine => ({ keyId: arn(n).split('/')[1] ?? '', rotation: n === 1 ? 'off' : 'not possible', retained: n === 2, standing: 'finding', class: n === 1 ? 'rotation-off' : 'retained', aliases: [] }));
    const findings = (['rotation-off', 'overdue'] as const).map((name, n): OpenFinding => ({ place, name, about: arn(n + 1), severity: 'high', sentence: 'It is so.', remedy: 'Mend it.', openedAt: at, seenBy: 'sweep earlier' }));
    for (const finding of findings) await store.findings.open(finding);
    await store.records.addFacts(at.slice(0, 10), `earlier.${place.replace('/', '.')}`, [
      ...lines.map(({ rotation, retained }, n) => ({ fact: 'key-seen' as const, at, keyArn: arn(n + 1), rotation, retained })),
      ...findings.map(({ name, about }) => ({ fact: 'finding-opened' as const, at, findingId: `${name} ${about} ${at}`, kind: name, about, evidence: 'sweep earlier' })),
    ]);
    await store.records.putKeys(place, lines);
    await store.records.putSummary({ place, sweptAt: at, byClass: { 'rotation-off': 1, retained: 1 } });
    await store.records.putAliases(place, { 'alias/a': { keyId: 'k', at, because: 'pat accepted it' } });
  };
  const seen = async () => ({ open: [...new Set((await store.findings.all()).map((f) => f.place))].sort(), counted: (await store.records.summaries()).map((s) => s.place).sort() });
  const closedFacts = () => aws.events().filter((e) => e['detail-type'] === 'Rota Finding Closed').map((e) => (e.detail as { because: string }).because);
  return { aws, deps, store, apply, sweep, seed, seen, closedFacts };
}

const home = `${accountId}/${region}`;
const left = `${other}/${region}`;
const stays = `444455556666/${region}`;
const ofAccount = (report: KpiReport, account: string) => JSON.stringify([report.automaticRotation, report.retainedKeys, report.findings.open]).includes(account);

test('a place that is no longer a target leaves findings, KPIs and counts; one that could not be swept keeps everything', async () => {
  const { aws, store, apply, sweep, seed, seen, closedFacts } = await swept();
  for (const place of [left, stays]) await seed(place);
  await aws.clock.advance(hourMs);
  await apply([{ region }, roleIn(other), roleIn('444455556666')]);
  const before = await sweep('one');
  expect([ofAccount(before, other), ofAccount(before, '444455556666')]).toEqual([true, true]);
  const all = await seen();
  expect(all).toMatchObject({ counted: [home, left, stays].sort() });
  expect(all.open).toEqual(expect.arrayContaining([left, stays]));

  await aws.clock.advance(hourMs);
  await apply([{ region }, roleIn('444455556666')]);
  const after = await sweep('two');
  expect(await seen()).toEqual({ open: all.open.filter((place) => place !== left), counted: [home, stays].sort() });
  expect([ofAccount(after, other), ofAccount(after, '444455556666')]).toEqual([false, true]);
  expect(after.retainedKeys.count).toBe(before.retainedKeys.count - 1);
  // Nobody has mended anything.
  expect(after.timeToRemediate).toEqual(before.timeToRemediate);
  expect(after.findings.closed).toBe(before.findings.closed + 2);
  expect(closedFacts().filter((because) => because.includes('target'))).toEqual(Array(2).fill(`${left} is no longer a target of sweeps`));
  // People have decided it, and it holds when the place comes back.
  expect(Object.keys(await store.records.aliases(left))).toEqual(['alias/a']);

  await aws.clock.advance(hourMs);
  const again = await sweep('three');
  expect({ ...again, asOf: after.asOf }).toEqual(after);
  expect(closedFacts()).toHaveLength(2);
});

test.each([
  ['its facts', 'records', 'addFacts'],
  ['a finding', 'findings', 'close'],
  ['its counts', 'records', 'putSummary'],
  ['the tally', 'records', 'putTally'],
] as const)('a sweep that broke off at %s of a place that was left comes to the same when it is repeated', async (_, part, method) => {
  const { aws, store, apply, sweep, seed, seen } = await swept();
  await seed(left);
  await aws.clock.advance(hourMs);
  await apply([{ region }]);
  const real = store[part] as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  const first = real[method]?.bind(real);
  const ofPlace = (args: unknown[]): boolean => method === 'putTally' || JSON.stringify(args).includes(other);
  const spy = vi.spyOn(real, method).mockImplementation((...args) => (ofPlace(args) ? Promise.reject(new Error('killed')) : (first?.(...args) ?? Promise.resolve())));
  await expect(sweep('one')).rejects.toThrow('killed');
  spy.mockRestore();
  await aws.clock.advance(hourMs);
  const report = await sweep('one');
  expect((await seen()).open).not.toContain(left);
  expect((await seen()).counted).toEqual([home]);
  expect(ofAccount(report, other)).toBe(false);
  expect(report).toMatchObject({ retainedKeys: { count: 0 }, timeToRemediate: { count: 0 }, findings: { closed: 2 } });
});

test('while the own account could not be swept, every account may be it', async () => {
  const { deps, aws, apply, seed, seen } = await swept();
  await seed(left);
  await aws.clock.advance(hourMs);
  await apply([{ region }]);
  await runPlainTask(closeSweep, { sweepId: 'one', targets: [{ region, error: 'AccessDenied' }] }, deps);
  expect(await seen()).toEqual({ open: [left], counted: [left] });
});

test('an event of an account in the Region of another target is looked at by its own role, and by no other', async () => {
  const { deps, store, apply } = await swept();
  await apply([{ region }, roleIn(other)]);
  const keyArn = `arn:aws:kms:${region}:${other}:key/00000000-0000-0000-0000-000000000001`;
  const event = { id: 'e1', source: 'aws.kms', account: other, region, 'detail-type': 'KMS CMK Rotation', resources: [keyArn], detail: {} };
  // By Rota's own role there is no such key, and the KPIs would lose it.
  await expect(runPlainTask(judgeEvent, event, deps)).rejects.toThrow();
  expect((await store.records.tallySoFar()).keys[keyArn]).toBeUndefined();
});

test("a fact in Rota's name that comes from another account, or another Region, is not Rota's: nobody looks, and it is not tried again", async () => {
  const { deps, apply } = await swept();
  await apply([{ region }, { region: 'eu-west-1' }, roleIn(other)]);
  const ended = { id: 'e1', source: 'rota', account: other, region, 'detail-type': 'Rota Rotation Ended', detail: { keyIds: ['00000000-0000-0000-0000-000000000001'], aliases: ['alias/payments'] } };
  const looked = (event: object) => runPlainTask(judgeEvent, event, deps);
  expect(await looked(ended)).toEqual({ keys: 0, opened: 0, closed: 0 });
  expect(await looked({ ...ended, account: accountId, region: 'eu-west-1' })).toEqual({ keys: 0, opened: 0, closed: 0 });
  expect(await looked({ ...ended, account: accountId })).toMatchObject({ keys: 1 });
});

test('a place that comes back is counted again', async () => {
  const { store, aws, apply, sweep } = await swept();
  await apply([{ region }]);
  const before = await sweep('one');
  await aws.clock.advance(hourMs);
  await apply([{ region: 'eu-west-1', roleArn: roleIn(other).roleArn }]);
  expect((await sweep('two')).automaticRotation).toMatchObject({ eligible: 0 });
  expect(await store.records.summaries()).toEqual([]);
  await aws.clock.advance(hourMs);
  await apply([{ region }]);
  expect((await sweep('three')).automaticRotation).toEqual(before.automaticRotation);
  expect(before.automaticRotation.eligible).toBeGreaterThan(0);
  expect((await store.records.summaries()).map((s) => s.place)).toEqual([home]);
});
