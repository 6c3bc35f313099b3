import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { counted } from '../../core/counted.ts';
import { RotaError } from '../../core/errors.ts';
import { decidersOf, KnownPasskey, type Decider } from '../../core/dossier/deciders.ts';
import { verifyChain, verifyDossier, type DossierFile } from '../../core/dossier/verify.ts';
import type { RotationPredicate } from '../../core/dossier/statement.ts';
import { command, group } from '../command.ts';
import { show, type Io } from '../io.ts';
import { fetchStatus } from '../poll.ts';
import { apiJson, signedRequest } from '../signed-request.ts';

const fileName = (sequence: number): string => `dossier-${String(sequence).padStart(9, '0')}.json`;
const fetchOne = (io: Io, sequence: number): Promise<Buffer> => signedRequest(io, { method: 'GET', path: `/api/dossiers/${sequence}` });

const pemOf = (spkiBase64: string): string => `-----BEGIN PUBLIC KEY-----\n${spkiBase64.replace(/(.{64})(?=.)/g, '$1\n')}\n-----END PUBLIC KEY-----\n`;

/** SPKI DER of a PEM public key file. */
async function readTrustedKey(file: string): Promise<Buffer> {
  const pem = await readFile(file, 'utf8').catch(() => '');
  const body = /-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----/.exec(pem)?.[1];
  if (body === undefined) throw new RotaError('DossierDamaged', { file, reason: 'it holds no public key in PEM' });
  return Buffer.from(body.replace(/\s/g, ''), 'base64');
}

async function readPasskeys(file: string): Promise<KnownPasskey[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  try {
    return z.array(KnownPasskey).parse(JSON.parse(text));
  } catch {
    throw new RotaError('BadRequest', { problems: [{ where: '--passkeys', message: `is ${file}, which is not what \`rota passkey list --all --json\` prints` }] });
  }
}

/** Scheme, host and port of a URL as people write it. */
function originOf(text: string): string {
  if (URL.canParse(text) && new URL(text).origin !== 'null') return new URL(text).origin;
  throw new RotaError('BadRequest', { problems: [{ where: '--console-origin', message: `is ${text}: write something like https://rota.bank.example` }] });
}

interface VerifyOptions {
  readonly json?: boolean;
  readonly key: string;
  readonly count?: number;
  readonly consoleOrigin?: string;
  readonly passkeys?: string;
}

async function readDossiers(path: string): Promise<DossierFile[]> {
  const there = await stat(path).catch(() => {
    throw new RotaError('NotFound', { what: `file or folder ${path}` });
  });
  if (!there.isDirectory()) return [{ name: path, bytes: await readFile(path) }];
  const names = (await readdir(path)).filter((n) => /^dossier-\d+\.json$/.test(n)).sort();
  return Promise.all(names.map(async (name) => ({ name: join(path, name), bytes: await readFile(join(path, name)) })));
}

const deciderText = ({ person, decision, stage, decidedAt, identity, credentialId, origin, arn }: Decider): string =>
  `  ${person}: ${decision} (${stage}) at ${decidedAt}, by ${identity === 'passkey' ? `passkey ${credentialId ?? ''} at ${origin ?? ''}` : `IAM identity ${arn}`}`;

const verdictText = (p: RotationPredicate): string => [headText(p), ...decidersOf(p).map(deciderText)].join('\n');

const headText = (p: RotationPredicate): string =>
  `${fileName(p.sequence)}  ${p.outcome}  ${p.rotationId}  sealed ${p.sealedAt}${p.movedClockSeconds === undefined ? '' : '  (in moved time: a rehearsal)'}`;

