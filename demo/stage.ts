import { as, jsonAs, type Place, type Said } from './cast.ts';

export type Say = (line: string) => void;

/** A check that the demo stakes its exit code on. */
export function must(holds: boolean, what: string, say: Say): void {
  if (!holds) throw new Error(`the demo failed: ${what}`);
  say(`  ok: ${what}`);
}

const indented = (text: string): string => text.trimEnd().split('\n').map((line) => `    ${line}`).join('\n');

/** Runs `rota` as one of the people, and shows what they typed and saw. */
export type Shown = (id: string, expectedExit: number, ...args: string[]) => Promise<Said>;

export const shownOn =
  (place: Place, say: Say): Shown =>
  async (id, expectedExit, ...args) => {
    say(`${id}$ rota ${args.map((a) => (/\s/.test(a) ? `"${a}"` : a)).join(' ')}`);
    const said = await as(place, id, ...args);
    say(indented(said.out === '' ? said.err : said.out));
    if (said.exitCode !== expectedExit) throw new Error(`the demo failed: rota ${args[0] ?? ''} ended with ${said.exitCode}: ${said.err}`);
    return said;
  };

/** Waits for the question of a rotation, as an approver who looks now and then. */
export async function questionOf(place: Place, rotationId: string): Promise<string> {
  for (let tries = 0; tries < 600; tries++) {
    const open = await jsonAs<{ approvalId: string; rotationId: string }[]>(place, 'alice', 'approvals');
    const mine = open.find((q) => q.rotationId === rotationId);
    if (mine !== undefined) return mine.approvalId;
    const { status, error } = await jsonAs<{ status: string; error?: { sentence: string } }>(place, 'carol', 'status', rotationId);
    if (status === 'FAILED') throw new Error(`the demo failed: the rotation ended early: ${error?.sentence ?? ''}`);
  }
  throw new Error('the demo failed: nobody was asked for an approval');
}
