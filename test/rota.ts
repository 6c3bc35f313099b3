import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KMSClient } from '@aws-sdk/client-kms';
import { onTestFinished } from 'vitest';
import { startLocal, type Local, type LocalOptions } from '../cli/commands/local.ts';
import type { Registry } from '../core/registry/registry-schema.ts';
import { as, asYaml, credentialsOf, jsonAs, paymentsRegistry, type Said } from '../demo/cast.ts';
import { makeRecoveryCertificate } from '../demo/recovery-certificate.ts';

export const recovery = makeRecoveryCertificate('Recovery officer');

export interface Status {
  readonly rotationId: string;
  readonly status: string;
  readonly oldKeyId?: string;
  readonly newKeyId?: string;
  readonly aliases: readonly { readonly alias: string; readonly from?: string; readonly to?: string }[];
  readonly error?: { readonly name: string; readonly sentence: string };
  readonly leftBehind: readonly string[];
  readonly dossierSequence?: number;
  readonly waitingFor: readonly string[];
  readonly steps: readonly { readonly step: string; readonly completedAt?: string }[];
  readonly rolledBackBy?: string;
}

/** Rota on an embedded AWS of its own, with what tests do to it. Gone when the test ends. */
export interface Rota {
  readonly local: Local;
  readonly folder: string;
  /** A KMS client of the platform engineer. */
  readonly kms: KMSClient;
  readonly as: (id: string, ...args: string[]) => Promise<Said>;
  readonly json: <T>(id: string, ...args: string[]) => Promise<T>;
  /** Stops the embedded AWS, does something to its folder, starts it again. */
  readonly restart: (between: () => Promise<void>) => Promise<void>;
  readonly apply: (change?: (registry: Registry) => Registry) => Promise<void>;
  /** Starts a rotation of alias/payments as carol. */
  readonly rotate: () => Promise<string>;
  readonly status: (rotationId: string) => Promise<Status>;
  /** The id of the question that a rotation puts, once it does; another one than `not`. */
  readonly question: (rotationId: string, not?: string) => Promise<string>;
  readonly ended: (rotationId: string) => Promise<Status>;
  /** Two of security approve. */
  readonly approve: (approvalId: string) => Promise<void>;
  /** A rotation of alias/payments that was approved and has ended; its id. */
  readonly rotated: () => Promise<string>;
}

export async function startRota(options: Pick<LocalOptions, 'quotaScale' | 'accounts'> = {}): Promise<Rota> {
  const folder = await mkdtemp(join(tmpdir(), 'rota-test-'));
  let local = await startLocal({ port: 0, folder, region: 'eu-central-1', ...options });
  const client = () => new KMSClient({ endpoint: local.place.url, region: 'eu-central-1', credentials: credentialsOf(local.place, 'pat') });
  let kms = client();
  onTestFinished(async () => {
    kms.destroy();
    await local.close();
    await rm(folder, { recursive: true, force: true });
  });
  const say = (id: string, ...args: string[]) => as(local.place, id, ...args);
  const json = <T>(id: string, ...args: string[]) => jsonAs<T>(local.place, id, ...args);
  const status = (rotationId: string) => json<Status>('carol', 'status', rotationId);
  const until = async (rotationId: string, reached: (s: Status) => boolean): Promise<Status> => {
    for (;;) {
      const now = await status(rotationId);
      if (reached(now)) return now;
    }
  };
  const rotate = async (): Promise<string> => (await json<{ rotationId: string }>('carol', 'rotate', 'alias/payments', '--reason', 'yearly rotation')).rotationId;
  const question = async (rotationId: string, not?: string): Promise<string> => {
    const waiting = await until(rotationId, (s) => s.status === 'FAILED' || s.waitingFor.some((id) => id !== not));
    const id = waiting.waitingFor.find((q) => q !== not);
    if (id === undefined) throw new Error(`the rotation ended early: ${waiting.error?.sentence ?? ''}`);
    return id;
  };
  const ended = (rotationId: string): Promise<Status> => until(rotationId, (s) => s.status !== 'RUNNING' && s.status !== 'WAITING');
  const approve = async (approvalId: string): Promise<void> => {
    for (const id of ['alice', 'bob']) await json(id, 'approve', approvalId, '--reason', 'as in CHG-1234');
  };
  return {
    get local() {
      return local;
    },
    folder,
    get kms() {
      return kms;
    },
    restart: async (between) => {
      kms.destroy();
      await local.close();
      await between();
      local = await startLocal({ port: 0, folder, region: 'eu-central-1', ...options });
      kms = client();
    },
    as: say,
    json,
    status,
    apply: async (change = (r) => r) => {
      const file = join(folder, 'rota.yaml');
      await writeFile(file, asYaml(change(paymentsRegistry(local.place.people, recovery.certificatePem, local.place.accountId))));
      await json('pat', 'registry', 'apply', file);
    },
    rotate,
    question,
    ended,
    approve,
    rotated: async () => {
      const rotationId = await rotate();
      await approve(await question(rotationId));
      await ended(rotationId);
      return rotationId;
    },
  };
}
