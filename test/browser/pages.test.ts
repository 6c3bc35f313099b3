import { CreateAliasCommand, CreateKeyCommand } from '@aws-sdk/client-kms';
import type { Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tokensKey } from '../../demo/cast.ts';
import type { WaveStatus } from '../../core/wave/wave.ts';
import { makeImportedKey } from '../../demo/imported-key.ts';
import { pathOf, press, startConsole, textOf, type Console } from './console.ts';
import { faultsOf } from './looks.ts';

const day = 86_400_000;
let c: Console;
let page: Page;
let question: { rotationId: string; approvalId: string };
let rollover: string;
/** What browsers complain about: a blocked style or script, an error in the console's own script. */
const complaints: string[] = [];

interface Status {
  readonly rotationId: string;
  readonly waits: readonly { readonly name: string }[];
  readonly waitingFor: readonly string[];
  readonly rollover?: { readonly newThumbprint?: string };
}

/** A bank on an ordinary day: one rotation done, one refused, one that asks, and a rollover whose partner is late. */
beforeAll(async () => {
  c = await startConsole();
  await makeImportedKey(c.kms, 'alias/payments');
  await makeImportedKey(c.kms, 'alias/forgotten');
  const { KeyMetadata } = await c.kms.send(new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }));
  await c.kms.send(new CreateAliasCommand({ AliasName: 'alias/tokens', TargetKeyId: KeyMetadata?.KeyId }));
  const tokens = tokensKey([{ name: 'parameter', kind: 'ssm', parameter: '/rota/published/tokens' }], c.place.accountId);
  await c.apply((r) => ({ ...r, keys: [...r.keys, ...r.keys.map((key) => ({ ...key, alias: 'alias/forgotten', schedule: { cryptoperiodDays: 10, warningDays: 3 } })), tokens], sweep: { targets: [{ region: 'eu-central-1' }], remedy: 'alert' } }));

  rollover = (await c.rota<{ rotationId: string }>('carol', 'rotate', 'alias/tokens', '--reason', 'yearly rotation')).rotationId;
  const done = await c.question();
  for (const id of ['alice', 'bob']) await c.rota(id, 'approve', done.approvalId, '--reason', 'as in CHG-1234');
  await c.ended(done.rotationId);
  const refused = await c.question();
  await c.rota('bob', 'reject', refused.approvalId, '--reason', 'not in the freeze');
  await c.ended(refused.rotationId);
  const status = await untilRollover((s) => s.waits.some((w) => w.name === 'acknowledgements'));
  await c.rota('gina', 'ack', rollover, '--consumer', 'gateway', '--thumbprint', status.rollover?.newThumbprint ?? '');
  for (let days = 0; days < 15; days++) await c.clock.advance(day);
  question = await c.question();
  await c.kms.send(new CreateKeyCommand({ Description: 'Reports, whose rotation nobody has switched on' }));
  await c.rota('pat', 'sweep', '--wait');

  ({ page } = await c.enter('alice'));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
});
afterAll(() => c.close());

async function keysOf(rotationId: string): Promise<[oldKeyId: string, newKeyId: string]> {
  const { oldKeyId, newKeyId } = await c.rota<{ oldKeyId: string; newKeyId: string }>('carol', 'status', rotationId);
  return [oldKeyId, newKeyId];
}

async function untilRollover(reached: (s: Status) => boolean): Promise<Status> {
  for (;;) {
    const now = await c.rota<Status>('carol', 'status', rollover);
    if (reached(now)) return now;
    await c.clock.advance(60_000);
  }
}

