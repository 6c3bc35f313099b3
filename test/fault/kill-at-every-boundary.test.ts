import { spawn, type ChildProcess } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DescribeKeyCommand, KMSClient, ListKeysCommand, ListResourceTagsCommand } from '@aws-sdk/client-kms';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { as, asYaml, credentialsOf, jsonAs, paymentsRegistry, type Place } from '../../demo/cast.ts';
import { makeImportedKey } from '../../demo/imported-key.ts';
import type { Person } from '../../core/registry/registry-schema.ts';
import { recovery, type Status } from '../rota.ts';

/**
 * P6: `rota local` is killed with SIGKILL before and after each write to the ledger, and after each change of a key, in the
 * middle of a rotation; started again it finishes, with exactly one successor key. The list of boundaries is counted in a
 * run without a kill, so that a new task is covered when it is added.
 */
let work: string;
let program: string;
let template: string;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'rota-kill-'));
  program = join(process.cwd(), 'node_modules', '.cache', `rota-under-test-${process.pid}.mjs`);
  await build({ entryPoints: ['cli/main.ts'], outfile: program, bundle: true, platform: 'node', format: 'esm', target: 'node20.19', packages: 'external', logLevel: 'error' });
  template = join(work, 'template');
  const rota = await start(template);
  const kms = kmsOf(rota.place);
  await makeImportedKey(kms, 'alias/payments');
  kms.destroy();
  const file = join(work, 'rota.yaml');
  const people = (await jsonAs<{ registry: { people: Person[] } }>(rota.place, 'pat', 'registry', 'show')).registry.people;
  await writeFile(file, asYaml(paymentsRegistry(people, recovery.certificatePem, rota.place.accountId)));
  await jsonAs(rota.place, 'pat', 'registry', 'apply', file);
  await stop(rota);
}, 60_000);

afterAll(async () => {
  await rm(work, { recursive: true, force: true });
  await rm(program, { force: true });
});

interface Running {
  readonly place: Place;
  readonly child: ChildProcess;
}

const kmsOf = (place: Place): KMSClient => new KMSClient({ endpoint: place.url, region: place.region, credentials: credentialsOf(place, 'pat'), maxAttempts: 1 });

function start(folder: string): Promise<Running> {
  const child = spawn(process.execPath, [program, 'local', '--port', '0', '--data', folder, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    let text = '';
    child.once('exit', (code) => reject(new Error(`rota local ended with ${code ?? 'a signal'} before it was ready`)));
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      try {
        resolve({ place: JSON.parse(text) as Place, child });
      } catch {
        // Not whole yet.
      }
    });
  });
}

const isGone = ({ child }: Running): boolean => child.exitCode !== null || child.signalCode !== null;

async function stop({ child }: Running): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}

interface Fault {
  readonly service: string;
  readonly operation: string;
  readonly kind: string;
  readonly skip: number;
}

/** Rotates to the end, whatever is killed on the way: starts again when the process is gone, and approves what is asked. */
async function rotateThrough(folder: string, fault: Fault | undefined): Promise<{ status: Status; successors: string[]; resolves: string; kills: number; calls: Record<string, number> }> {
  await cp(template, folder, { recursive: true });
  let rota = await start(folder);
  let kills = 0;
  const counted: [string, string][] = [...['PutItem', 'UpdateItem', 'DeleteItem'].map((o): [string, string] => ['dynamodb', o]), ...changes.map((o): [string, string] => ['kms', o])];
  if (fault === undefined)
    for (const [service, operation] of counted) await addFault(rota.place, { service, operation, kind: 'delay', skip: 0 }, ['--count', '100000', '--delay-ms', '0']);
  else await addFault(rota.place, fault, []);
  let status: Status | undefined;
  for (let turns = 0; turns < 2_000; turns++) {
    if (isGone(rota)) {
      kills += 1;
      rota = await start(folder);
    }
    try {
      const [first] = await jsonAs<Status[]>(rota.place, 'carol', 'status');
      if (first === undefined) await as(rota.place, 'carol', 'rotate', 'alias/payments', '--reason', 'yearly rotation');
      else if (['SUCCEEDED', 'FAILED'].includes(first.status)) {
        status = first;
        break;
      } else for (const question of first.waitingFor) for (const id of ['alice', 'bob']) await as(rota.place, id, 'approve', question, '--reason', 'agreed');
    } catch {
      // The process was killed while it was asked: the next turn starts it again.
    }
    await delay(20);
  }
  if (status === undefined) throw new Error('the rotation did not end');
  const calls: Record<string, number> = {};
  if (fault === undefined) {
    const { faults } = await jsonAs<{ faults: { service: string; operation: string; count: number }[] }>(rota.place, 'pat', 'faults', 'list');
    for (const { service, operation, count } of faults) calls[`${service} ${operation}`] = 100_000 - count;
  }
  const kms = kmsOf(rota.place);
  const successors: string[] = [];
  for (const { KeyId = '' } of (await kms.send(new ListKeysCommand({}))).Keys ?? []) {
    const { Tags = [] } = await kms.send(new ListResourceTagsCommand({ KeyId }));
    if (Tags.some((t) => t.TagKey === 'rota:rotation')) successors.push(KeyId);
  }
  const resolves = (await kms.send(new DescribeKeyCommand({ KeyId: 'alias/payments' }))).KeyMetadata?.KeyId ?? '';
  kms.destroy();
  await stop(rota);
  await rm(folder, { recursive: true, force: true });
  return { status, successors, resolves, kills, calls };
}

async function addFault(place: Place, { service, operation, kind, skip }: Fault, more: string[]): Promise<void> {
  await jsonAs(place, 'pat', 'faults', 'add', service, operation, '--kind', kind, '--skip', String(skip), ...more);
}

const changes = ['CreateKey', 'ImportKeyMaterial', 'UpdateAlias', 'PutKeyPolicy', 'TagResource'];

test(
  'killed at every boundary, a rotation finishes with exactly one successor',
  async () => {
    const clean = await rotateThrough(join(work, 'clean'), undefined);
    expect(clean.status.status).toBe('SUCCEEDED');
    const faults: Fault[] = Object.entries(clean.calls).flatMap(([call, count]) => {
      const [service = '', operation = ''] = call.split(' ');
      const kinds = service === 'kms' ? ['crash-after'] : ['crash-before', 'crash-after'];
      return kinds.flatMap((kind) => Array.from({ length: count }, (_, skip) => ({ service, operation, kind, skip })));
    });
    expect(faults.length).toBeGreaterThan(60);

    const wrong: string[] = [];
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let i = next++; i < faults.length; i = next++) {
        const fault = faults[i] as Fault;
        const name = `${fault.kind} ${fault.service} ${fault.operation} number ${fault.skip + 1}`;
        const { status, successors, resolves, kills } = await rotateThrough(join(work, `run-${i}`), fault).catch((error: unknown) => {
          throw new Error(name, { cause: error });
        });
        const verdict = [status.status === 'SUCCEEDED' ? '' : `ended ${status.status}: ${status.error?.sentence ?? ''}`, successors.length === 1 ? '' : `${successors.length} successors`, resolves === successors[0] ? '' : 'the alias does not resolve to it', kills === 1 ? '' : `${kills} kills`].filter((v) => v !== '');
        if (verdict.length > 0) wrong.push(`${name}: ${verdict.join(', ')}`);
      }
    };
    await Promise.all([worker(), worker()]);
    expect(wrong).toEqual([]);
  },
  600_000,
);
