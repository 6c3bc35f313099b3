import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DecryptCommand, DescribeKeyCommand, EncryptCommand, KMSClient, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms';
import type { Person } from '../core/registry/registry-schema.ts';
import { as, asYaml, credentialsOf, jsonAs, paymentsRegistry, type Place } from './cast.ts';
import { makeImportedKey } from './imported-key.ts';
import { makeRecoveryCertificate } from './recovery-certificate.ts';
import { must, questionOf, shownOn, type Say, type Shown } from './stage.ts';

/** A whole BYOK rotation: an imported key, its plan, two approvals, the cutover, and a dossier that verifies. */
export async function byokDemo(place: Place, people: readonly Person[], folder: string, say: Say): Promise<void> {
  const shown = shownOn(place, say);
  const kms = new KMSClient({ endpoint: place.url, region: place.region, credentials: credentialsOf(place, 'pat') });
  try {
    say('1. The bank has a key with imported material, and data under it');
    const oldKeyId = await makeImportedKey(kms, 'alias/payments', { Description: 'Payment data' });
    const before = await kms.send(new EncryptCommand({ KeyId: 'alias/payments', Plaintext: Buffer.from('an invoice of last year') }));
    say(`  alias/payments -> ${oldKeyId} (origin EXTERNAL)`);

    say('2. The platform engineer registers it: owner, cryptoperiod, who approves, who may recover');
    const { certificatePem } = makeRecoveryCertificate('Recovery officer');
    const file = join(folder, 'rota.yaml');
    await writeFile(file, asYaml(paymentsRegistry(people, certificatePem, place.accountId)));
    await shown('pat', 0, 'registry', 'apply', file);

    say('3. The custodian reads the plan, then starts the rotation');
    await shown('carol', 0, 'plan', 'alias/payments');
    const { rotationId } = await jsonAs<{ rotationId: string }>(place, 'carol', 'rotate', 'alias/payments', '--reason', 'yearly rotation');
    say(`carol$ rota rotate alias/payments --reason "yearly rotation"\n    ${rotationId}`);
    const approvalId = await questionOf(place, rotationId);

    say('4. Two of security read exactly what will happen and sign it; the custodian cannot');
    await shown('carol', 1, 'approve', approvalId, '--reason', 'I would like it done');
    await shown('alice', 0, 'approvals', '--show', approvalId);
    await shown('alice', 0, 'approve', approvalId, '--reason', 'as in CHG-1234');
    await shown('bob', 0, 'approve', approvalId, '--reason', 'agreed');

    say('5. The rotation goes on by itself');
    await shown('carol', 0, 'watch', rotationId);
    const newKeyId = (await kms.send(new DescribeKeyCommand({ KeyId: 'alias/payments' }))).KeyMetadata?.KeyId;
    must(newKeyId !== oldKeyId, `alias/payments now resolves to ${newKeyId ?? 'nothing'}`, say);
    const opened = await kms.send(new DecryptCommand({ CiphertextBlob: before.CiphertextBlob }));
    must(Buffer.from(opened.Plaintext ?? []).toString() === 'an invoice of last year', 'what was encrypted before still decrypts', say);
    const refused = await kms.send(new ScheduleKeyDeletionCommand({ KeyId: oldKeyId })).then(
      () => 'nothing',
      (error: unknown) => (error as Error).name,
    );
    must(refused === 'AccessDeniedException', 'the old key cannot be scheduled for deletion, not even by the platform engineer', say);

    say('6. The auditor verifies the dossier offline');
    await auditorsTurn(place, folder, shown, say);
  } finally {
    kms.destroy();
  }
}

async function auditorsTurn(
  place: Place,
  folder: string,
  shown: Shown,
  say: Say,
): Promise<void> {
  const dossiers = join(folder, 'dossiers');
  const key = join(folder, 'dossier-key.pem');
  await shown('audrey', 0, 'dossier', 'get', '--all', '--out', dossiers);
  await shown('audrey', 0, 'dossier', 'key', '--out', key);
  await shown('audrey', 0, 'dossier', 'verify', dossiers, '--key', key);
  const [first = ''] = await readdir(dossiers);
  const file = join(dossiers, first);
  const whole = await readFile(file);
  const spoiled = Buffer.from(whole);
  spoiled[200] = (spoiled[200] ?? 0) ^ 1;
  await writeFile(file, spoiled);
  const { exitCode } = await as(place, 'audrey', 'dossier', 'verify', file, '--key', key);
  await writeFile(file, whole);
  if (exitCode !== 1) throw new Error('the demo failed: a changed dossier still verified');
  say('  ok: one changed bit in the dossier is detected');
}
