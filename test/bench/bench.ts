/**
 * Ratios measured in one run, so that the speed of the machine cancels out; written to bench-results.json. No test looks
 * at them: they are for people who change something and want to know what it cost.
 */
import { constants, generateKeyPairSync, publicEncrypt, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EncryptCommand, GenerateRandomCommand, KMSClient } from '@aws-sdk/client-kms';
import forge from 'node-forge';
import { startLocal } from '../../cli/commands/local.ts';
import { wrapMaterial } from '../../core/material/wrap.ts';
import { as, asYaml, credentialsOf, jsonAs, paymentsRegistry } from '../../demo/cast.ts';
import { makeImportedKey } from '../../demo/imported-key.ts';
import { makeRecoveryCertificate } from '../../demo/recovery-certificate.ts';
import { inventoryBench } from './inventory.ts';
import { wavesBench } from './waves.ts';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

async function millisecondsEach(times: number, act: (i: number) => unknown): Promise<number> {
  const begin = process.hrtime.bigint();
  for (let i = 0; i < times; i++) await act(i);
  return Number(process.hrtime.bigint() - begin) / 1e6 / times;
}

async function wrapping(): Promise<Record<string, number>> {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 4096 });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const material = randomBytes(32);
  const ours = await millisecondsEach(300, () => wrapMaterial({ algorithm: 'RSAES_OAEP_SHA_256', publicKeySpki: spki, material }));
  const bare = await millisecondsEach(300, () => publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, material));
  const forgeKey = forge.pki.publicKeyFromPem(publicKey.export({ type: 'spki', format: 'pem' }).toString());
  const byForge = await millisecondsEach(20, () => forgeKey.encrypt(material.toString('latin1'), 'RSA-OAEP', { md: forge.md.sha256.create(), mgf1: { md: forge.md.sha256.create() } }));
  return { wrapOverBareOaep: ours / bare, forgeOverWrap: byForge / ours };
}

async function rotating(): Promise<Record<string, number>> {
  const folder = await mkdtemp(join(tmpdir(), 'rota-bench-'));
  const rota = await startLocal({ port: 0, folder, region: 'eu-central-1' });
  const kms = new KMSClient({ endpoint: rota.place.url, region: 'eu-central-1', credentials: credentialsOf(rota.place, 'pat') });
  try {
    await makeImportedKey(kms, 'alias/payments');
    const file = join(folder, 'rota.yaml');
    await writeFile(file, asYaml(paymentsRegistry(rota.place.people, makeRecoveryCertificate('Recovery').certificatePem, rota.place.accountId)));
    await jsonAs(rota.place, 'pat', 'registry', 'apply', file);
    const call = await millisecondsEach(300, () => kms.send(new GenerateRandomCommand({ NumberOfBytes: 32 })));
    const durable = await millisecondsEach(300, () => kms.send(new EncryptCommand({ KeyId: 'alias/payments', Plaintext: Buffer.alloc(32) })));
    const rotation = await millisecondsEach(5, async () => {
      const { rotationId } = await jsonAs<{ rotationId: string }>(rota.place, 'carol', 'rotate', 'alias/payments', '--reason', 'bench');
      for (;;) {
        const { status, waitingFor } = await jsonAs<{ status: string; waitingFor: string[] }>(rota.place, 'carol', 'status', rotationId);
        if (status === 'SUCCEEDED') return;
        for (const id of waitingFor) for (const who of ['alice', 'bob']) await as(rota.place, who, 'approve', id, '--reason', 'bench');
      }
    });
    return { callMilliseconds: call, encryptOverRandom: durable / call, rotationMilliseconds: rotation, rotationOverCall: rotation / call };
  } finally {
    kms.destroy();
    await rota.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** `npm run bench -- inventory`, or `-- waves [count] [scale]`, runs a part alone. */
const [part, count = '400', scale = '20'] = process.argv.slice(2).filter((word) => !word.startsWith('--'));
if (part === 'inventory') {
  await inventoryBench();
  process.exit(0);
}
const waves = await wavesBench([
  { name: `a wave of ${count}, quotas times ${scale}`, count: Number(count), quotaScale: Number(scale) },
  { name: `a loop of 50 over ${count}, quotas times ${scale}`, count: Number(count), quotaScale: Number(scale), naive: true },
]);
if (part === 'waves') process.exit(0);

const results = { ...(await wrapping()), ...(await rotating()) };
for (const [name, value] of Object.entries(results)) console.log(`${name.padEnd(22)} ${value.toFixed(2)}`);
await writeFile('bench-results.json', `${JSON.stringify({ ...results, waves, inventory: await inventoryBench() }, null, 2)}\n`);
