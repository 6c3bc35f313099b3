/** Pages of the console about many keys: each shows a part, and says how many there are. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { isoSeconds } from '../../core/clock.ts';
import type { OpenFinding } from '../../core/findings/open-finding.ts';
import type { KpiFact } from '../../core/kpi/facts.ts';
import { kpiReport } from '../../core/kpi/report.ts';
import { paymentsRegistry, tokensKey } from '../../demo/cast.ts';
import { makeRecoveryCertificate } from '../../demo/recovery-certificate.ts';
import { accountId, region } from '../embedded-options.ts';
import { consoleClient } from './console-client.ts';
import { startApi, type Api } from './harness.ts';

let api: Api;
let cookie: string;

const numbered = (i: number): string => String(i).padStart(3, '0');
const place = `${accountId}/${region}`;
const arnOf = (i: number): string => `arn:aws:kms:${region}:${accountId}:key/${numbered(i)}`;

beforeAll(async () => {
  api = await startApi();
  const { store, clock } = api.deps;
  const people = await store.registry.people();
  const { keys, ...rest } = paymentsRegistry(people, makeRecoveryCertificate('Recovery officer').certificatePem, accountId);
  const imported = keys.flatMap((key) => Array.from({ length: 130 }, (_, i) => ({ ...key, alias: `alias/payments-${numbered(i)}` })));
  const shared = Array.from({ length: 30 }, (_, i) => ({ ...tokensKey([{ name: 'parameter', kind: 'ssm', parameter: '/rota/published/tokens' }], accountId), alias: `alias/tokens-${numbered(i)}` }));
  await store.registry.apply({ ...rest, keys: [...imported, ...shared] }, 'test', isoSeconds(clock.now()));
  const daysAgo = (days: number): string => isoSeconds(clock.now() - days * 86_400_000);
  // The first forty are overdue, the fortieth the longest.
  await store.records.putMaterials({ sweptAt: daysAgo(0), sinceAtOfAlias: Object.fromEntries([...imported, ...shared].map(({ alias }, i) => [alias, daysAgo(i < 40 ? 400 + i : 1)])) });
  const finding = (i: number): OpenFinding => ({ place, name: 'overdue', severity: 'high', about: arnOf(i), aliases: [`alias/payments-${numbered(i)}`], owner: 'payments-owners', sentence: `alias/payments-${numbered(i)} is overdue.`, remedy: 'Rotate it.', openedAt: daysAgo(2), seenBy: 'sweep one' });
  const facts: KpiFact[] = [];
  for (let i = 0; i < 250; i++) {
    if (i < 120) await store.findings.open(finding(i));
    facts.push({ fact: 'key-seen', at: daysAgo(1), keyArn: arnOf(i), rotation: 'off', retained: false });
  }
  await store.records.addFacts(daysAgo(1).slice(0, 10), 'one', facts);
  const client = consoleClient(api);
  ({ cookie } = await client.enter((await client.enrol('alice')).key));
}, 60_000);

afterAll(() => api.close());

const page = async (path: string): Promise<string> => (await api.open(path, { headers: { cookie, accept: 'text/html' } })).text;
const hrefs = (html: string): string[] => [.../<nav class="pages".*?<\/nav>/s.exec(html)?.[0].matchAll(/href="([^"]+)"/g) ?? []].map((m) => (m[1] ?? '').replaceAll('&amp;', '&'));

describe('Keys', () => {
  test('shows the first hundred, and leads to the others', async () => {
    const html = await page('/keys');
    expect(html).toContain('1 to 100 of 160');
    expect(html).toContain('alias/payments-099');
    expect(html).not.toContain('alias/payments-100');
    expect(hrefs(html)).toEqual(['/keys?from=100']);
  });

  test('shows the others', async () => {
    const html = await page('/keys?from=100');
    expect(html).toContain('101 to 160 of 160');
    expect(html).toContain('alias/tokens-029');
    expect(html).not.toContain('alias/payments-099');
    expect(hrefs(html)).toEqual(['/keys?from=0']);
  });
});

test('Consumers shows 25 keys a page', async () => {
  const html = await page('/consumers');
  expect(html).toContain('1 to 25 of 30');
  expect(html).not.toContain('alias/tokens-025');
  expect(await page('/consumers?from=25')).toContain('alias/tokens-029');
});

test('Findings shows a hundred a page, and its ways keep what was asked for', async () => {
  const html = await page('/findings?owner=payments-owners&severity=high');
  expect(html).toContain('1 to 100 of 120');
  const [next = ''] = hrefs(html);
  expect(Object.fromEntries(new URLSearchParams(next.split('?')[1]))).toEqual({ state: 'open', owner: 'payments-owners', severity: 'high', from: '100' });
  const behind = await page(next);
  expect(behind).toContain('101 to 120 of 120');
  expect(behind).not.toContain('alias/payments-099');
});

test('Home shows the keys that are the longest overdue, and how many there are beside', async () => {
  const html = await page('/');
  expect(html).toContain('And 15 more keys, less urgent');
  expect(html).toContain('alias/payments-039');
  expect(html).toContain('alias/payments-015');
  expect(html).not.toContain('alias/payments-014');
});

test('Home knows of what was rotated since the last sweep', async () => {
  const { store, clock } = api.deps;
  const at = isoSeconds(clock.now() + 60_000);
  await store.ledger.open({ rotationId: 'payments-039-s1', workflow: 'byok-rotation', alias: 'alias/payments-039', requestedBy: 'carol', reason: 'overdue', requestedAt: at });
  await store.ledger.settle('payments-039-s1', { outcome: 'complete', switchedAt: at });
  const html = await page('/');
  expect(html).toContain('And 14 more keys, less urgent');
  expect(html.slice(0, html.indexOf('id="running"'))).not.toContain('alias/payments-039');
});

test('KPIs names two hundred of the keys behind a figure, and says how many there are', async () => {
  const html = await page('/kpis');
  expect(html).toContain('Keys without automatic rotation (250)');
  expect(html).toContain(arnOf(199));
  expect(html).not.toContain(arnOf(200));
  expect(html).toContain('The first 200 of 250;');
});

// A report names every key behind its figures: thirty of an estate of 50,000 keys are 400 MB.
test('the plots of KPIs are made without the reports of their days', async () => {
  const { store } = api.deps;
  await store.records.putReport('2026-11-20', kpiReport(await store.records.tallySoFar(), '2026-11-20T12:00:00Z'));
  const report = vi.spyOn(store.records, 'report');
  expect(await page('/kpis')).toContain('2026-11-20');
  expect(report).not.toHaveBeenCalled();
});