export function dossier(io: Io): Command {
  const get = command('get', 'Fetch the dossier of a rotation, or the whole chain', ['rota dossier get payments-20261124T145423-9f3c', 'rota dossier get --all --out dossiers'])
    .argument('[rotationId]')
    .option('--all', 'the whole chain')
    .option('--out <folder>', 'where to put the files', '.')
    .action(async (rotationId: string | undefined, options: { json?: boolean; all?: boolean; out: string }) => {
      const sequences = await wanted(io, rotationId, options.all === true);
      await mkdir(options.out, { recursive: true });
      const files: string[] = [];
      for (const sequence of sequences) {
        const file = join(options.out, fileName(sequence));
        await writeFile(file, await fetchOne(io, sequence));
        files.push(file);
      }
      show(io, options, { files }, () => files.join('\n'));
    });

  const key = command('key', 'Fetch the public key that dossiers are signed with; keep it where nobody can change it', ['rota dossier key --out dossier-key.pem'])
    .option('--out <file>', 'where to put it', 'dossier-key.pem')
    .action(async (options: { json?: boolean; out: string }) => {
      const { keyArn, spki } = await apiJson<{ keyArn: string; spki: string }>(io, { method: 'GET', path: '/api/dossiers/key' });
      await writeFile(options.out, pemOf(spki));
      show(io, options, { keyArn, file: options.out }, () => `${options.out}  public key of ${keyArn}`);
    });

  const verify = command('verify', 'Verify dossiers offline: one file, or a folder with the whole chain', [
    'rota dossier verify dossiers --key dossier-key.pem',
    'rota dossier verify dossiers --key dossier-key.pem --count 12',
    'rota dossier verify dossiers --key dossier-key.pem --console-origin https://rota.bank.example --passkeys passkeys.json',
  ])
    .argument('<path>', 'a dossier, or a folder of them')
    .requiredOption('--key <file>', 'the public key that you trust, in PEM')
    .option('--count <n>', 'how many there must be, from a source you trust; without it nobody can see a missing end', Number)
    .option('--console-origin <origin>', 'the console that decisions by passkey must have been signed at, such as https://rota.bank.example')
    .option('--passkeys <file>', 'the passkeys that decisions may be signed with: what `rota passkey list --all --json` printed, from a source you trust')
    .action(async (path: string, options: VerifyOptions) => {
      const files = await readDossiers(path);
      const trusted = await readTrustedKey(options.key);
      const isChain = files.length !== 1 || files[0]?.name !== path;
      const insisted = {
        ...(options.consoleOrigin === undefined ? {} : { consoleOrigin: originOf(options.consoleOrigin) }),
        ...(options.passkeys === undefined ? {} : { passkeys: await readPasskeys(options.passkeys) }),
      };
      const verified = isChain ? verifyChain(files, trusted, options.count, insisted) : files.map((f) => verifyDossier(f, trusted, insisted));
      const rows = verified.map((p) => ({ sequence: p.sequence, rotationId: p.rotationId, outcome: p.outcome, sealedAt: p.sealedAt, decisions: decidersOf(p) }));
      show(io, options, { verified: rows, chain: isChain }, () => [...verified.map(verdictText), isChain ? `${counted(verified.length, 'dossier')}, one unbroken chain.` : `${basename(path)} verifies.`].join('\n'));
    });

  return group('dossier', 'The signed record of each rotation', ['rota dossier get --all --out dossiers', 'rota dossier verify dossiers --key dossier-key.pem'])
    .addCommand(get)
    .addCommand(key)
    .addCommand(verify);
}

async function wanted(io: Io, rotationId: string | undefined, all: boolean): Promise<number[]> {
  if (all) {
    const { count } = await apiJson<{ count: number }>(io, { method: 'GET', path: '/api/dossiers' });
    return Array.from({ length: count }, (_, i) => i + 1);
  }
  if (rotationId === undefined) throw new RotaError('BadRequest', { problems: [{ where: 'rotationId', message: 'is missing: name a rotation, or use --all' }] });
  const { dossierSequence } = await fetchStatus(io, rotationId);
  if (dossierSequence === undefined) throw new RotaError('NotFound', { what: `dossier of rotation ${rotationId} yet` });
  return [dossierSequence];
}
