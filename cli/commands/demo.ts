import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { command } from '../command.ts';
import { show, type Io } from '../io.ts';
import { startLocal } from './local.ts';

export const demo = (io: Io): Command =>
  command('demo', 'Run an asymmetric and a BYOK rotation on an embedded AWS of its own, approvals included, and verify their dossiers', ['rota demo', 'rota demo --keep'])
    .option('--keep', 'keep the data folder and say where it is')
    .action(async (options: { json?: boolean; keep?: boolean }) => {
      const { byokDemo } = await import('../../demo/byok.ts');
      const { asymmetricDemo } = await import('../../demo/asymmetric.ts');
      const folder = await mkdtemp(join(tmpdir(), 'rota-demo-'));
      const rota = await startLocal({ port: 0, folder, region: 'eu-central-1' });
      const say = (line: string) => (options.json === true ? io.err : io.out)(`${line}\n`);
      try {
        say('A. Asymmetric: a key that signs tokens, and the two who verify them\n');
        await asymmetricDemo(rota.place, rota.place.people, folder, rota.embedded.clock, say);
        say('\nB. BYOK: a key with imported material\n');
        await byokDemo(rota.place, rota.place.people, folder, say);
        if (options.keep === true) say(`Data folder: ${folder}`);
        show(io, options, { ok: true, ...(options.keep === true ? { folder } : {}) }, () => 'The demo is complete: both keys rotated, approved, proved, and the dossiers verify.');
      } finally {
        await rota.close();
        if (options.keep !== true) await rm(folder, { recursive: true, force: true });
      }
    });
