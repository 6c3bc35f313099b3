import { createHash, createPublicKey } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeKeyCommand, GetKeyPolicyCommand, GetPublicKeyCommand, ListAliasesCommand, ListGrantsCommand, ListKeysCommand, ListResourceTagsCommand, type KMSClient } from '@aws-sdk/client-kms';
import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { calculateJwkThumbprint } from 'jose';
import { as, credentialsOf, jsonAs, type Place } from '../../demo/cast.ts';
import { bucket, kmsOf, openOld, parameterOf, s3Of, type Estate } from './estate.ts';
import type { Followed } from './scenarios.ts';

/** All that a rotation leaves, in words that are the same for every run: ids are replaced by what they name. */
export interface Facts {
  readonly rotations: readonly { readonly workflow: string; readonly steps: readonly string[] }[];
  readonly keys: readonly { readonly name: string; readonly state: string; readonly aliases: readonly string[]; readonly statements: readonly string[]; readonly grants: number }[];
  readonly objects: readonly string[];
  readonly published: Readonly<Record<string, readonly string[]>>;
  readonly opened: Readonly<Record<string, unknown>>;
  readonly dossiers: readonly string[];
  readonly openQuestions: number;
  /** Whether the next rotation of the alias could begin: no lock was left. */
  readonly isFree: boolean;
}

export async function factsOf(place: Place, estate: Estate, alias: string): Promise<Facts> {
  const kms = kmsOf(place);
  const s3 = s3Of(place);
  const statuses = (await jsonAs<Followed[]>(place, 'carol', 'status')).toSorted((a, b) => a.workflow.localeCompare(b.workflow));
  const names = new Map(statuses.map(({ rotationId, workflow }) => [rotationId, workflow]));
  const keys = await keysOf(kms, estate, names);
  const envelopes = await objectsIn(s3, 'rota-dossiers');
  const said = (text: string): string => [...names].reduce((all, [id, name]) => all.replaceAll(id, name), text).replace(/\b[0-9a-f]{64}\b/g, 'SHA-256');
  return {
    rotations: statuses.map(({ rotationId, workflow, status, error, leftBehind, dossierSequence, waits, aliases: moves, steps }) => ({
      workflow,
      status,
      ...(error && { error: error.sentence }),
      leftBehind: leftBehind.filter((left) => !ofEnvelope(left)).map(said),
      // An attempt that came to nothing may leave one; then it is named. What is not named holds the new key's material.
      envelopesNotNamed: envelopes.filter((object) => object.startsWith(`escrow/${rotationId}/`) && !leftBehind.some((left) => left.includes(object))).length,
      dossier: dossierSequence,
      waits: waits.length,
      moves: moves.map(({ alias, from = '', to = '' }) => said(`${alias}: ${from} to ${to}`)),
      steps: steps.map(({ step }) => step.replace(/\.[0-9a-f]{8}$/, '')).toSorted(),
    })),
    keys,
    objects: await objectsOf(s3, said),
    published: await publishedOf(place, s3, alias, said),
    opened: await openOld(kms, estate),
    dossiers: await dossiersOf(place),
    openQuestions: (await jsonAs<unknown[]>(place, 'carol', 'approvals')).length,
    isFree: (await as(place, 'carol', 'plan', alias)).exitCode === 0,
  };
}

