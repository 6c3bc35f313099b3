/** The console in a browser: an embedded AWS with its people, one Chromium, and what people do in it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KMSClient } from '@aws-sdk/client-kms';
import type { Page } from 'puppeteer-core';
import { startLocal } from '../../cli/commands/local.ts';
import type { Registry } from '../../core/registry/registry-schema.ts';
import { as, asYaml, credentialsOf, jsonAs, paymentsRegistry } from '../../demo/cast.ts';
import { makeRecoveryCertificate } from '../../demo/recovery-certificate.ts';
import { startChromium, takeSeat, type Seat } from './chromium.ts';

export type Console = Awaited<ReturnType<typeof startConsole>>;

export async function startConsole() {
  const folder = await mkdtemp(join(tmpdir(), 'rota-browser-'));
  const local = await startLocal({ port: 0, folder, region: 'eu-central-1' });
  const browser = await startChromium();
  const { place } = local;
  const kms = new KMSClient({ endpoint: place.url, region: 'eu-central-1', credentials: credentialsOf(place, 'pat') });
  const recovery = makeRecoveryCertificate('Recovery officer');
  const seats = new Map<string, Seat>();

  const rota = <T>(id: string, ...args: string[]): Promise<T> => jsonAs<T>(place, id, ...args);
  const at = (path: string): string => new URL(path, place.consoleUrl).href;
  const seatOf = async (id: string): Promise<Seat> => {
    const taken = seats.get(id) ?? (await takeSeat(browser));
    seats.set(id, taken);
    return taken;
  };
  const logIn = async (id: string): Promise<Seat> => {
    const seat = await seatOf(id);
    if (pathOf(seat.page) !== '/login') await seat.page.goto(at('/login'));
    await press(seat.page, 'form[data-passkey=login] button');
    return seat;
  };

  return {
    place,
    folder,
    browser,
    kms,
    at,
    rota,
    clock: local.embedded.clock,
    seatOf,
    /** Takes a browser without any passkey. */
    stranger: () => takeSeat(browser),
    apply: async (change: (registry: Registry) => Registry = (r) => r): Promise<void> => {
      const file = join(folder, 'rota.yaml');
      await writeFile(file, asYaml(change(paymentsRegistry(place.people, recovery.certificatePem, place.accountId))));
      await rota('pat', 'registry', 'apply', file);
    },
    /** Enrols by a fresh link and logs in. */
    enter: async (id: string): Promise<Seat> => {
      const { page } = await seatOf(id);
      await page.goto((await rota<{ url: string }>(id, 'passkey', 'enrol')).url);
      await press(page, 'form[data-passkey=enrol] button');
      return logIn(id);
    },
    logIn,
    /** Removes every passkey of a person. */
    removePasskeys: async (id: string): Promise<void> => {
      for (const { credentialId } of await rota<{ credentialId: string }[]>(id, 'passkey', 'list')) {
        // Behind the dashes: an id may begin with one.
        const { exitCode, err } = await as(place, id, 'passkey', 'remove', '--json', '--', credentialId);
        if (exitCode !== 0) throw new Error(err);
      }
    },
    /** The open question about alias/payments; where there is none, carol starts a rotation. */
    question: async (): Promise<{ rotationId: string; approvalId: string }> => {
      const [open] = await rota<{ rotationId: string; approvalId: string }[]>('carol', 'approvals');
      if (open !== undefined) return open;
      const { rotationId } = await rota<{ rotationId: string }>('carol', 'rotate', 'alias/payments', '--reason', 'yearly rotation');
      for (;;) {
        const { waitingFor, status } = await rota<{ waitingFor: string[]; status: string }>('carol', 'status', rotationId);
        if (waitingFor[0] !== undefined) return { rotationId, approvalId: waitingFor[0] };
        if (status === 'FAILED') throw new Error(`${rotationId} ended early`);
      }
    },
    ended: async (rotationId: string): Promise<{ status: string; dossierSequence?: number }> => {
      for (;;) {
        const now = await rota<{ status: string; dossierSequence?: number }>('carol', 'status', rotationId);
        if (now.status !== 'RUNNING' && now.status !== 'WAITING') return now;
      }
    },
    close: async (): Promise<void> => {
      kms.destroy();
      await browser.close();
      await local.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export const pathOf = (page: Page): string => new URL(page.url()).pathname;
export const textOf = (page: Page, selector = 'main'): Promise<string> => page.$eval(selector, (e) => (e as unknown as { innerText: string }).innerText);

/** Presses a button that leads to another page. */
export async function press(page: Page, selector: string): Promise<void> {
  await Promise.all([page.waitForNavigation(), page.click(`${selector}:not([disabled])`)]);
}

/** Writes a reason and decides with the passkey. */
export async function decide(page: Page, decision: 'approve' | 'refuse', reason: string): Promise<void> {
  await page.type('#reason', reason);
  await press(page, `button[value=${decision}]`);
}

export interface Posted {
  readonly status: number;
  readonly body: { readonly error?: string; readonly sentence?: string } & Readonly<Record<string, unknown>>;
}

/** Sends JSON from the page itself, as the console's script does. */
export const post = (page: Page, path: string, body: unknown): Promise<Posted> =>
  page.evaluate(
    async (to, text) => {
      const answer = await fetch(to, { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json' }, body: text });
      return { status: answer.status, body: (await answer.json()) as Posted['body'] };
    },
    path,
    JSON.stringify(body),
  );

/** Asks the page's passkey to answer a challenge, by the console's own script; nothing is sent. */
export const answerOf = (page: Page, options: unknown): Promise<unknown> => page.evaluate(`ask(${JSON.stringify(options)})`);
