import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { CreateGrantCommand, DecryptCommand, EncryptCommand, KMSClient } from '@aws-sdk/client-kms';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Adoption } from '../../core/adoption/adoption.ts';
import { credentialsOf } from '../../demo/cast.ts';
import { makeImportedKey } from '../../demo/imported-key.ts';
import type { RotationStatus } from '../../core/rotation-status.ts';
import { startRota } from '../rota.ts';

const dayMs = 86_400_000;

/** After a cutover: one consumer names the alias, one reads old data, one holds the ARN. */
test('after a cutover one sees who has followed and who has not', async () => {
  const rota = await startRota();
  const { kms } = rota;
  const { place, embedded } = rota.local;
  const oldKeyId = await makeImportedKey(kms, 'alias/payments');
  await rota.apply();
  const userArn = (id: string): string => `arn:aws:iam::${place.accountId}:user/${id}`;
  const grant = (id: string) => kms.send(new CreateGrantCommand({ KeyId: oldKeyId, GranteePrincipal: userArn(id), Operations: ['Encrypt', 'Decrypt'] }));
  const clientOf = (id: string): KMSClient => {
    const client = new KMSClient({ endpoint: place.url, region: place.region, credentials: credentialsOf(place, id) });
    onTestFinished(() => client.destroy());
    return client;
  };
  await grant('carol');
  const blob = (await kms.send(new EncryptCommand({ KeyId: 'alias/payments', Plaintext: Buffer.from('old data') }))).CiphertextBlob;

  const rotationId = await rota.rotate();
  const question = await rota.question(rotationId);
  const early = await rota.as('audrey', 'adoption', rotationId);
  expect(early).toMatchObject({ exitCode: 1, out: '' });
  expect(early.err).toContain(`Nobody can have adopted the new key of ${rotationId}: its aliases have not moved.`);
  await rota.approve(question);
  const { newKeyId = '' } = await rota.ended(rotationId);
  await embedded.clock.advance(dayMs);

  // Nobody but the rotation itself, which proved both keys.
  const quiet = await rota.json<Adoption>('audrey', 'adoption', rotationId);
  expect(quiet).toMatchObject({ oldKeyId, newKeyId, stillMaking: [], onlyOpening: [], adopted: [], holdingOldKey: [], aliasesOfOldKey: [], evidenceComplete: true });
  expect(quiet.grants).toMatchObject([{ grantee: userArn('carol'), operations: ['Decrypt', 'Encrypt'], carriedOver: true }]);

  await grant('dora');
  await kms.send(new EncryptCommand({ KeyId: 'alias/payments', Plaintext: Buffer.from('new data') }));
  await kms.send(new DecryptCommand({ CiphertextBlob: blob }));
  const oldArn = `arn:aws:kms:${place.region}:${place.accountId}:key/${oldKeyId}`;
  await clientOf('carol').send(new EncryptCommand({ KeyId: oldArn, Plaintext: Buffer.from('to the old one still') }));
  await clientOf('dora').send(new DecryptCommand({ CiphertextBlob: blob, KeyId: oldKeyId }));

  const found = await rota.json<Adoption>('audrey', 'adoption', rotationId);
  const short = (uses: Adoption['stillMaking']) => uses.map(({ principal, operation, namedBy, count }) => [principal, operation, namedBy, count]);
  expect(short(found.stillMaking)).toEqual([[userArn('carol'), 'Encrypt', 'arn', 1]]);
  expect(short(found.onlyOpening)).toEqual([[userArn('dora'), 'Decrypt', 'key id', 1], [userArn('pat'), 'Decrypt', 'ciphertext', 1]]);
  expect(short(found.adopted)).toEqual([[userArn('pat'), 'Encrypt', 'alias', 1]]);
  expect(found.holdingOldKey).toEqual([userArn('carol')]);
  expect(found.grants.map(({ grantee, carriedOver }) => [grantee, carriedOver]).sort()).toEqual([[userArn('carol'), true], [userArn('dora'), false]]);

  const { exitCode, out } = await rota.as('audrey', 'adoption', rotationId);
  expect(exitCode).toBe(0);
  expect(out).toMatch(/Still encrypt, sign or MAC with the old key\n.*PRINCIPAL.*\n +arn:\S+user\/carol +Encrypt +arn +1 +\S+Z +success\n/);
  expect(out).toMatch(/Hold the ARN or the id of the old key: let them name the alias\n +arn:\S+user\/carol\n/);
  expect(out).toMatch(/user\/dora may Decrypt, Encrypt \(made since, not on the new key; /);

  // A rollback takes the question away.
  const { rotationId: back } = await rota.json<{ rotationId: string }>('carol', 'rollback', rotationId, '--reason', 'the batch is not ready');
  await rota.approve(await rota.question(back));
  await rota.ended(back);
  expect((await rota.as('audrey', 'adoption', rotationId)).err).toContain('its aliases are back at the old key.');
  expect((await rota.as('audrey', 'adoption', back)).err).toContain('it moves no alias to a new key, or is not that far.');
  expect((await rota.as('audrey', 'adoption', 'no-such-rotation')).err).toContain('There is no rotation no-such-rotation.');
});

test('with AWS\'s own request quotas two who look at the same time have to wait, and both see all that there is; so does the gate of quiet use', { timeout: 180_000 }, async () => {
  const rota = await startRota({ quotaScale: 1 });
  const oldKeyId = await makeImportedKey(rota.kms, 'alias/payments');
  const quietSeconds = 2 * (dayMs / 1000);
  await rota.apply((registry) => ({ ...registry, keys: registry.keys.map((key) => (key.method === 'new-key' ? { ...key, adoption: { quietSeconds, overdueAfterSeconds: quietSeconds } } : key)) }));
  const rotationId = await rota.rotate();
  await rota.approve(await rota.question(rotationId));
  const { embedded, place } = rota.local;
  while (((await rota.status(rotationId)) as unknown as RotationStatus).quiet === undefined);
  await rota.kms.send(new EncryptCommand({ KeyId: oldKeyId, Plaintext: Buffer.from('to the old one still') }));
  const before = embedded.throttled();
  const looks = await Promise.all(['audrey', 'carol'].map((id) => rota.json<Adoption>(id, 'adoption', rotationId)));
  expect(embedded.throttled()).toBeGreaterThan(before);
  for (const { evidenceComplete, stillMaking } of looks) {
    expect(evidenceComplete).toBe(true);
    expect(stillMaking).toMatchObject([{ principal: `arn:aws:iam::${place.accountId}:user/pat`, operation: 'Encrypt', count: 1 }]);
  }
  await embedded.clock.advance(2.1 * dayMs);
  await embedded.clock.advance(0.1 * dayMs);
  expect(await rota.ended(rotationId)).toMatchObject({ status: 'SUCCEEDED', leftBehind: [] });
});

test('where somebody else takes all that CloudTrail answers, whoever asks is told to wait and ask again', async () => {
  const rota = await startRota();
  const oldKeyId = await makeImportedKey(rota.kms, 'alias/payments');
  await rota.apply();
  const rotationId = await rota.rotated();
  // What the SDK throws when it has asked as often as it does.
  const refusal = Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException', $metadata: { httpStatusCode: 400 } });
  const trail = vi.spyOn(CloudTrailClient.prototype, 'send').mockRejectedValue(refusal);
  try {
    for (const asked of [['adoption', rotationId], ['retire', oldKeyId, '--dry-run']]) {
      const { exitCode, err } = await rota.as('carol', ...asked);
      expect(exitCode).toBe(1);
      expect(err).toContain('CloudTrail does not tell who uses the key: somebody else takes the two lookups a second that it answers to this account in this Region.');
      expect(err).toContain('Wait a few minutes and ask again.');
    }
  } finally {
    trail.mockRestore();
  }
  expect(await rota.json<Adoption>('carol', 'adoption', rotationId)).toMatchObject({ evidenceComplete: true });
});
