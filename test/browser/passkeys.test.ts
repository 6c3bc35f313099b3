import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KMSClient } from '@aws-sdk/client-kms';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startLocal, type Local } from '../../cli/commands/local.ts';
import { asYaml, credentialsOf, jsonAs, paymentsRegistry } from '../../demo/cast.ts';
import { makeImportedKey } from '../../demo/imported-key.ts';
import { makeRecoveryCertificate } from '../../demo/recovery-certificate.ts';
import { startChromium, takeSeat, type Seat } from './chromium.ts';

let folder: string;
let local: Local;
let browser: Browser;
const seats = new Map<string, Seat>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rota-browser-'));
  local = await startLocal({ port: 0, folder, region: 'eu-central-1' });
  browser = await startChromium();
  const kms = new KMSClient({ endpoint: local.place.url, region: 'eu-central-1', credentials: credentialsOf(local.place, 'pat') });
  await makeImportedKey(kms, 'alias/payments');
  kms.destroy();
  await writeFile(join(folder, 'rota.yaml'), asYaml(paymentsRegistry(local.place.people, makeRecoveryCertificate('Recovery officer').certificatePem, local.place.accountId)));
  await rota('pat', 'registry', 'apply', join(folder, 'rota.yaml'));
});
afterAll(async () => {
  await browser.close();
  await local.close();
  await rm(folder, { recursive: true, force: true });
});

const rota = <T>(id: string, ...args: string[]): Promise<T> => jsonAs<T>(local.place, id, ...args);
const at = (path: string): string => new URL(path, local.place.consoleUrl).href;
const text = (page: Page, selector = 'main'): Promise<string> => page.$eval(selector, (e) => (e as unknown as { innerText: string }).innerText);
const pathOf = (page: Page): string => new URL(page.url()).pathname;

async function seatOf(id: string): Promise<Seat> {
  const taken = seats.get(id) ?? (await takeSeat(browser));
  seats.set(id, taken);
  return taken;
}

async function enrol(id: string): Promise<Seat> {
  const seat = await seatOf(id);
  const { url } = await rota<{ url: string }>(id, 'passkey', 'enrol');
  await seat.page.goto(url);
  await Promise.all([seat.page.waitForNavigation(), seat.page.click('form[data-passkey] button:not([disabled])')]);
  expect(pathOf(seat.page)).toBe('/login');
  return seat;
}

async function logIn(id: string): Promise<Seat> {
  const seat = await seatOf(id);
  if (pathOf(seat.page) !== '/login') await seat.page.goto(at('/login'));
  await Promise.all([seat.page.waitForNavigation(), seat.page.click('form[data-passkey] button:not([disabled])')]);
  return seat;
}

async function decide(page: Page, decision: 'approve' | 'refuse', reason: string): Promise<void> {
  await page.type('#reason', reason);
  await Promise.all([page.waitForNavigation(), page.click(`button[value=${decision}]:not([disabled])`)]);
}

async function question(): Promise<{ rotationId: string; approvalId: string }> {
  const { rotationId } = await rota<{ rotationId: string }>('carol', 'rotate', 'alias/payments', '--reason', 'yearly rotation');
  for (;;) {
    const { waitingFor, status } = await rota<{ waitingFor: string[]; status: string }>('carol', 'status', rotationId);
    if (waitingFor[0] !== undefined) return { rotationId, approvalId: waitingFor[0] };
    if (status === 'FAILED') throw new Error(`${rotationId} ended early`);
  }
}

test('two people enrol, log in, read the plan and approve with their passkeys', async () => {
  const { rotationId, approvalId } = await question();
  await enrol('alice');
  const { page } = await logIn('alice');
  expect(pathOf(page)).toBe('/');
  expect(await text(page)).toContain(rotationId);

  await page.goto(at(`/approvals/${approvalId}`));
  const { planDigest } = await rota<{ planDigest: string }>('alice', 'approvals', '--show', approvalId);
  expect(await text(page, '.digest')).toBe(planDigest);
  await decide(page, 'approve', 'as in CHG-1234');
  expect(await text(page)).toContain('alice has decided already: approve.');

  await enrol('bob');
  const { page: second } = await logIn('bob');
  await second.goto(at(`/approvals/${approvalId}`));
  await decide(second, 'approve', 'read it, too');
  expect(await text(second)).toContain('Approved for rotation');
  for (;;) {
    const { status } = await rota<{ status: string }>('carol', 'status', rotationId);
    if (status === 'SUCCEEDED') break;
    expect(['RUNNING', 'WAITING']).toContain(status);
  }
});
