import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateAliasCommand, CreateKeyCommand, DecryptCommand, EncryptCommand, GenerateMacCommand, KMSClient, SignCommand, VerifyCommand, VerifyMacCommand, type KeySpec, type KeyUsageType } from '@aws-sdk/client-kms';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { AsymmetricKey, Person } from '../../core/registry/registry-schema.ts';
import { asYaml, credentialsOf, jsonAs, paymentsRegistry, tokensKey, type Place } from '../../demo/cast.ts';
import { makeImportedKey } from '../../demo/imported-key.ts';
import { makeRecoveryCertificate } from '../../demo/recovery-certificate.ts';

export const bucket = 'rota-published-keys';
export const parameterOf = (alias: string): string => `/rota/published/${alias.replace('alias/', '')}`;

/** The keys of a bank before anybody rotates, and something that each has made. */
export interface Estate {
  readonly keys: Readonly<Record<string, string>>;
  /** Base64. */
  readonly made: Readonly<Record<string, string>>;
}

const clientOf = <C>(Client: new (settings: object) => C, { url, region, ...place }: Place): C =>
  new Client({ endpoint: url, region, credentials: credentialsOf({ url, region, ...place }, 'pat'), maxAttempts: 1, forcePathStyle: true });
export const kmsOf = (place: Place): KMSClient => clientOf(KMSClient, place);
export const s3Of = (place: Place): S3Client => clientOf(S3Client, place);

const asymmetric = {
  'alias/tokens': { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' },
  'alias/secrets': { KeySpec: 'RSA_2048', KeyUsage: 'ENCRYPT_DECRYPT' },
  'alias/macs': { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
} satisfies Record<string, { KeySpec: KeySpec; KeyUsage: KeyUsageType }>;

/** What is worth keeping for ever: data under the old key, or something that it signed. */
const old = Buffer.from('old data');
const encrypts = async (kms: KMSClient, KeyId: string) => (await kms.send(new EncryptCommand({ KeyId, Plaintext: old }))).CiphertextBlob;
const makers: Readonly<Record<string, (kms: KMSClient, KeyId: string) => Promise<Uint8Array | undefined>>> = {
  'alias/payments': encrypts,
  'alias/quiet': encrypts,
  'alias/secrets': async (kms, KeyId) => (await kms.send(new EncryptCommand({ KeyId, Plaintext: old, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }))).CiphertextBlob,
  'alias/tokens': async (kms, KeyId) => (await kms.send(new SignCommand({ KeyId, Message: old, SigningAlgorithm: 'ECDSA_SHA_256' }))).Signature,
  'alias/macs': async (kms, KeyId) => (await kms.send(new GenerateMacCommand({ KeyId, Message: old, MacAlgorithm: 'HMAC_SHA_256' }))).Mac,
};
const decrypts = async (kms: KMSClient, KeyId: string, CiphertextBlob: Buffer) => old.equals((await kms.send(new DecryptCommand({ KeyId, CiphertextBlob }))).Plaintext ?? Buffer.alloc(0));
const openers: Readonly<Record<string, (kms: KMSClient, KeyId: string, made: Buffer) => Promise<boolean | undefined>>> = {
  'alias/payments': decrypts,
  'alias/quiet': decrypts,
  'alias/secrets': async (kms, KeyId, CiphertextBlob) =>
    old.equals((await kms.send(new DecryptCommand({ KeyId, CiphertextBlob, EncryptionAlgorithm: 'RSAES_OAEP_SHA_256' }))).Plaintext ?? Buffer.alloc(0)),
  'alias/tokens': async (kms, KeyId, Signature) => (await kms.send(new VerifyCommand({ KeyId, Message: old, Signature, SigningAlgorithm: 'ECDSA_SHA_256' }))).SignatureValid,
  'alias/macs': async (kms, KeyId, Mac) => (await kms.send(new VerifyMacCommand({ KeyId, Message: old, Mac, MacAlgorithm: 'HMAC_SHA_256' }))).MacValid,
};

/** What becomes of everything that the old keys made: `true`, or the name of what KMS refuses it with. */
export async function openOld(kms: KMSClient, { keys, made }: Estate): Promise<Record<string, unknown>> {
  const opened: Record<string, unknown> = {};
  for (const [alias, open] of Object.entries(openers))
    opened[alias] = await open(kms, keys[alias] ?? '', Buffer.from(made[alias] ?? '', 'base64')).catch((error: unknown) => (error as Error).name);
  return opened;
}

const daySeconds = 86_400;

const file = (folder: string): string => join(folder, 'estate.json');
export const readEstate = async (folder: string): Promise<Estate> => JSON.parse(await readFile(file(folder), 'utf8')) as Estate;

/** Makes keys of every kind, registers them, and remembers in the folder what is needed to look at them later. */
export async function makeEstate(place: Place, folder: string): Promise<void> {
  const kms = kmsOf(place);
  const keys: Record<string, string> = {};
  for (const alias of ['alias/payments', 'alias/quiet']) keys[alias] = await makeImportedKey(kms, alias);
  for (const [alias, kind] of Object.entries(asymmetric)) {
    const { KeyMetadata } = await kms.send(new CreateKeyCommand(kind));
    keys[alias] = KeyMetadata?.KeyId ?? '';
    await kms.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: keys[alias] }));
  }
  const made: Record<string, string> = {};
  for (const [alias, make] of Object.entries(makers)) made[alias] = Buffer.from((await make(kms, keys[alias] ?? '')) ?? []).toString('base64');
  await s3Of(place).send(new CreateBucketCommand({ Bucket: bucket }));
  await writeFile(file(folder), JSON.stringify({ keys, made } satisfies Estate));
  await register(place, folder);
}

