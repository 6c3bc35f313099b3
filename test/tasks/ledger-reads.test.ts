import { CreateKeyCommand } from '@aws-sdk/client-kms';
import { expect, test, vi } from 'vitest';
import { paymentsRegistry } from '../../demo/cast.ts';
import { makeImportedKey } from '../../demo/imported-key.ts';
import { makeRecoveryCertificate } from '../../demo/recovery-certificate.ts';
import { judgeEvent } from '../../tasks/sweep/judge-event.ts';
import { sweepTarget } from '../../tasks/sweep/sweep-target.ts';
import { runPlainTask } from '../../tasks/task.ts';
import { accountId, region } from '../embedded-aws.ts';
import { startTasks } from './task-deps.ts';

/** The whole ledger is read, and so every rotation that ever was: once a look, and not for a key that it says nothing of. */
test('a look reads the ledger once, however many keys and aliases it is about', async () => {
  const { clients, store, deps } = await startTasks();
  const inUse = await makeImportedKey(clients.kms, 'alias/payments');
  const stranger = await makeImportedKey(clients.kms, 'alias/stranger');
  const aside = await Promise.all([1, 2].map(async () => (await clients.kms.send(new CreateKeyCommand({ Origin: 'EXTERNAL' }))).KeyMetadata?.KeyId ?? ''));
  const people = ['alice', 'bob', 'pat'].map((id) => ({ id, name: id, arn: `arn:aws:iam::${accountId}:user/${id}`, roles: ['platform' as const], groups: ['security'] }));
  await store.registry.apply({ ...paymentsRegistry(people, makeRecoveryCertificate('Recovery officer').certificatePem, accountId), sweep: { targets: [{ region }], remedy: 'alert' } }, 'test', '2026-11-27T12:00:00Z');
  const outlines = vi.spyOn(store.ledger, 'outlines');
  const reads = async (look: () => Promise<unknown>): Promise<number> => {
    outlines.mockClear();
    await look();
    return outlines.mock.calls.length;
  };
  const event = (keyIds: string[], aliases: string[]) => ({ id: 'e1', source: 'rota', account: accountId, region, 'detail-type': 'Rota Rotation Ended', resources: [], detail: { keyIds, aliases } });

  expect(await reads(() => runPlainTask(judgeEvent, event([...aside, inUse], ['alias/payments']), deps))).toBe(1);
  expect(await reads(() => runPlainTask(judgeEvent, event([stranger, inUse], []), deps))).toBe(0);
  expect(await reads(() => runPlainTask(sweepTarget, { sweepId: 'one', region }, deps))).toBe(1);
});
