import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateAliasCommand, CreateKeyCommand, type CreateKeyCommandInput, type KeySpec, type KeyUsageType } from '@aws-sdk/client-kms';
import type { AsymmetricKey } from '../core/registry/registry-schema.ts';
import { asYaml, personsOf, tokensKey } from '../demo/cast.ts';
import { makeImportedKey } from '../demo/imported-key.ts';
import { KeyTarget } from './key-target.ts';
import { startRota, type Rota, type Status } from './rota.ts';

export const hourMs = 3_600_000;

export interface RolloverStatus extends Status {
  readonly waits: readonly { readonly name: string; readonly until: string; readonly because: string }[];
  readonly rollover?: { readonly state: string; readonly newThumbprint?: string; readonly dates: readonly { readonly state: string; readonly at: string }[] };
}

export const isOver = ({ status }: { readonly status: string }): boolean => status !== 'RUNNING' && status !== 'WAITING';

/** An asymmetric key with its consumers, on an embedded AWS of its own. */
export interface Rollover {
  readonly rota: Rota;
  readonly target: KeyTarget;
  readonly oldKeyId: string;
  readonly start: (...options: string[]) => Promise<string>;
  readonly status: (rotationId: string) => Promise<RolloverStatus>;
  readonly until: (rotationId: string, reached: (s: RolloverStatus) => boolean) => Promise<RolloverStatus>;
  /** Both consumers acknowledge what the target serves. */
  readonly acknowledge: (rotationId: string) => Promise<string>;
  /** Lets time pass, hour by hour, until something holds. */
  readonly pass: (rotationId: string, reached: (s: RolloverStatus) => boolean, hours?: number) => Promise<RolloverStatus>;
}

interface Kind {
  readonly spec?: KeySpec;
  readonly usage?: KeyUsageType;
  /** PKCS#8 of an old key whose material was imported. */
  readonly privateKey?: () => Buffer;
  readonly certificate?: AsymmetricKey['publication']['certificate'];
  readonly change?: Partial<AsymmetricKey>;
}

async function makeKey({ kms }: Rota, key: CreateKeyCommandInput): Promise<string> {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand(key));
  await kms.send(new CreateAliasCommand({ AliasName: 'alias/tokens', TargetKeyId: KeyMetadata?.KeyId }));
  return KeyMetadata?.KeyId ?? '';
}

export async function startRollover({ spec = 'ECC_NIST_P256', usage = 'SIGN_VERIFY', privateKey, certificate, change = {} }: Kind = {}): Promise<Rollover> {
  const rota = await startRota();
  const target = await KeyTarget.start();
  const key = { KeySpec: spec, KeyUsage: usage };
  const oldKeyId = await (privateKey === undefined ? makeKey(rota, key) : makeImportedKey(rota.kms, 'alias/tokens', key, privateKey));
  const { place } = rota.local;
  const registered = tokensKey([{ name: 'partner-site', kind: 'webhook', url: target.url, readBackUrl: target.url }], place.accountId, {
    consumers: [
      { name: 'gateway', contact: 'gina@bank.example', group: 'consumers', target: 'partner-site', acknowledges: 'required', deadlineDays: 14, people: ['gina'] },
      { name: 'partner', contact: 'keys@partner.example', group: 'partners', target: 'partner-site', acknowledges: 'required', deadlineDays: 14, people: ['gina'] },
    ],
    ...change,
  });
  const asked = certificate === undefined ? registered : { ...registered, publication: { ...registered.publication, certificate } };
  const file = join(rota.folder, 'rota-tokens.yaml');
  await writeFile(file, asYaml({ version: 1, people: personsOf(place.people), keys: [asked] }));
  await rota.json('pat', 'registry', 'apply', file);
  const status = (rotationId: string) => rota.json<RolloverStatus>('carol', 'status', rotationId);
  const until: Rollover['until'] = async (rotationId, reached) => {
    for (;;) {
      const now = await status(rotationId);
      if (reached(now)) return now;
    }
  };
  return {
    rota,
    target,
    oldKeyId,
    status,
    until,
    start: async (...options) => (await rota.json<{ rotationId: string }>('carol', 'rotate', 'alias/tokens', '--reason', 'yearly rotation', ...options)).rotationId,
    acknowledge: async (rotationId) => {
      await until(rotationId, (s) => s.waits.some((w) => w.name === 'acknowledgements'));
      const kid = target.kids().at(-1) ?? '';
      for (const consumer of ['gateway', 'partner']) await rota.json('gina', 'ack', rotationId, '--consumer', consumer, '--thumbprint', kid);
      return kid;
    },
    pass: async (rotationId, reached, hours = 24 * 60) => {
      for (let hour = 0; hour < hours; hour++) {
        const now = await status(rotationId);
        if (reached(now)) return now;
        await rota.local.embedded.clock.advance(hourMs);
      }
      throw new Error(`${hours} hours passed in vain: ${JSON.stringify(await status(rotationId))}`);
    },
  };
}
