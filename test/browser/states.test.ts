import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isoSeconds } from '../../core/clock.ts';
import type { RegisteredKey } from '../../core/registry/registry-schema.ts';
import type { WaveMember } from '../../core/wave/wave.ts';
import { tokensKey } from '../../demo/cast.ts';
import { newThumbprint, startApi, type Api } from '../api/harness.ts';
import { exampleKey, examplePlan } from '../core/plan/example-plan.ts';
import { accountId, region } from '../embedded-options.ts';
import { startChromium, takeSeat } from './chromium.ts';
import { press, textOf } from './console.ts';
import { faultsOf } from './looks.ts';

let api: Api;
let browser: Browser;
let page: Page;
const at = (path: string): string => new URL(path, api.deps.consoleUrl).href;

beforeAll(async () => {
  api = await startApi((url) => `${url.replace('127.0.0.1', 'localhost')}/`);
  browser = await startChromium();
  ({ page } = await takeSeat(browser));
  await page.goto(String((await api.post('alice', '/api/passkeys/enrolment-links', {})).json.url));
  await press(page, 'form[data-passkey=enrol] button');
  await press(page, 'form[data-passkey=login] button');
});
afterAll(async () => {
  await browser.close();
  await api.close();
});

const empty: readonly [name: string, path: string, says: string][] = [
  ['home', '/', 'Nothing waits for you.'],
  ['rotations', '/rotations', 'Nothing was rotated yet.'],
  ['waves', '/waves', 'No key of the registry is due'],
  ['keys', '/keys', 'No key is registered.'],
  ['consumers', '/consumers', 'No key of the registry has consumers'],
  ['dossiers', '/dossiers', 'There is none yet'],
];
test.each(empty)('%s with nothing to show says so', async (name, path, says) => {
  await page.goto(at(path));
  expect(await textOf(page)).toContain(says);
  expect(await faultsOf(page, `${name}-empty`)).toEqual([]);
});

/** 256 characters, the most that KMS takes. */
const longAlias = `alias/${'payments-of-the-retail-bank-in-central-europe/'.repeat(6).slice(0, 250)}`;
const longText = `Because ${'the-auditor-asked-for-it-and-so-did-everybody-else '.repeat(9)}`.slice(0, 500);

const longWave = 'wave-20261124T150000-9f3c';

/** What may have become of a key of a wave. */
const wholeLife: readonly Partial<WaveMember>[] = [
  {},
  { startedAt: '2026-11-24T15:00:00Z' },
  { startedAt: '2026-11-24T15:00:00Z', endedAt: '2026-11-24T15:10:00Z', outcome: 'complete' },
  { startedAt: '2026-11-24T15:00:00Z', endedAt: '2026-11-24T15:10:00Z', outcome: 'failed' },
  { endedAt: '2026-11-24T15:10:00Z', outcome: 'skipped', why: longText },
];