/** Every key there is, by whose it is; what is found of it is added to the names. */
async function keysOf(kms: KMSClient, estate: Estate, names: Map<string, string>): Promise<Facts['keys']> {
  const { Aliases = [] } = await kms.send(new ListAliasesCommand({}));
  const { Keys = [] } = await kms.send(new ListKeysCommand({ Limit: 1000 }));
  const found = [];
  for (const { KeyId = '' } of Keys) {
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
    if (KeyMetadata?.KeyManager !== 'CUSTOMER') continue;
    const { Tags = [] } = await kms.send(new ListResourceTagsCommand({ KeyId }));
    const tag = (key: string): string | undefined => Tags.find((t) => t.TagKey === key)?.TagValue;
    const [mine] = Object.entries(estate.keys).find(([, id]) => id === KeyId) ?? [];
    const rotation = tag('rota:rotation');
    const name = mine !== undefined ? `old key of ${mine}` : rotation !== undefined ? `new key of ${names.get(rotation) ?? rotation}` : `own key ${tag('rota:own-key') ?? 'of nobody'}`;
    names.set(KeyId, name);
    names.set(await thumbprintOf(kms, KeyId, KeyMetadata.Arn ?? ''), name);
    const policy = JSON.parse((await kms.send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'default' }))).Policy ?? '{}') as { Statement?: { Sid?: string }[] };
    const statements = (policy.Statement ?? []).map((s) => s.Sid ?? 'unnamed');
    const grants = (await kms.send(new ListGrantsCommand({ KeyId }))).Grants?.length ?? 0;
    found.push({ name, state: KeyMetadata.KeyState ?? '', aliases: Aliases.filter((a) => a.TargetKeyId === KeyId).map((a) => a.AliasName ?? '').toSorted(), statements, grants });
  }
  return found.toSorted((a, b) => a.name.localeCompare(b.name));
}

/** How consumers call a key, by independent code; a key without a public half by its ARN. */
async function thumbprintOf(kms: KMSClient, KeyId: string, arn: string): Promise<string> {
  const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId })).catch(() => ({ PublicKey: undefined }));
  if (PublicKey === undefined) return createHash('sha256').update(arn).digest('base64url');
  return calculateJwkThumbprint(createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' }).export({ format: 'jwk' }));
}

const ofEnvelope = (left: string): boolean => left.startsWith('Envelope ');

const objectsIn = async (s3: S3Client, Bucket: string): Promise<string[]> => ((await s3.send(new ListObjectsV2Command({ Bucket }))).Contents ?? []).map((object) => object.Key ?? '');

async function objectsOf(s3: S3Client, said: (text: string) => string): Promise<string[]> {
  const names = [];
  for (const Bucket of [bucket, 'rota-dossiers']) names.push(...(await objectsIn(s3, Bucket)).map((object) => said(`${Bucket}/${object}`)));
  // Material that was escrowed by an attempt that came to nothing leaves its envelope behind: it opens nothing.
  return [...new Set(names)].toSorted();
}

/** The keys that consumers find at each target. */
async function publishedOf(place: Place, s3: S3Client, alias: string, said: (text: string) => string): Promise<Record<string, string[]>> {
  const ssm = new SSMClient({ endpoint: place.url, region: place.region, credentials: credentialsOf(place, 'pat') });
  const kids = (text: string): string[] => (JSON.parse(text) as { keys: { kid: string }[] }).keys.map(({ kid }) => said(kid));
  const Key = `${alias.replace('alias/', '')}/.well-known/jwks.json`;
  const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key })).then(({ Body }) => Body?.transformToString(), () => undefined);
  const parameter = await ssm.send(new GetParameterCommand({ Name: parameterOf(alias) })).then(({ Parameter }) => Parameter?.Value, () => undefined);
  return { ...(object && { [Key]: kids(object) }), ...(parameter && { [parameterOf(alias)]: kids(parameter) }) };
}

/** Fetches every dossier and verifies the chain, as an auditor. */
async function dossiersOf(place: Place): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'rota-dossiers-'));
  try {
    await jsonAs(place, 'audrey', 'dossier', 'get', '--all', '--out', folder);
    await jsonAs(place, 'audrey', 'dossier', 'key', '--out', join(folder, 'key.pem'));
    return (await jsonAs<{ verified: { outcome: string }[] }>(place, 'audrey', 'dossier', 'verify', folder, '--key', join(folder, 'key.pem'))).verified.map((v) => v.outcome);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