const places: readonly [name: string, path: () => string, shows: () => string[]][] = [
  ['home', () => '/', () => [question.rotationId, 'partner has not said that it has the new key of alias/tokens', 'Waiting for you', 'alias/forgotten\n■\nOverdue']],
  ['rotations', () => '/rotations', () => [question.rotationId, rollover, 'Ended without effect']],
  ['rotation', () => `/rotations/${question.rotationId}`, () => ['Waits for approvers', 'Prove successor']],
  ['rollover', () => `/rotations/${rollover}`, () => ['Overdue', 'Has it', 'keys@partner.example']],
  ['approval', () => `/approvals/${question.approvalId}`, () => ['What would happen', 'alias/payments', 'Approve with passkey']],
  ['keys', () => '/keys', () => ['alias/payments', 'alias/tokens', 'Current', 'Overdue', 'never rotated by Rota', '000000000000/eu-central-1']],
  ['findings', () => '/findings', () => ['AWS could rotate it by itself', 'rotation-off, medium', 'rota enable-rotation']],
  ['findings-of-a-kind', () => '/findings?state=all&kind=left-over&key=alias%2Fpayments', () => ['Open and closed (0)', 'No finding is like that.']],
  ['kpis', () => '/kpis', () => ['50.0 % of symmetric keys (1 of 2)', 'Open: rotation-off (1)', 'Approval delay']],
  ['outbox', () => '/outbox', () => ['Rota asks: cutover of alias/payments', 'Rota found: rotation-off']],
  ['consumers', () => '/consumers', () => ['gateway', 'partner', 'Overdue']],
  ['dossiers', () => '/dossiers', () => ['Number 2', 'Verifies', 'Refused']],
  ['dossier', () => '/dossiers/1', () => ['alice', 'IAM identity', 'CreateKey']],
  ['people', () => '/people', () => ['Alice, security', 'this session']],
  ['login', () => '/login', () => ['Log in with passkey']],
  ['not-found', () => '/rotations/none', () => ['There is no rotation none.']],
];
test.each(places)('%s is whole, in light and dark, on a desk and on a phone', async (name, path, shows) => {
  await page.goto(c.at(path()));
  const text = await textOf(page);
  for (const part of shows()) expect(text).toContain(part);
  expect(await faultsOf(page, name)).toEqual([]);
  if (name !== 'not-found') expect(complaints).toEqual([]);
});

test('the page of an enrolment link is whole, too', async () => {
  await page.goto((await c.rota<{ url: string }>('alice', 'passkey', 'enrol')).url);
  expect(await textOf(page)).toContain('For\nAlice, security (alice)');
  expect(await faultsOf(page, 'enrol')).toEqual([]);
});

test('times stand in the zone of the reader, with UTC beside it', async () => {
  await page.goto(c.at(`/approvals/${question.approvalId}`));
  const [utc, shown] = await page.$eval('time', (e) => [(e as unknown as { dateTime: string }).dateTime, (e as unknown as { innerText: string }).innerText]);
  // Berlin in winter is an hour ahead of UTC.
  const hour = new Date(Date.parse(utc ?? '') + 3_600_000).toISOString().slice(14, 16);
  expect(shown).toContain(`(${utc?.slice(11, 16) ?? ''} UTC)`);
  expect(shown).toContain(`:${hour}`);
  expect(shown).toContain('GMT+1');
});

test('without script a page can be read, times are in UTC, and it says what to do', async () => {
  await page.setJavaScriptEnabled(false);
  await page.goto(c.at(`/approvals/${question.approvalId}`));
  const text = await textOf(page);
  const faults = await faultsOf(page, 'approval-without-script', { hasScript: false });
  await page.setJavaScriptEnabled(true);
  expect(text).toContain('What would happen');
  expect(text).toMatch(/Open until\n\d{4}-\d\d-\d\d \d\d:\d\d UTC/);
  expect(text).toContain(`rota approve ${question.approvalId}`);
  expect(faults).toEqual([]);
});

const focused = (): Promise<string> => page.evaluate('document.activeElement.id || document.activeElement.value || document.activeElement.textContent.trim()') as Promise<string>;

/** Presses Tab until something has the focus. Throws when the whole page was gone through in vain. */
async function tabTo(name: string): Promise<void> {
  for (let i = 0; i < 80; i++) {
    await page.keyboard.press('Tab');
    if ((await focused()) === name) return;
  }
  throw new Error(`Tab never comes to ${name}`);
}

test('the keyboard alone is enough to find a question, read it and approve', async () => {
  await page.goto(c.at('/'));
  await page.keyboard.press('Tab');
  expect(await focused()).toBe('Skip to the content');
  await page.keyboard.press('Enter');
  expect(await page.evaluate('document.activeElement.id')).toBe('main');
  await tabTo('alias/payments: Move the aliases to the new key');
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  await tabTo('The whole plan as it is signed');
  await page.keyboard.press('Space');
  expect(await textOf(page)).toContain('"rotationPlanDigest"');
  await tabTo('reason');
  await page.keyboard.type('read it by keyboard');
  await page.keyboard.press('Tab');
  expect(await focused()).toBe('approve');
  await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
  expect(await textOf(page)).toContain('alice has decided already: approve.');
});