/** Sixty rotations, a wave of as many, keys with the longest names there are, and a plan with many aliases. */
async function fill(): Promise<void> {
  const { store, clock } = api.deps;
  const keys: RegisteredKey[] = [
    { ...exampleKey, alias: longAlias, description: longText },
    { ...tokensKey([{ name: 'parameter', kind: 'ssm', parameter: '/rota/published/tokens' }], accountId), alias: 'alias/tokens' },
    ...Array.from({ length: 40 }, (_, i): RegisteredKey => ({ ...exampleKey, alias: `alias/payments-${i}` })),
  ];
  await store.registry.apply({ version: 1, people: await store.registry.people(), keys }, 'test', isoSeconds(clock.now()));
  const plan = examplePlan({ aliases: [longAlias, ...Array.from({ length: 30 }, (_, i) => `alias/payments-${i}`)].sort() });
  for (let i = 0; i < 60; i++) {
    const rotationId = `payments-20261124T1500${String(i).padStart(2, '0')}-0001`;
    const requestedAt = `2026-11-24T15:00:${String(i).padStart(2, '0')}Z`;
    await store.ledger.open({ rotationId, workflow: 'byok-rotation', alias: i === 59 ? longAlias : 'alias/payments-1', requestedBy: 'carol', reason: i === 59 ? longText : 'yearly rotation', requestedAt });
    await store.ledger.settle(rotationId, {
      executionArn: `arn:aws:states:${region}:${accountId}:execution:byok-rotation:${rotationId}`,
      outcome: 'failed',
      plan: { ...plan, rotationId },
      error: { name: 'ProofFailed', sentence: longText },
      leftBehind: [longText],
    });
  }
  const member = (place: number): WaveMember => ({ alias: place === 0 ? longAlias : `alias/payments-${place}`, place, rotationId: `payments-${place}-s2`, workflow: 'byok-rotation', keyId: 'k', ...wholeLife[place % wholeLife.length] });
  const wave = { waveId: longWave, requestedBy: 'carol', reason: longText, requestedAt: '2026-11-24T15:00:00Z', canaries: 2, failureShare: 0.05, quotaShare: 0.5 };
  await store.waves.open(wave, Array.from({ length: 60 }, (_, place) => member(place)));
  await store.waves.stop(longWave, { at: '2026-11-24T16:00:00Z', because: `otto: ${longText}` });
}

const long: readonly [name: string, path: string, says: string][] = [
  ['home', '/', 'All rotations'],
  ['rotations', '/rotations', '1 to 25 of 60'],
  ['rotations-last', '/rotations?from=50', '51 to 60 of 60'],
  ['rotation', '/rotations/payments-20261124T150059-0001', 'Step Functions has forgotten it'],
  ['waves', '/waves', '12 complete, 12 failed, 12 skipped, 12 under way, 12 not started'],
  ['wave', `/waves/${longWave}`, 'Ended as failed'],
  ['wave-last', `/waves/${longWave}?from=50`, '51 to 60 of 60'],
  ['keys', '/keys', 'alias/payments-39'],
  ['consumers', '/consumers', 'No rotation is under way.'],
];
test('there is much to show', fill);
test.each(long)('%s with much to show is whole', async (name, path, says) => {
  await page.goto(at(path));
  expect(await textOf(page)).toContain(says);
  expect(await faultsOf(page, `${name}-long`)).toEqual([]);
});

test('a consumer\'s one-use link opens a page that needs nothing else', async () => {
  const rotationId = await api.rotation();
  await api.publish(rotationId);
  const { json } = await api.post('otto', `/api/rotations/${rotationId}/acknowledgement-links`, { consumer: 'partner' });
  await page.goto(at(new URL(String(json.url)).pathname));
  expect(await textOf(page)).toContain('partner must have it before anything is switched.');
  expect(await faultsOf(page, 'acknowledge')).toEqual([]);
  await page.type('#thumbprint', newThumbprint);
  await press(page, 'form button');
  expect(await textOf(page)).toContain('It is recorded that partner has the new key');
  expect(await faultsOf(page, 'acknowledged')).toEqual([]);
});

test('a dossier that was damaged, and one that is missing, are shown as that', async () => {
  const { dossiers } = api.deps.store;
  for (const sequence of [1, 3]) await dossiers.putDossier(sequence, Buffer.from('{"payload":"damaged"}'));
  await page.goto(at('/dossiers'));
  const text = await textOf(page);
  expect(text).toContain('Dossier number 1 does not verify: it is no DSSE envelope in canonical form.');
  expect(text).toContain('Dossier number 2 is missing from the chain.');
  expect(await faultsOf(page, 'dossiers-damaged')).toEqual([]);
  await page.goto(at('/dossiers/3'));
  expect(await textOf(page)).toContain('Does not verify');
});

test('a page that fails says what is wrong and what to do', async () => {
  await page.goto(at('/nowhere'));
  expect(await textOf(page)).toContain('There is nothing at /nowhere.');
  expect(await faultsOf(page, 'error')).toEqual([]);
});
