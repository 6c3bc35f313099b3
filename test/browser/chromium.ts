/** A real Chromium with a virtual authenticator: Web Authentication over the DevTools protocol. */
import { existsSync } from 'node:fs';
import { launch, type Browser, type BrowserContext, type CDPSession, type Page } from 'puppeteer-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Throws a sentence where there is no browser. */
export async function startChromium(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? places.find((path) => existsSync(path));
  if (executablePath === undefined) throw new Error('These tests need Chromium: run `apt-get install chromium`, or set CHROMIUM to the path of one.');
  return launch({ executablePath, headless: true, args: ['--no-sandbox', '--disable-gpu', '--lang=en-GB'], env: { ...process.env, TZ: 'Europe/Berlin' } });
}

/** One person's browser: its own cookies and its own authenticator. */
export interface Seat {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the virtual authenticator does when it is asked. */
  readonly authenticator: { setVerified(yes: boolean): Promise<void>; credentials(): Promise<{ credentialId: string; privateKey: string; signCount: number }[]> };
  close(): Promise<void>;
}

export async function takeSeat(browser: Browser): Promise<Seat> {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.setViewport({ width: 1280, height: 900 });
  const session: CDPSession = await page.createCDPSession();
  await session.send('WebAuthn.enable');
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  return {
    page,
    context,
    authenticator: {
      setVerified: async (yes) => {
        await session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: yes });
      },
      credentials: async () => (await session.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
    },
    close: () => context.close(),
  };
}
