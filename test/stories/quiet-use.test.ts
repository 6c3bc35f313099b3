import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { EncryptCommand, PutKeyPolicyCommand, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms';
import { expect, test, vi } from 'vitest';
import type { Adoption } from '../../core/adoption/adoption.ts';
import type { Registry } from '../../core/registry/registry-schema.ts';
import type { WaveStatus } from '../../core/wave/wave.ts';
import type { RotationStatus } from '../../core/rotation-status.ts';
import { makeImportedKey } from '../../demo/imported-key.ts';
import { startRota, type Rota } from '../rota.ts';

const timeout = 240_000;
const daySeconds = 86_400;
const dayMs = daySeconds * 1000;

const gated = (registry: Registry): Registry => ({
  ...registry,
  keys: registry.keys.map((key) => (key.method === 'new-key' ? { ...key, adoption: { quietSeconds: 2 * daySeconds, overdueAfterSeconds: 3 * daySeconds } } : key)),
  sweep: { targets: [{ region: 'eu-central-1' }], remedy: 'alert' },
});

/** Rotates alias/payments until it has switched and waits for its old key to be quiet. */
async function switched(): Promise<{ rota: Rota; rotationId: string; oldKeyId: string; status: () => Promise<RotationStatus>; look: (n: number) => Promise<RotationStatus> }> {
  const rota = await startRota();
  const oldKeyId = await makeImportedKey(rota.kms, 'alias/payments');
  await rota.apply(gated);
  const rotationId = await rota.rotate();
  await rota.approve(await rota.question(rotationId));
  const status = () => rota.json<RotationStatus>('carol', 'status', rotationId);
  const look = async (n: number): Promise<RotationStatus> => {
    for (;;) {
      const now = await status();
      const isDone = now.steps.some((s) => s.step === `check-quiet.${n}` && s.completedAt !== undefined);
      if (now.status !== 'RUNNING' || (isDone && now.waits.some((w) => w.name === 'quiet'))) return now;
    }
  };
  await look(1);
  return { rota, rotationId, oldKeyId, status, look };
}

const useOldKey = async (rota: Rota, KeyId: string): Promise<void> => {
  await rota.kms.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('to the old one still') }));
};

test('a rotation counts as complete when nobody has encrypted with the old key for the time that the registry says, also over a crash', { timeout }, async () => {
  const { rota, rotationId, oldKeyId, look } = await switched();
  const { newKeyId, quiet, status, aliases } = await look(1);
  expect({ status, quiet }).toMatchObject({ status: 'RUNNING', quiet: { met: false, because: expect.stringMatching(/^nobody is seen to make anything new with the old key since .*; it can be quiet at / ) as string } });
  expect(aliases).toMatchObject([{ alias: 'alias/payments', from: oldKeyId, to: newKeyId }]);
  const shown = await rota.as('audrey', 'status', rotationId);
  expect(shown.out).toContain(`${rotationId}  RUNNING: switched, not yet quiet`);
  expect(shown.out).toMatch(/waits +until \S+ at most: switched, not yet quiet: nobody is seen/);
  // Nothing goes back while it waits, and a rollback is told what to end first.
  expect((await rota.as('carol', 'rollback', rotationId, '--reason', 'too early')).err).toContain(`end that first with \`rota resume ${rotationId} --reason "..."\``);

  await rota.local.embedded.clock.advance(dayMs);
  await rota.restart(() => Promise.resolve());
  await rota.local.embedded.clock.advance(1.1 * dayMs);
  const end = await rota.ended(rotationId);
  expect(end).toMatchObject({ status: 'SUCCEEDED', leftBehind: [], dossierSequence: 1 });
  expect((end as unknown as RotationStatus).quiet).toMatchObject({ met: true });
});

