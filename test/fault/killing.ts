import { spawn, type ChildProcess } from 'node:child_process';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DescribeKeyCommand, KMSClient, ListKeysCommand, ListResourceTagsCommand } from '@aws-sdk/client-kms';
import { build } from 'esbuild';
import { as, credentialsOf, jsonAs, type Place } from '../../demo/cast.ts';
import type { RolloverStatus } from '../rollover.ts';

/** What is rotated, and what people do on the way. */
export interface Scenario {
  readonly program: string;
  /** A data folder in which everything is ready. */
  readonly template: string;
  readonly alias: string;
  /** The calls whose boundaries count, as service and operation. */
  readonly boundaries: readonly (readonly [service: string, operation: string])[];
  /** What is followed to its end; where a template has none of the kind yet, `begin` starts it. */
  readonly workflow: string;
  readonly begin: (place: Place) => Promise<unknown>;
  /** Beside approving what is asked. */
  readonly attend: (place: Place, status: RolloverStatus) => Promise<void>;
}

export interface Running {
  readonly place: Place;
  readonly child: ChildProcess;
}

/** `rota` as it is, in one file that a process can run. */
export async function buildProgram(): Promise<string> {
  const program = join(process.cwd(), 'node_modules', '.cache', `rota-under-test-${process.pid}-${crypto.randomUUID()}.mjs`);
  await build({ entryPoints: ['cli/main.ts'], outfile: program, bundle: true, platform: 'node', format: 'esm', target: 'node20.19', packages: 'external', logLevel: 'error' });
  return program;
}

export const kmsOf = (place: Place): KMSClient => new KMSClient({ endpoint: place.url, region: place.region, credentials: credentialsOf(place, 'pat'), maxAttempts: 1 });

export function start(program: string, folder: string): Promise<Running> {
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

export async function stop({ child }: Running): Promise<void> {
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

type Followed = RolloverStatus & { readonly workflow: string };

interface Outcome {
  readonly status: Followed;
  readonly oldKeyState: string;
  readonly successors: string[];
  readonly resolves: string;
  readonly kills: number;
  /** Of a run without a fault: how often each boundary's call was made. */
  readonly calls: Record<string, number>;
}

const over = ['SUCCEEDED', 'FAILED', 'ROLLED_BACK'];

/** Goes to the end, whatever is killed on the way: starts again when the process is gone, and approves what is asked. */
async function goThrough(scenario: Scenario, folder: string, fault: Fault | undefined): Promise<Outcome> {
  const { program, template, alias, boundaries } = scenario;
  await cp(template, folder, { recursive: true });
  let rota = await start(program, folder);
  let kills = 0;
  if (fault === undefined) for (const [service, operation] of boundaries) await addFault(rota.place, { service, operation, kind: 'delay', skip: 0 }, ['--count', '100000', '--delay-ms', '0']);
  else await addFault(rota.place, fault, []);
  let status: Followed | undefined;
  for (let turns = 0; turns < 2_000; turns++) {
    if (isGone(rota)) {
      kills += 1;
      rota = await start(program, folder);
    }
    try {
      const first = (await jsonAs<Followed[]>(rota.place, 'carol', 'status')).find((s) => s.workflow === scenario.workflow);
      if (first === undefined) await scenario.begin(rota.place);
      else if (over.includes(first.status)) {
        status = first;
        break;
      } else {
        for (const question of first.waitingFor) for (const id of ['alice', 'bob']) await as(rota.place, id, 'approve', question, '--reason', 'agreed');
        await scenario.attend(rota.place, first);
      }
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
  const resolves = (await kms.send(new DescribeKeyCommand({ KeyId: alias }))).KeyMetadata?.KeyId ?? '';
  const oldKeyState = (await kms.send(new DescribeKeyCommand({ KeyId: status.oldKeyId }))).KeyMetadata?.KeyState ?? '';
  kms.destroy();
  await stop(rota);
  await rm(folder, { recursive: true, force: true });
  return { status, oldKeyState, successors, resolves, kills, calls };
}

async function addFault(place: Place, { service, operation, kind, skip }: Fault, more: string[]): Promise<void> {
  await jsonAs(place, 'pat', 'faults', 'add', service, operation, '--kind', kind, '--skip', String(skip), ...more);
}

/** Kills at each boundary that a clean run counts, and answers what went wrong, one line each. */
export async function killAtEach(scenario: Scenario, work: string, kindsOf: (service: string) => readonly string[]): Promise<{ boundaries: number; wrong: string[] }> {
  const clean = await goThrough(scenario, join(work, 'clean'), undefined);
  if (clean.status.status !== 'SUCCEEDED') throw new Error(`without a kill the rotation ended ${clean.status.status}: ${clean.status.error?.sentence ?? ''}`);
  const faults: Fault[] = Object.entries(clean.calls).flatMap(([call, count]) => {
    const [service = '', operation = ''] = call.split(' ');
    return kindsOf(service).flatMap((kind) => Array.from({ length: count }, (_, skip) => ({ service, operation, kind, skip })));
  });
  const wrong: string[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < faults.length; i = next++) {
      const fault = faults[i] as Fault;
      const name = `${fault.kind} ${fault.service} ${fault.operation} number ${fault.skip + 1}`;
      const outcome = await goThrough(scenario, join(work, `run-${i}`), fault).catch((error: unknown) => {
        throw new Error(name, { cause: error });
      });
      const faultsFound = faultsOf(outcome);
      if (faultsFound.length > 0) wrong.push(`${name}: ${faultsFound.join(', ')}`);
    }
  };
  await Promise.all([worker(), worker()]);
  return { boundaries: faults.length, wrong };
}

function faultsOf({ status, oldKeyState, successors, resolves, kills }: Outcome): string[] {
  const left = status.workflow === 'retire' ? 'Disabled' : 'Enabled';
  return [
    oldKeyState === left ? '' : `the old key is ${oldKeyState}`,
    status.status === 'SUCCEEDED' ? '' : `ended ${status.status}: ${status.error?.sentence ?? ''}`,
    status.leftBehind.length === 0 ? '' : `left behind: ${status.leftBehind.join(' ')}`,
    successors.length === 1 ? '' : `${successors.length} successors`,
    resolves === successors[0] ? '' : 'the alias does not resolve to it',
    kills === 1 ? '' : `${kills} kills`,
  ].filter((v) => v !== '');
}
