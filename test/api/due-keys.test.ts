/** Which keys a wave of all that is due takes, and how often it asks KMS: API Gateway waits for 30 seconds. */
import { CreateAliasCommand, CreateKeyCommand, DisableKeyCommand } from '@aws-sdk/client-kms';
import { expect, onTestFinished, test } from 'vitest';
import { isoSeconds } from '../../core/clock.ts';
import type { WaveStatus } from '../../core/wave/wave.ts';
import { paymentsRegistry } from '../../demo/cast.ts';
import { makeRecoveryCertificate } from '../../demo/recovery-certificate.ts';
import { accountId } from '../embedded-options.ts';
import { startApi } from './harness.ts';

const { certificatePem } = makeRecoveryCertificate('Recovery officer');
const dayMs = 86_400_000;
const aliasOf = (i: number): string => `alias/k${i}`;

/** Registered keys, of which the first `made` are there and 400 days old. */
async function estate(registered: number, made = registered) {
  const api = await startApi();
  onTestFinished(() => api.close());
  const { store, clients, clock } = api.deps;
  const keyIds: string[] = [];
  for (let from = 0; from < made; from += 20)
    await Promise.all(
      Array.from({ length: Math.min(20, made - from) }, async (_, i) => {
        const { KeyMetadata } = await clients.kms.send(new CreateKeyCommand({}));
        keyIds[from + i] = KeyMetadata?.KeyId ?? '';
        await clients.kms.send(new CreateAliasCommand({ AliasName: aliasOf(from + i), TargetKeyId: KeyMetadata?.KeyId }));
      }),
    );
  const { keys, ...rest } = paymentsRegistry(await store.registry.people(), certificatePem, accountId);
  await store.registry.apply({ ...rest, keys: keys.flatMap((key) => Array.from({ length: registered }, (_, i) => ({ ...key, alias: aliasOf(i) }))) }, 'test', isoSeconds(clock.now()));
  await api.advanceDays(400);
  const calls: string[] = [];
  clients.kms.middlewareStack.add((next, context) => (args) => {
    calls.push((context as { commandName?: string }).commandName ?? '');
    return next(args);
  }, { step: 'initialize' });
  return {
    api,
    keyIds,
    daysAgo: (days: number): string => isoSeconds(clock.now() - days * dayMs),
    /** Since how many days the material of each alias is there, as a sweep of now saw it. */
    swept: (days: Readonly<Record<string, number>>) =>
      store.records.putMaterials({ sweptAt: isoSeconds(clock.now()), sinceAtOfAlias: Object.fromEntries(Object.entries(days).map(([alias, n]) => [alias, isoSeconds(clock.now() - n * dayMs)])) }),
    due: async (most?: number) => (await api.post('carol', '/api/waves', { due: true, reason: 'yearly', most })).json as unknown as WaveStatus & { readonly leftOut: readonly { readonly alias: string }[]; readonly error?: string },
    asked: (command: string): number => calls.filter((name) => name === command).length,
  };
}

test('the longest overdue of what the last sweep saw go; of them KMS only says where they lead, and of the others it is not asked', async () => {
  const { api, keyIds, swept, due, asked } = await estate(60);
  await api.deps.clients.kms.send(new DisableKeyCommand({ KeyId: keyIds[59] }));
  // Forty in time; twenty overdue, the last one the longest, which is disabled.
  await swept(Object.fromEntries(keyIds.map((_, i) => [aliasOf(i), i < 40 ? 1 : 336 + i - 40])));
  const { members, leftOut } = await due(5);
  expect(members.map(({ alias }) => alias)).toEqual([58, 57, 56, 55, 54].map(aliasOf));
  expect(leftOut.map(({ alias }) => alias)).toEqual([aliasOf(59)]);
  expect(asked('DescribeKeyCommand')).toBeLessThanOrEqual(10);
  expect(asked('ListKeyRotationsCommand')).toBe(0);
});

test('what has been rotated since the sweep is not due, and the next one goes in its place', async () => {
  const { api, swept, due } = await estate(3);
  const { clients } = api.deps;
  const { KeyMetadata } = await clients.kms.send(new CreateKeyCommand({}));
  await clients.kms.send(new CreateAliasCommand({ AliasName: 'alias/k3', TargetKeyId: KeyMetadata?.KeyId }));
  const { keys, ...rest } = await api.deps.store.registry.whole();
  await api.deps.store.registry.apply({ ...rest, keys: [...keys, ...keys.slice(0, 1).map((key) => ({ ...key, alias: 'alias/k3' }))] }, 'test', '2026-11-27T12:00:00Z');
  await swept({ 'alias/k0': 340, 'alias/k1': 339, 'alias/k2': 1, 'alias/k3': 350 });
  expect((await due(2)).members.map(({ alias }) => alias)).toEqual(['alias/k0', 'alias/k1']);
});

test('a key that no sweep has told of is asked about, and goes in its turn', async () => {
  const { swept, due, asked } = await estate(4);
  await swept({ 'alias/k0': 399, 'alias/k1': 340, 'alias/k2': 1 });
  expect((await due()).members.map(({ alias }) => alias)).toEqual(['alias/k3', 'alias/k0', 'alias/k1']);
  expect(asked('ListKeyRotationsCommand')).toBe(1);
});

test('keys of which a sweep tells, and one that is being rotated already', async () => {
  const { api, swept, due } = await estate(2);
  await swept({ 'alias/k0': 399, 'alias/k1': 340 });
  const { store } = api.deps;
  for (const [id, outcome] of [['k0-s1', 'complete'], ['k0-s2', undefined], ['k1-s1', 'complete']] as const) {
    await store.ledger.open({ rotationId: id, workflow: 'byok-rotation', alias: `alias/${id.slice(0, 2)}`, requestedBy: 'carol', reason: 'yearly', requestedAt: `2026-11-2${id.slice(-1)}T00:00:00Z` });
    if (outcome !== undefined) await store.ledger.settle(id, { outcome });
  }
  const { members, leftOut } = await due();
  expect(members).toMatchObject([{ alias: 'alias/k1', rotationId: 'k1-s2' }]);
  expect(leftOut).toEqual([{ alias: 'alias/k0', why: 'is being rotated already, by k0-s2' }]);
});

test('more keys than KMS can be asked about in time want a sweep first; nothing is asked', async () => {
  const { due, asked } = await estate(5001, 0);
  expect(await due()).toMatchObject({ error: 'SweepFirst', remedy: expect.stringContaining('rota sweep --wait') as string });
  expect(asked('DescribeKeyCommand')).toBe(0);
});

test('so do more keys whose rotations in place nobody knows than KMS tells of in time', async () => {
  const { due, asked, swept, keyIds } = await estate(501);
  expect(await due()).toMatchObject({ error: 'SweepFirst' });
  expect(asked('ListKeyRotationsCommand')).toBe(0);
  await swept(Object.fromEntries(keyIds.map((_, i) => [aliasOf(i), 399])));
  expect((await due()).members).toHaveLength(501);
});
