import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';

test('a reader who has seen enough, as in `rota … | head`, is no error', async () => {
  const rota = spawn(process.execPath, ['--import', 'tsx', 'cli/main.ts', 'completion', 'bash'], { stdio: ['ignore', 'pipe', 'pipe'] });
  rota.stdout.destroy();
  const [said] = await Promise.all([text(rota.stderr), once(rota, 'exit')]);
  expect([rota.exitCode, said]).toEqual([0, '']);
});