async function register(place: Place, folder: string): Promise<void> {
  const { people } = (await jsonAs<{ registry: { people: Person[] } }>(place, 'pat', 'registry', 'show')).registry;
  const {
    keys: [payments],
    ...registry
  } = paymentsRegistry(people, makeRecoveryCertificate('Recovery officer').certificatePem, place.accountId);
  const keys = Object.keys(asymmetric).map((alias) => registered(alias, place));
  // Longer than the tests look away.
  const patience = { timeoutSeconds: 60 * daySeconds, heartbeatSeconds: 50 * daySeconds };
  const retirement = { denySeconds: 30 * daySeconds, watchSeconds: 14 * daySeconds };
  const yaml = join(folder, 'rota.yaml');
  if (payments?.method !== 'new-key') throw new Error('the registry of the demo has lost its imported key');
  const imported = { ...payments, retirement, approvals: { ...payments.approvals, ...patience } };
  const quiet = { ...imported, alias: 'alias/quiet', adoption: { quietSeconds: 2 * daySeconds, overdueAfterSeconds: 30 * daySeconds } };
  await writeFile(yaml, asYaml({ ...registry, keys: [imported, quiet, ...keys] }));
  await jsonAs(place, 'pat', 'registry', 'apply', yaml);
}

function registered(alias: string, place: Place): AsymmetricKey {
  const targets: AsymmetricKey['publication']['targets'] = [
    { name: 'jwks', kind: 's3', bucket, prefix: `${alias.replace('alias/', '')}/` },
    { name: 'parameter', kind: 'ssm', parameter: parameterOf(alias) },
  ];
  const key = tokensKey(targets, place.accountId, {
    alias,
    consumers: [{ name: 'gateway', contact: 'gina@bank.example', group: 'consumers', target: 'jwks', acknowledges: 'required', deadlineDays: 14, people: ['gina'] }],
    acknowledgement: [],
  });
  return alias === 'alias/tokens' ? { ...key, publication: { targets, certificate: { kind: 'self-signed', subject: 'CN=tokens', validityDays: 398 } } } : key;
}
