import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DescribeKeyCommand, GetKeyPolicyCommand, type CreateKeyCommandInput } from '@aws-sdk/client-kms';
import { embeddedCall } from '../cli/embedded-call.ts';
import type { Registry } from '../core/registry/registry-schema.ts';
import { credentialsOf } from '../demo/cast.ts';
import { makeImportedKey } from '../demo/imported-key.ts';
import { startRota, type Rota, type Status } from './rota.ts';

const dayMs = 86_400_000;

export interface WaitingStatus extends Status {
  readonly workflow: string;
  readonly waits: readonly { readonly name: string; readonly until: string; readonly because: string }[];
}

interface RotaEvent {
  readonly 'detail-type': string;
  readonly detail: { readonly keyId?: string; readonly principals?: readonly string[]; readonly uses?: readonly { readonly operation: string; readonly principal: string }[] };
}

export const isOver = ({ status }: Pick<Status, 'status'>): boolean => status !== 'RUNNING' && status !== 'WAITING';
export const waitsIn = (name: string) => (s: WaitingStatus) => s.waits.some((w) => w.name === name) || isOver(s);

/** What tests of a retirement look at; the clock is moved by hand. */
export class Retirement {
  readonly rota: Rota;
  readonly keyId: string;

  constructor(rota: Rota, keyId: string) {
    this.rota = rota;
    this.keyId = keyId;
  }

  status = (rotationId: string): Promise<WaitingStatus> => this.rota.json<WaitingStatus>('carol', 'status', rotationId);

  async until(rotationId: string, reached: (s: WaitingStatus) => boolean): Promise<WaitingStatus> {
    for (;;) {
      const now = await this.status(rotationId);
      if (reached(now)) return now;
    }
  }

  /** Lets whole days pass. */
  days = (count: number): Promise<void> => this.rota.local.embedded.clock.advance(count * dayMs);

  start = async (): Promise<string> => (await this.rota.json<{ rotationId: string }>('carol', 'retire', this.keyId, '--reason', 'followed a year ago')).rotationId;

  /** Started and approved: it waits with the key denied. */
  async denied(): Promise<string> {
    const rotationId = await this.start();
    await this.rota.approve(await this.rota.question(rotationId));
    await this.until(rotationId, waitsIn('deny'));
    return rotationId;
  }

  /** And nobody used it: it waits with the key Disabled. */
  async watched(): Promise<string> {
    const rotationId = await this.denied();
    await this.days(31);
    await this.until(rotationId, waitsIn('watch'));
    return rotationId;
  }

  async keyState(): Promise<string | undefined> {
    return (await this.rota.kms.send(new DescribeKeyCommand({ KeyId: this.keyId }))).KeyMetadata?.KeyState;
  }

  /** The policy as text; what Rota added to it is known by its Sid. */
  async policy(): Promise<string> {
    return (await this.rota.kms.send(new GetKeyPolicyCommand({ KeyId: this.keyId, PolicyName: 'default' }))).Policy ?? '';
  }

  /** The `detail`s of events of this type, oldest first. */
  async events(detailType: string): Promise<RotaEvent['detail'][]> {
    const { place } = this.rota.local;
    const { accessKeyId, secretAccessKey } = credentialsOf(place, 'pat');
    const env = { ROTA_URL: place.url, AWS_REGION: place.region, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
    const { events } = await embeddedCall<{ events: RotaEvent[] }>({ out: () => undefined, err: () => undefined, env }, 'ListEvents', {});
    return events.filter((e) => e['detail-type'] === detailType).map((e) => e.detail);
  }

  /** Fetches every dossier and verifies the chain offline, as an auditor. */
  async dossiers(): Promise<{ folder: string; outcomes: string[] }> {
    const folder = join(this.rota.folder, 'evidence');
    await mkdir(folder, { recursive: true });
    await this.rota.json('audrey', 'dossier', 'get', '--all', '--out', folder);
    await this.rota.json('audrey', 'dossier', 'key', '--out', join(folder, 'key.pem'));
    const { verified } = await this.rota.json<{ verified: { outcome: string }[] }>('audrey', 'dossier', 'verify', folder, '--key', join(folder, 'key.pem'));
    return { folder, outcomes: verified.map((v) => v.outcome) };
  }
}

/** A key with imported material that a rotation has put aside. */
export async function startRetirement(key: CreateKeyCommandInput = {}, change?: (registry: Registry) => Registry, before?: (rota: Rota) => Promise<void>): Promise<Retirement> {
  const rota = await startRota();
  const keyId = await makeImportedKey(rota.kms, 'alias/payments', key);
  await rota.apply(change);
  await before?.(rota);
  await rota.rotated();
  return new Retirement(rota, keyId);
}
