import { DescribeKeyCommand, SignCommand } from '@aws-sdk/client-kms';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Registry } from '../../core/registry/registry-schema.ts';
import { asYaml } from '../../demo/cast.ts';
import { isOver, startRollover } from '../rollover.ts';

test('a signing key rolls over: published, acknowledged, switched, drained, unpublished, with a dossier that verifies', async () => {
  const r = await startRollover();
  const rotationId = await r.start();
  const newKid = await r.acknowledge(rotationId);
  expect(r.target.kids()).toHaveLength(2);
  await r.pass(rotationId, (s) => s.waitingFor.length > 0);
  await r.rota.approve((await r.status(rotationId)).waitingFor[0] ?? '');
  const ended = await r.pass(rotationId, isOver);
  expect(ended).toMatchObject({ status: 'SUCCEEDED', oldKeyId: r.oldKeyId, leftBehind: [], rollover: { state: 'REMOVED' } });
  expect(r.target.kids()).toEqual([newKid]);
  const { KeyMetadata } = await r.rota.kms.send(new DescribeKeyCommand({ KeyId: 'alias/tokens' }));
  expect(KeyMetadata?.KeyId).toBe(ended.newKeyId);
  await expect(r.rota.kms.send(new SignCommand({ KeyId: r.oldKeyId, Message: Buffer.from('x'), SigningAlgorithm: 'ECDSA_SHA_256' }))).rejects.toThrow(/explicit deny/i);
  const out = join(r.rota.folder, 'dossiers');
  await r.rota.json('audrey', 'dossier', 'get', '--all', '--out', out);
  await r.rota.json('audrey', 'dossier', 'key', '--out', join(out, 'key.pem'));
  expect(await r.rota.json('audrey', 'dossier', 'verify', out, '--key', join(out, 'key.pem'), '--count', '1')).toMatchObject({ chain: true });
});

test('what was wrong with a key is over when its rotation has switched, though what it signed stays alive for days', async () => {
  const { rota, ...r } = await startRollover();
  const { clock } = rota.local.embedded;
  const { registry } = await rota.json<{ registry: Registry }>('pat', 'registry', 'show');
  const file = join(rota.folder, 'swept.yaml');
  await writeFile(file, asYaml({ ...registry, sweep: { targets: [{ region: 'eu-central-1' }], remedy: 'alert' } }));
  await rota.json('pat', 'registry', 'apply', file);
  await clock.advance(370 * 86_400_000);
  await rota.json('pat', 'sweep', '--wait');
  const found = (...options: string[]) => rota.json<{ name: string; closedBy?: string }[]>('audrey', 'findings', 'list', ...options);
  expect((await found()).map((f) => f.name)).toEqual(['overdue']);

  const rotationId = await r.start();
  await r.acknowledge(rotationId);
  await rota.approve((await r.pass(rotationId, (s) => s.waitingFor.length > 0)).waitingFor[0] ?? '');
  await r.pass(rotationId, (s) => s.waits.some(({ name }) => name === 'drain'));
  await clock.advance(1000);
  expect(await found()).toEqual([]);
  // By the fact, or by KMS's own event of the same step where that is looked at late enough.
  expect(await found('--state', 'closed')).toMatchObject([{ name: 'overdue', closedBy: expect.stringMatching(/^event (Rota Rotation Switched|TagResource) /) as string }]);
  const told = await rota.json<{ subject: string; to: string[] }[]>('carol', 'outbox');
  expect(told.filter(({ subject }) => subject === 'Rota: alias/tokens has moved, and what its old key made is still alive').map(({ to }) => to)).toEqual([['carol']]);
  expect(await r.status(rotationId)).toMatchObject({ status: 'RUNNING' });
});
