import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { catalogue } from '../core/errors.ts';
import { run } from '../cli/program.ts';

const read = (file: string): string => readFileSync(file, 'utf8');
const papers = ['README.md', ...readdirSync('runbooks').map((f) => `runbooks/${f}`)];

test('DEPENDENCIES.md lists just what package.json has', () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as { dependencies: object; devDependencies: object };
  const listed = [...read('DEPENDENCIES.md').matchAll(/^\| `([^`]+)`/gm)].map((m) => m[1]);
  expect(listed.sort()).toEqual([...Object.keys(dependencies), ...Object.keys(devDependencies)].sort());
});

test('every runbook that an error or a paper names exists', () => {
  const named = [read('core/errors.ts'), ...papers.map(read)].flatMap((text) => [...text.matchAll(/runbooks\/[a-z-]+\.md/g)].map((m) => m[0]));
  expect(named.length).toBeGreaterThan(8);
  expect([...new Set(named)].filter((file) => !existsSync(file))).toEqual([]);
});

test('every error has a sentence of its own and a remedy', () => {
  expect(Object.values(catalogue).filter((e) => e.remedy.length > 1 || e.sentence.length > 1)).toEqual([]);
  expect(Object.keys(catalogue).length).toBeGreaterThan(30);
});

/** Command lines of `rota` in code: `npx rota plan alias/x`, `rota status`. */
const commandLines = (text: string): string[][] => [...text.matchAll(/(?:npx |^|`)rota ([a-z][a-z-]*(?: [a-z]+)?)/gm)].map((m) => (m[1] ?? '').split(' '));

async function exitCodeOfHelp(words: readonly string[]): Promise<number> {
  return run([...words, '--help'], { out: () => undefined, err: () => undefined, env: {} });
}

test('every command that README, runbooks and remedies name is there', async () => {
  const lines = [...papers.map(read), read('core/errors.ts')].flatMap(commandLines);
  expect(lines.length).toBeGreaterThan(20);
  const missing: string[] = [];
  for (const words of lines) {
    const [command = ''] = words;
    if (command !== 'help' && (await exitCodeOfHelp([command])) !== 0) missing.push(words.join(' '));
  }
  expect(missing).toEqual([]);
});

const transcripts: { args: string[]; exitCode: number; err: RegExp }[] = [
  { args: ['frobnicate'], exitCode: 2, err: /unknown command 'frobnicate'/ },
  { args: ['rotate', 'alias/x'], exitCode: 2, err: /required option '--reason <words>' not specified/ },
  { args: ['plan'], exitCode: 2, err: /missing required argument 'alias'/ },
  { args: ['wave', '--wait'], exitCode: 2, err: /say which wave: `rota wave` lists them/ },
  { args: ['completion', 'tcsh'], exitCode: 2, err: /Allowed choices are bash, zsh, fish/ },
  { args: ['local', '--port', 'abc'], exitCode: 2, err: /It must be a whole number from 0 to 65535\./ },
  { args: ['local', '--account', '1234'], exitCode: 2, err: /It must be twelve digits, and not 000000000000, which is Rota's own account\./ },
  { args: ['local', '--account', '000000000000'], exitCode: 2, err: /which is Rota's own account/ },
  { args: ['local', '--account', '111122223333', '--kms', 'aws'], exitCode: 2, err: /option '--account <id>' cannot be used with option '--kms <where>'/ },
  { args: ['local', '--quotas', '0'], exitCode: 2, err: /It must be a number above 0\./ },
  { args: ['inventory'], exitCode: 2, err: /no Region: give --region, or set AWS_REGION/ },
  { args: ['inventory', '--csv', '--json'], exitCode: 2, err: /option '--csv' cannot be used with option '--json'/ },
  { args: ['inventory', '--quota', 'Encrypt=5'], exitCode: 2, err: /It must be like DescribeKey=4000; the operations are DescribeKey, / },
  { args: ['enable-rotation', '--region', 'eu-central-1'], exitCode: 2, err: /name keys, or give --all/ },
  { args: ['enable-rotation', '--all', '--period-days', '89'], exitCode: 2, err: /It must be a whole number of days from 90 to 2560\./ },
  { args: ['status'], exitCode: 1, err: /^rota: Rota does not know where to go: ROTA_URL is not set\.\n {6}Start `rota local`/ },
  { args: ['clock', 'advance', 'soon'], exitCode: 1, err: /is soon: write 90s, 15m, 24h or 30d/ },
  { args: ['registry', 'apply', 'no-such.yaml'], exitCode: 1, err: /^rota: no-such\.yaml cannot be read \(ENOENT\)\n/ },
  { args: ['registry', 'apply', 'rota.yaml', '--over', 'x'], exitCode: 2, err: /It must be the number of a revision/ },
  { args: ['registry', 'plan', 'no-such.yaml'], exitCode: 1, err: /^rota: no-such\.yaml cannot be read \(ENOENT\)\n/ },
  { args: ['dossier', 'verify', 'no-such', '--key', 'k.pem'], exitCode: 1, err: /There is no file or folder no-such\./ },
];
test.each(transcripts)('rota $args ends with $exitCode', async ({ args, exitCode, err }) => {
  let said = '';
  let out = '';
  expect(await run(args, { out: (t) => (out += t), err: (t) => (said += t), env: {} })).toBe(exitCode);
  expect(said).toMatch(err);
  expect(out).toBe('');
});

test.each(['bash', 'zsh', 'fish'])('completion for %s names every command', async (shell) => {
  let out = '';
  expect(await run(['completion', shell], { out: (t) => (out += t), err: () => undefined, env: {} })).toBe(0);
  for (const name of ['plan', 'rotate', 'approve', 'dossier', 'verify', 'local']) expect(out).toContain(name);
});
