/**
 * Rota on the embedded AWS for the bench of waves, in a process of its own: `node waves-server.mjs '{"count": …, "quotaScale": …}'`. The first line out
 * is where it is; the last one, when its input ends, what it took.
 */
import type { Registry } from '../../core/registry/registry-schema.ts';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KMSClient } from '@aws-sdk/client-kms';
import { startLocal } from '../../cli/commands/local.ts';
import { asYaml, credentialsOf, jsonAs, paymentsRegistry } from '../../demo/cast.ts';
import { makeImportedKey } from '../../demo/imported-key.ts';
import { makeRecoveryCertificate } from '../../demo/recovery-certificate.ts';

const { count, quotaScale } = JSON.parse(process.argv[2] ?? '{}') as { count: number; quotaScale: number };
const folder = await mkdtemp(join(tmpdir(), 'rota-bench-'));
const region = 'eu-central-1';

const aliases = Array.from({ length: count }, (_, i) => `alias/key-${i}`);

/** Without quotas: the keys of a year ago. */
const before = await startLocal({ port: 0, folder, region });
const kms = new KMSClient({ endpoint: before.place.url, region, credentials: credentialsOf(before.place, 'pat') });
for (let from = 0; from < count; from += 20) await Promise.all(aliases.slice(from, from + 20).map((alias) => makeImportedKey(kms, alias)));
kms.destroy();
const registry = paymentsRegistry(before.place.people, makeRecoveryCertificate('Recovery').certificatePem, before.place.accountId);
const keys = aliases.flatMap((alias) => registry.keys.map((key) => ({ ...key, alias, approvals: { ...key.approvals, cutover: { all: [{ group: 'security', count: 1 }] } } })));
const file = join(folder, 'rota.yaml');
// Anew, so that what the keys share is not written as aliases of YAML, of which a file may have few.
await writeFile(file, asYaml(JSON.parse(JSON.stringify({ ...registry, keys })) as Registry));
await jsonAs(before.place, 'pat', 'registry', 'apply', file);
await before.embedded.clock.advance(340 * 86_400_000);
await before.close();

const rota = await startLocal({ port: 0, folder, region, latencyMs: 5, quotaScale });
const cpu = process.cpuUsage();
process.stdout.write(`${JSON.stringify(rota.place)}\n`);
process.stdin.resume();
process.stdin.once('end', () => {
  const { user, system } = process.cpuUsage(cpu);
  process.stdout.write(`${JSON.stringify({ cpuSeconds: (user + system) / 1e6, throttled: rota.embedded.throttled() })}\n`);
  void rota.close().then(() => rm(folder, { recursive: true, force: true }));
});
