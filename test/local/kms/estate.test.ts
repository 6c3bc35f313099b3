import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EmbeddedClock } from '../../../local/clock.ts';
import { openKms } from '../../../local/kms/server.ts';
import { accountId, callerOf, region } from './harness.ts';

test('100,000 keys and aliases are opened, listed to the end and looked up', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rota-kms-'));
  const clock = new EmbeddedClock();
  const idOf = (index: number): string => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
  const policy = JSON.stringify({ Statement: [{ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }] });
  const small = await openKms({ folder, clock });
  await small.close();
  // Written as the store writes it: the keys have no material yet, so no sealing is needed.
  const lines = Array.from({ length: 100_000 }, (_, index) => {
    const id = idOf(index);
    const key = { id, accountId, region, manager: 'CUSTOMER', spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', origin: 'EXTERNAL', description: '', createdMs: 1, enabled: true, policy, tags: {}, materials: [] };
    return JSON.stringify([{ key }, { alias: { name: `alias/k${index}`, accountId, region, targetKeyId: id, createdMs: 1, updatedMs: 1 } }]);
  });
  await writeFile(join(folder, 'kms.journal'), `${lines.join('\n')}\n`);

  const kms = await openKms({ folder, clock });
  let seen = 0;
  let Marker: unknown;
  do {
    const page = await kms.handle('ListKeys', Marker === undefined ? { Limit: 1000 } : { Limit: 1000, Marker }, callerOf());
    seen += (page['Keys'] as unknown[]).length;
    Marker = page['NextMarker'];
  } while (Marker !== undefined);
  expect(seen).toBe(100_000);
  for (let index = 0; index < 100_000; index += 997) {
    const page = await kms.handle('ListAliases', { KeyId: idOf(index) }, callerOf());
    expect(page).toMatchObject({ Aliases: [{ AliasName: `alias/k${index}`, TargetKeyId: idOf(index) }] });
  }
  expect([...kms.keysForTagging(accountId, region)]).toHaveLength(100_000);
  await kms.close();
});
