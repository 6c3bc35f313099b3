import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { Key } from '../../local/kms/key.ts';
import type { Change } from '../../local/kms/records.ts';
import { kindsAt, material, type Kind, type Truth } from './kinds.ts';

const dayMs = 86_400_000;

export interface EstateOptions {
  /** All keys in `region`, AWS managed ones included. */
  readonly count: number;
  readonly accountId: string;
  readonly region: string;
  readonly nowMs: number;
  /** Which of these keys there are; left out, all. */
  readonly only?: (key: EstateKey) => boolean;
}

/** One key of an estate, its aliases, and what is true of it. */
export interface EstateKey {
  readonly key: Key;
  readonly aliases: readonly string[];
  readonly registered: boolean;
  readonly truth: Truth;
}

/** A handful in each account and Region, however many keys of its own it has. */
const awsServices = 'acm backup connect dms dynamodb ebs ec2 ecr elasticfilesystem es events fsx glue kafka kinesis kinesisvideo lambda lex lightsail mq rds redshift s3 secretsmanager ses sns sqs ssm ssmincidents timestream transfer workmail workspaces xray'.split(' ');

/** Always the same id for the same number, spread as AWS's are. */
function idOf(region: string, index: number, multiRegion: boolean): string {
  const hex = createHash('sha256').update(`${region} key ${index}`).digest('hex');
  if (multiRegion) return `mrk-${hex.slice(0, 32)}`;
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/** Which of a thousand keys in a row are of which kind: spread, so that any stretch of an estate is mixed alike. */
function spread(kinds: readonly Kind[]): readonly Kind[] {
  const places = kinds.flatMap((kind) => Array.from({ length: kind.perThousand }, (_, i) => ({ kind, at: (i + 0.5) / kind.perThousand })));
  if (places.length !== 1000) throw new Error(`the kinds make ${places.length}, not 1,000`);
  return places.sort((a, b) => a.at - b.at).map(({ kind }) => kind);
}

/** The keys of an account in one Region, of all kinds; the same options make the same estate. */
export function* estate(options: EstateOptions): Generator<EstateKey> {
  for (const key of allKeys(options)) if (options.only?.(key) ?? true) yield key;
}

function* allKeys({ count, accountId, region, nowMs }: EstateOptions): Generator<EstateKey> {
  const order = spread(kindsAt(nowMs));
  const managed = awsServices.slice(0, Math.ceil(count / 100));
  const base = { accountId, region, usage: 'ENCRYPT_DECRYPT', spec: 'SYMMETRIC_DEFAULT', origin: 'AWS_KMS', description: '', enabled: true, tags: {}, materials: [material('aa')] } as const;
  const policy = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${accountId}:root` }, Action: 'kms:*', Resource: '*' }] });
  for (let index = 0; index < count; index++) {
    const service = managed[index];
    if (service !== undefined) {
      const key: Key = { ...base, id: idOf(region, index, false), manager: 'AWS', createdMs: nowMs - 900 * dayMs, policy, rotation: { periodDays: 365, sinceMs: nowMs - 10 * dayMs } };
      yield { key, aliases: [`alias/aws/${service}`], registered: false, truth: { class: 'aws-managed', findings: [] } };
      continue;
    }
    const kind = order[index % 1000] as Kind;
    const key: Key = { ...base, ...kind.key, id: idOf(region, index, kind.key.multiRegion !== undefined), manager: 'CUSTOMER', policy, createdMs: nowMs - kind.ageDays * dayMs };
    const named = index % 10 < kind.aliasesInTen;
    const aliases = named ? [`alias/team-${index % 97}/key-${index}`, ...(index % 20 === 0 ? [`alias/also-${index}`] : [])] : [];
    yield { key, aliases, registered: kind.registered === true && named, truth: kind.truth };
  }
}

/** The lines of the journal of an embedded KMS that has this estate, primary keys elsewhere included. */
function changesOf({ key, aliases }: EstateKey, kinds: readonly Kind[]): Change[] {
  const { accountId, region, id, createdMs } = key;
  const primaryRegion = key.multiRegion?.primaryRegion;
  const elsewhere = primaryRegion !== undefined && primaryRegion !== region ? kinds.find((kind) => kind.replicaOf?.region === primaryRegion) : undefined;
  const primary = elsewhere === undefined ? [] : [{ key: { ...key, region: primaryRegion as string, rotation: elsewhere.replicaOf?.rotation } }];
  return [{ key }, ...primary, ...aliases.map((name) => ({ alias: { name, accountId, region, targetKeyId: id, createdMs, updatedMs: createdMs } }))];
}

/** Writes the data folder of an embedded AWS that has these estates, before it is started. A hundred thousand keys take seconds. */
export async function writeEstates(folder: string, estates: readonly EstateOptions[]): Promise<void> {
  await mkdir(join(folder, 'kms'), { recursive: true });
  await writeFile(join(folder, 'kms', 'kms.master-key'), randomBytes(32));
  const journal = createWriteStream(join(folder, 'kms', 'kms.journal'));
  for (const options of estates) {
    const kinds = kindsAt(options.nowMs);
    for (const one of estate(options)) if (!journal.write(`${JSON.stringify(changesOf(one, kinds))}\n`)) await once(journal, 'drain');
  }
  journal.end();
  await finished(journal);
}
