/**
 * A wave of rotations of imported keys, with machines, approvals and dossiers, against the embedded AWS with KMS's request quotas enforced; people
 * approve by the API as fast as questions come. The bound is what GetParametersForImport lets through. Beside it, for what a wave spares: a loop of 50
 * at once over the bare calls of KMS with the SDK's own retries.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { CreateKeyCommand, GetParametersForImportCommand, ImportKeyMaterialCommand, KMSClient, paginateListAliases, paginateListKeys, UpdateAliasCommand } from '@aws-sdk/client-kms';
import { randomBytes } from 'node:crypto';
import { scarceQuotas } from '../../core/pace/kms-rates.ts';
import { wrapMaterial } from '../../core/material/wrap.ts';
import type { WaveStatus } from '../../core/wave/wave.ts';
import { as, credentialsOf, jsonAs, type Place } from '../../demo/cast.ts';
import { bundle } from './bundle.ts';

export interface WaveRun {
  readonly name: string;
  readonly count: number;
  readonly quotaScale: number;
  readonly naive?: boolean;
}

const region = 'eu-central-1';

interface Served {
  readonly place: Place;
  readonly took: () => Promise<{ readonly cpuSeconds: number; readonly throttled: number }>;
}

async function serve({ count, quotaScale }: WaveRun): Promise<Served> {
  const server = spawn(process.execPath, [await bundle('waves-server'), JSON.stringify({ count, quotaScale })], { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' } });
  const lines = createInterface(server.stdout)[Symbol.asyncIterator]();
  const next = async <T>(): Promise<T> => JSON.parse(String((await lines.next()).value)) as T;
  return {
    place: await next<Place>(),
    took: async () => {
      server.stdin.end();
      const took = await next<{ cpuSeconds: number; throttled: number }>();
      await once(server, 'exit');
      return took;
    },
  };
}

/** Keys that have no alias, Rota's own left aside: all keys had one before. */
async function orphans(kms: KMSClient): Promise<number> {
  const named = new Set<string>();
  for await (const { Aliases = [] } of paginateListAliases({ client: kms, pageSize: 100 }, {})) for (const { TargetKeyId } of Aliases) named.add(TargetKeyId ?? '');
  let nameless = 0;
  for await (const { Keys = [] } of paginateListKeys({ client: kms, pageSize: 1000 }, {})) for (const { KeyId } of Keys) if (!named.has(KeyId ?? '')) nameless += 1;
  return nameless;
}

/** Approves what is asked until told to stop. */
async function approving(place: Place, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const open = await jsonAs<{ approvalId: string; planDigest: string }[]>(place, 'alice', 'approvals');
    for (const { approvalId, planDigest } of open) await as(place, 'alice', 'approve', approvalId, '--reason', 'bench', '--digest', planDigest);
    if (open.length === 0) await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function rotateByWave(place: Place): Promise<{ complete: number; failed: number }> {
  let over = false;
  const people = approving(place, () => over);
  const said = await as(place, 'carol', 'rotate', '--due', '--reason', 'bench', '--share', '1', '--wait', '--json');
  over = true;
  await people;
  const { counts } = JSON.parse(said.out) as WaveStatus;
  return { complete: counts.complete, failed: counts.failed + counts.waiting + counts.underWay + counts.skipped };
}

async function rotateNaively(kms: KMSClient, count: number): Promise<{ complete: number; failed: number }> {
  const left = Array.from({ length: count }, (_, i) => `alias/key-${i}`);
  let complete = 0;
  const worker = async (): Promise<void> => {
    for (let alias = left.shift(); alias !== undefined; alias = left.shift())
      try {
        const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Origin: 'EXTERNAL' }));
        const KeyId = KeyMetadata?.KeyId;
        const parameters = await kms.send(new GetParametersForImportCommand({ KeyId, WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_4096' }));
        const EncryptedKeyMaterial = wrapMaterial({ algorithm: 'RSAES_OAEP_SHA_256', publicKeySpki: parameters.PublicKey ?? new Uint8Array(), material: randomBytes(32) });
        await kms.send(new ImportKeyMaterialCommand({ KeyId, ImportToken: parameters.ImportToken, EncryptedKeyMaterial, ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }));
        await kms.send(new UpdateAliasCommand({ AliasName: alias, TargetKeyId: KeyId }));
        complete += 1;
      } catch {
        // It goes on with the next, as such a loop does.
      }
  };
  await Promise.all(Array.from({ length: 50 }, worker));
  return { complete, failed: count - complete };
}

/** Runs them, prints a line for each and answers the figures by name. */
export async function wavesBench(runs: readonly WaveRun[]): Promise<Record<string, Record<string, number>>> {
  const results: Record<string, Record<string, number>> = {};
  for (const run of runs) {
    const { place, took } = await serve(run);
    const kms = new KMSClient({ endpoint: place.url, region, credentials: credentialsOf(place, 'pat') });
    const before = await orphans(kms);
    const begin = process.hrtime.bigint();
    const cpu = process.cpuUsage();
    const { complete, failed } = run.naive === true ? await rotateNaively(kms, run.count) : await rotateByWave(place);
    const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
    const { user, system } = process.cpuUsage(cpu);
    // Every key that was rotated leaves its old key behind without an alias; that is kept, and no orphan.
    const orphanKeys = (await orphans(kms)) - before - complete;
    kms.destroy();
    const { cpuSeconds, throttled } = await took();
    const bound = run.count / (scarceQuotas.GetParametersForImport * run.quotaScale);
    const figures = { rotations: run.count, complete, failed, orphanKeys, seconds, boundSeconds: bound, shareOfBound: bound / seconds, perSecond: complete / seconds, throttled, cpuSecondsPerRotation: cpuSeconds / run.count, peopleCpuSecondsPerRotation: (user + system) / 1e6 / run.count };
    results[run.name] = figures;
    console.log(`${run.name.padEnd(48)} ${Object.entries(figures).map(([name, value]) => `${name} ${Number(value.toFixed(3))}`).join('  ')}`);
  }
  return results;
}
