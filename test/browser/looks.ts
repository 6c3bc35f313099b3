// What every page must hold, and a picture of each look of it in dist/screenshots/.
import { mkdir } from 'node:fs/promises';
import axe from 'axe-core';
import type { Page } from 'puppeteer-core';

const folder = 'dist/screenshots';
const looks = [
  { name: 'light', scheme: 'light', width: 1280, height: 900, hasAxe: true },
  { name: 'dark', scheme: 'dark', width: 1280, height: 900, hasAxe: true },
  { name: 'phone', scheme: 'light', width: 360, height: 740, hasAxe: true },
  // What differs here from the looks above, each of them has on its own.
  { name: 'phone-dark', scheme: 'dark', width: 360, height: 740, hasAxe: false },
] as const;

interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly target: unknown; readonly failureSummary?: string }[];
}

/** Looks at the page as it is open, in every look: takes its picture, and answers what is wrong with it. Where script is off axe cannot run. */
export async function faultsOf(page: Page, name: string, { hasScript = true } = {}): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const faults: string[] = [];
  for (const look of looks) {
    await page.setViewport({ width: look.width, height: look.height });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: look.scheme }, { name: 'prefers-reduced-motion', value: 'reduce' }]);
    await page.screenshot({ path: `${folder}/${name}-${look.name}.png`, fullPage: true });
    const sideways = (await page.evaluate('document.documentElement.scrollWidth - innerWidth')) as number;
    if (sideways > 0) faults.push(`${name} ${look.name}: scrolls sideways by ${sideways} px`);
    if (!look.hasAxe || !hasScript) continue;
    await page.evaluate(axe.source);
    const { violations } = (await page.evaluate('axe.run(document)')) as { violations: Violation[] };
    for (const { id, impact, nodes } of violations)
      if (impact === 'serious' || impact === 'critical') faults.push(`${name} ${look.name}: ${id}: ${nodes.map((n) => `${JSON.stringify(n.target)} ${n.failureSummary ?? ''}`).join('; ')}`);
  }
  await page.setViewport({ width: 1280, height: 900 });
  return faults;
}