test('what was wrong with a key is over when its rotation has switched, though that waits for weeks; events look at both keys meanwhile', { timeout }, async () => {
  const rota = await startRota();
  const oldKeyId = await makeImportedKey(rota.kms, 'alias/payments');
  await rota.apply(gated);
  const { clock } = rota.local.embedded;
  const named = async () => (await rota.json<{ name: string }[]>('audrey', 'findings', 'list')).map((f) => f.name);
  await clock.advance(370 * dayMs);
  await rota.json('pat', 'sweep', '--wait');
  expect(await named()).toEqual(['overdue']);
  const rotationId = await rota.rotate();
  await rota.approve(await rota.question(rotationId));
  while ((await rota.status(rotationId) as unknown as RotationStatus).quiet === undefined);
  await clock.advance(1000);
  expect(await named()).toEqual([]);
  expect(await rota.status(rotationId)).toMatchObject({ status: 'RUNNING' });
  const told = await rota.json<{ subject: string; to: string[] }[]>('carol', 'outbox');
  expect(told.filter(({ subject }) => subject === 'Rota: alias/payments has moved, and its old key is not quiet yet').map(({ to }) => to)).toEqual([['carol']]);

  // Nobody need wait for a sweep to hear that the old key loses its lock, and goes.
  const allow = { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${rota.local.place.accountId}:root` }, Action: 'kms:*', Resource: '*' };
  await rota.kms.send(new PutKeyPolicyCommand({ KeyId: oldKeyId, Policy: JSON.stringify({ Version: '2012-10-17', Statement: [allow] }) }));
  await rota.kms.send(new ScheduleKeyDeletionCommand({ KeyId: oldKeyId }));
  await clock.advance(1000);
  expect((await named()).sort()).toEqual(['retained-key-goes', 'retained-key-unlocked']);
});

test('a use of the old key starts the time anew, is a finding after the bound, and never rolls back', { timeout }, async () => {
  const { rota, rotationId, oldKeyId, look } = await switched();
  const { clock } = rota.local.embedded;
  await clock.advance(1.5 * dayMs);
  await useOldKey(rota, oldKeyId);
  await clock.advance(0.6 * dayMs);
  const second = await look(2);
  expect(second).toMatchObject({ status: 'RUNNING', quiet: { met: false, because: expect.stringMatching(/user\/pat last made something new with the old key \(Encrypt\) at /) as string } });
  expect((await rota.json<Adoption>('audrey', 'adoption', rotationId)).stillMaking).toMatchObject([{ operation: 'Encrypt', count: 1 }]);

  const named = async () => (await rota.json<{ name: string; about: string }[]>('audrey', 'findings', 'list')).map((f) => `${f.name} ${f.about}`);
  await rota.json('pat', 'sweep', '--wait');
  expect(await named()).not.toContain('not-quiet alias/payments');
  for (let day = 0; day < 4; day++) {
    await useOldKey(rota, oldKeyId);
    await clock.advance(dayMs);
  }
  await rota.json('pat', 'sweep', '--wait');
  expect(await named()).toContain('not-quiet alias/payments');
  expect((await rota.status(rotationId)).aliases.every((a) => a.to !== oldKeyId)).toBe(true);

  // Then they follow.
  await clock.advance(2.2 * dayMs);
  await clock.advance(2.2 * dayMs);
  expect(await rota.ended(rotationId)).toMatchObject({ status: 'SUCCEEDED', leftBehind: [] });
  await rota.json('pat', 'sweep', '--wait');
  expect(await named()).not.toContain('not-quiet alias/payments');
});

test('a wave tells which of its rotations have switched and are not yet quiet, and ends when they are', { timeout }, async () => {
  const rota = await startRota();
  const aliases = ['alias/k0', 'alias/k1'];
  for (const alias of aliases) await makeImportedKey(rota.kms, alias);
  // The first has the gate, the second has not.
  await rota.apply((registry) => ({ ...registry, keys: aliases.flatMap((alias, i) => (i === 0 ? gated(registry) : registry).keys.map((key) => ({ ...key, alias }))) }));
  const { waveId } = await rota.json<WaveStatus>('carol', 'rotate', ...aliases, '--reason', 'yearly', '--canaries', '2');
  const until = async (reached: (wave: WaveStatus) => boolean): Promise<WaveStatus> => {
    for (;;) {
      for (const { approvalId } of await rota.json<{ approvalId: string }[]>('alice', 'approvals')) await rota.approve(approvalId);
      const now = await rota.json<WaveStatus>('carol', 'wave', waveId);
      if (reached(now)) return now;
    }
  };
  const waiting = await until((w) => w.counts.complete === 1 && w.members.some((m) => m.why !== undefined));
  expect(waiting).toMatchObject({ state: 'canaries', counts: { underWay: 1 } });
  expect((await rota.as('carol', 'wave', waveId)).out).toMatch(/alias\/k0 +under way +k0-s1 +switched, not yet quiet: nobody is seen to make anything new/);
  await rota.local.embedded.clock.advance(2.1 * dayMs);
  expect(await until((w) => w.state === 'ended')).toMatchObject({ counts: { complete: 2, failed: 0 } });
});

test('evidence that is not complete is no quiet, however long it lasts', { timeout }, async () => {
  const { rota, rotationId, look } = await switched();
  const { clock } = rota.local.embedded;
  // As AWS does where tasks may not read CloudTrail: the embedded AWS gives each task the rights that it declares.
  const trail = vi.spyOn(CloudTrailClient.prototype, 'send').mockRejectedValue(Object.assign(new Error('not authorized to perform: cloudtrail:LookupEvents'), { name: 'AccessDeniedException' }));
  try {
    for (let n = 2; n <= 4; n++) {
      await clock.advance(2.1 * dayMs);
      expect(await look(n)).toMatchObject({ status: 'RUNNING', quiet: { met: false, because: expect.stringMatching(/CloudTrail does not tell all that there was, so nothing shows that it is quiet$/) as string } });
    }
  } finally {
    trail.mockRestore();
  }
  await clock.advance(1.1 * dayMs);
  expect(await rota.ended(rotationId)).toMatchObject({ status: 'SUCCEEDED', leftBehind: [] });
});

test('a custodian may go on without; the dossier says so, and then it can be rolled back', { timeout }, async () => {
  const { rota, rotationId } = await switched();
  await rota.json('carol', 'resume', rotationId, '--reason', 'the batch is switched off next year');
  const end = await rota.ended(rotationId);
  expect(end).toMatchObject({ status: 'SUCCEEDED', error: { name: 'OldKeyNotQuiet' } });
  expect(end.leftBehind).toEqual([expect.stringContaining('carol went on before the old key was quiet: the batch is switched off next year')]);
  expect((await rota.as('audrey', 'dossier', 'get', rotationId, '--out', rota.folder)).exitCode).toBe(0);
  const { rotationId: back } = await rota.json<{ rotationId: string }>('carol', 'rollback', rotationId, '--reason', 'a consumer broke');
  await rota.approve(await rota.question(back));
  expect(await rota.ended(back)).toMatchObject({ status: 'SUCCEEDED' });
});