test('the page of a rotation follows it while somebody looks', async () => {
  await page.goto(c.at(`/rotations/${question.rotationId}`));
  expect(await textOf(page, '[data-live]')).toContain('Waits for people');
  await c.rota('bob', 'approve', question.approvalId, '--reason', 'read it, too');
  await page.waitForFunction(`document.querySelector('[data-live]').innerText.includes('Complete')`);
  expect(complaints.filter((text) => !text.includes('404'))).toEqual([]);
});

test('what a custodian can start, and do about a rotation, is whole, too', async () => {
  await c.ended(question.rotationId);
  const { page: seat } = await c.enter('carol');
  const [oldKeyId, newKeyId] = await keysOf(question.rotationId);
  for (const [name, path, shown] of [
    ['rotate', '/rotate?alias=alias/payments', 'Start the rotation'],
    ['rotate-refused', '/rotate?alias=alias/tokens', 'It cannot be rotated now.'],
    ['retire', `/retire?key=${oldKeyId}`, 'Start the retirement'],
    ['retire-refused', `/retire?key=${newKeyId}`, 'It cannot be taken out of use now.'],
    ['waves', '/waves', 'Rotate all that are due'],
    ['rotation-acts', `/rotations/${question.rotationId}`, 'Ask to roll back'],
    ['rollover-acts', `/rotations/${rollover}`, 'Ask to go on without partner'],
  ] as const) {
    await seat.goto(c.at(path));
    expect(await textOf(seat)).toContain(shown);
    await seat.evaluate(`for (const one of document.querySelectorAll('section:is([aria-labelledby=acts], [aria-labelledby=due]) details')) one.open = true`);
    expect(await faultsOf(seat, name)).toEqual([]);
  }
});

test('a custodian rotates what is due, stops it and lets it go on, all by forms', async () => {
  const { page: seat } = await c.seatOf('carol');
  await seat.setJavaScriptEnabled(false);
  await seat.goto(c.at('/rotations'));
  await press(seat, 'a[href="/waves"]');
  expect(await textOf(seat)).toContain('No wave was asked for yet.');
  await seat.click('section[aria-labelledby=due] summary');
  await seat.type('#canaries', '1');
  await seat.type('#start-reason', 'nobody has rotated it for a year');
  await press(seat, 'form[action="/waves"] button');
  const waveId = pathOf(seat).replace('/waves/', '');
  for (const part of ['nobody has rotated it for a year', 'alias/forgotten', '1 key first', '50 % of its quota', 'more than 5 %']) expect(await textOf(seat)).toContain(part);

  await seat.click('section[aria-labelledby=acts] summary');
  await seat.type('#stop-reason', 'a consumer broke');
  await press(seat, `form[action="/waves/${waveId}/stop"] button`);
  expect(await textOf(seat)).toContain('carol: a consumer broke');
  // Of a person who may only look, it is the same page without a form.
  await page.goto(c.at(`/waves/${waveId}`));
  expect(await textOf(page)).toContain('Nothing more is started since');
  expect(await page.$('section[aria-labelledby=acts]')).toBeNull();
  await page.goto(c.at('/waves'));
  expect(await page.$('form[action="/waves"]')).toBeNull();
  expect(await textOf(page)).toContain(waveId);

  await seat.click('section[aria-labelledby=acts] summary');
  await press(seat, `form[action="/waves/${waveId}/go-on"] button`);
  for (;;) {
    const { members } = await c.rota<WaveStatus>('carol', 'wave', waveId);
    const rotationId = members[0]?.startedAt === undefined ? undefined : members[0].rotationId;
    if (rotationId === undefined) continue;
    await seat.goto(c.at(`/waves/${waveId}`));
    await press(seat, `a[href="/rotations/${rotationId}"]`);
    await press(seat, `a[href="/waves/${waveId}"]`);
    break;
  }
  await seat.setJavaScriptEnabled(true);
  await seat.reload();
  expect(await faultsOf(seat, 'wave')).toEqual([]);
});
