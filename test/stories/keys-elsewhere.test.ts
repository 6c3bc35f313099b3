import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startLocal, type Local } from '../../cli/commands/local.ts';
import { as, asYaml, credentialsOf, jsonAs, paymentsRegistry } from '../../demo/cast.ts';
import { makeImportedKey } from '../../demo/imported-key.ts';
import { recovery, startRota, type Rota, type Status } from '../rota.ts';

/** Rota on this machine, in eu-west-1, for keys that live on another; with the ambient credentials of the platform engineer there. */
async function startHere(elsewhere: Rota): Promise<{ readonly here: Local; readonly folder: string }> {
  const { accessKeyId, secretAccessKey } = credentialsOf(elsewhere.local.place, 'pat');
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey });
  const folder = await mkdtemp(join(tmpdir(), 'rota-elsewhere-'));
  // The other side's own Rota keys stand in for keys of that account: the policies on them would refuse this machine's role.
  const here = await startLocal({ port: 0, folder, region: 'eu-west-1', kms: elsewhere.local.place.url });
  onTestFinished(async () => {
    delete process.env.AWS_ACCESS_KEY_ID;
    delete process.env.AWS_SECRET_ACCESS_KEY;
    await here.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { here, folder };
}

test('`--kms URL`: this machine orchestrates keys that live in another KMS', async () => {
  const elsewhere = await startRota();
  const oldKeyId = await makeImportedKey(elsewhere.kms, 'alias/payments');
  const { here, folder } = await startHere(elsewhere);
  await makeImportedKey(new (elsewhere.kms.constructor as typeof import('@aws-sdk/client-kms').KMSClient)({ endpoint: elsewhere.local.place.url, region: 'eu-west-1' }), 'alias/payments');
  const file = join(folder, 'rota.yaml');
  await writeFile(file, asYaml(paymentsRegistry(here.place.people, recovery.certificatePem, here.place.accountId)));
  await jsonAs(here.place, 'pat', 'registry', 'apply', file);
  const { rotationId } = await jsonAs<{ rotationId: string }>(here.place, 'carol', 'rotate', 'alias/payments', '--reason', 'keys elsewhere');
  let status: Status | undefined;
  for (;;) {
    status = await jsonAs<Status>(here.place, 'carol', 'status', rotationId);
    if (status.status === 'SUCCEEDED' || status.status === 'FAILED') break;
    for (const question of status.waitingFor) for (const id of ['alice', 'bob']) await as(here.place, id, 'approve', question, '--reason', 'agreed');
  }
  expect(status).toMatchObject({ status: 'SUCCEEDED' });
  const moved = await as(here.place, 'pat', 'clock', 'advance', '1d');
  expect(moved.exitCode).toBe(1);
  expect(moved.err).toContain('The clock cannot be moved while the keys live elsewhere');
  expect((await elsewhere.kms.send(new DescribeKeyCommand({ KeyId: 'alias/payments' }))).KeyMetadata?.KeyId).toBe(oldKeyId);
});

test('a sweep looks at them where they live: their tags there, and other accounts by roles there', async () => {
  const shop = '111122223333';
  const elsewhere = await startRota({ accounts: [shop] });
  const { here, folder } = await startHere(elsewhere);
  const file = join(folder, 'rota.yaml');
  const sweep = { targets: [{ region: 'eu-west-1' }, { region: 'eu-central-1', roleArn: `arn:aws:iam::${shop}:role/rota-sweep` }], remedy: 'alert' as const };
  await writeFile(file, asYaml({ ...paymentsRegistry(here.place.people, recovery.certificatePem, here.place.accountId), keys: [], sweep }));
  await jsonAs(here.place, 'pat', 'registry', 'apply', file);
  const { result } = await jsonAs<{ result: { targets: object[] } }>(here.place, 'pat', 'sweep', '--wait');
  // Rota's own keys are there, too.
  expect(result.targets).toMatchObject([{ place: `${here.place.accountId}/eu-west-1`, keys: 3 }, { place: `${shop}/eu-central-1`, keys: 0 }]);
});
