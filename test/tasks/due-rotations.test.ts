import { CreateAliasCommand, CreateKeyCommand } from '@aws-sdk/client-kms';
import { expect, test, vi } from 'vitest';
import { isoSeconds } from '../../core/clock.ts';
import { paymentsRegistry } from '../../demo/cast.ts';
import { makeRecoveryCertificate } from '../../demo/recovery-certificate.ts';
import { dueRotations } from '../../tasks/sweep/due-rotations.ts';
import { accountId } from '../embedded-aws.ts';
import { startTasks } from './task-deps.ts';

// Their ids go into a state of 256 KiB, and asking KMS of 50,000 keys one by one takes longer than Lambda lets a task run.
test('a sweep starts the longest overdue of what it saw, so many at once; the next one goes on', async () => {
  const { aws, clients, store, deps } = await startTasks();
  const aliases = Array.from({ length: 30 }, (_, i) => `alias/k${i}`);
  for (const AliasName of aliases) await clients.kms.send(new CreateAliasCommand({ AliasName, TargetKeyId: (await clients.kms.send(new CreateKeyCommand({}))).KeyMetadata?.KeyId }));
  const people = ['alice', 'bob', 'pat'].map((id) => ({ id, name: id, arn: `arn:aws:iam::${accountId}:user/${id}`, roles: ['platform' as const], groups: ['security'] }));
  const { keys, ...rest } = paymentsRegistry(people, makeRecoveryCertificate('Recovery officer').certificatePem, accountId);
  const registered = keys.flatMap((key) => aliases.map((alias) => ({ ...key, alias, schedule: { ...key.schedule, starts: 'when-due' as const } })));
  await store.registry.apply({ ...rest, keys: registered }, 'test', isoSeconds(aws.clock.now()));
  await aws.clock.advance(400 * 86_400_000);
  const now = isoSeconds(aws.clock.now());
  const daysAgo = (days: number): string => isoSeconds(aws.clock.now() - days * 86_400_000);
  // Twelve are due, the twelfth the longest.
  await store.records.putMaterials({ sweptAt: now, sinceAtOfAlias: Object.fromEntries(aliases.map((alias, i) => [alias, daysAgo(i < 12 ? 340 + i : 1)])) });
  const send = vi.spyOn(clients.kms, 'send');
  const asked = (operation: string): number => send.mock.calls.filter(([command]) => command.constructor.name === operation).length;

  expect(await dueRotations({ ...deps, now }, 5)).toEqual([11, 10, 9, 8, 7].map((i) => `k${i}-s1`));
  expect(asked('DescribeKeyCommand')).toBe(10);
  expect(await dueRotations({ ...deps, now }, 5)).toEqual([6, 5, 4, 3, 2].map((i) => `k${i}-s1`));
  expect(await dueRotations({ ...deps, now })).toEqual(['k1-s1', 'k0-s1']);
  expect(await dueRotations({ ...deps, now })).toEqual([]);
  expect(asked('ListKeyRotationsCommand')).toBe(0);
});
