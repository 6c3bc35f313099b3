import { CreateTableCommand, DescribeTableCommand, ResourceInUseException, type KeySchemaElement } from '@aws-sdk/client-dynamodb';
import { CreateAliasCommand, CreateKeyCommand, DescribeKeyCommand, EnableKeyRotationCommand, NotFoundException, type KMSClient } from '@aws-sdk/client-kms';
import { CreateBucketCommand, PutObjectLockConfigurationCommand } from '@aws-sdk/client-s3';
import type { Clients, Names } from './clients.ts';
import { keysTagged } from './tagged-keys.ts';

/** The keys of each table: partition, and sort key where there is one. All strings. */
export const tableKeys = {
  registryTable: ['revision', 'item'],
  ledgerTable: ['rotationId', 'step'],
  approvalTable: ['approvalId'],
  publicationTable: ['alias', 'version'],
  acknowledgementTable: ['rotationId', 'item'],
  waitTable: ['rotationId', 'name'],
  findingTable: ['place', 'item'],
  passkeyTable: ['item'],
  sessionTable: ['item'],
} as const satisfies Partial<Record<keyof Names, readonly string[]>>;

/** Who alone may use one of Rota's own keys for what: a policy text, or nothing for the default policy. */
export type OwnKeyPolicies = Partial<Record<'tokenKey' | 'decisionKey' | 'dossierKey', string>>;

const ownKeys = {
  tokenKey: { KeySpec: 'SYMMETRIC_DEFAULT', KeyUsage: 'ENCRYPT_DECRYPT', Description: 'Rota: task tokens of open approvals' },
  decisionKey: { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY', Description: 'Rota: signs decisions' },
  dossierKey: { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY', Description: 'Rota: signs dossiers' },
} as const;

/** Makes what a deployment by CDK would have made, where it is missing: tables, bucket, Rota's own keys. Repeatable. */
export async function setUp(clients: Clients, names: Names, policies: OwnKeyPolicies): Promise<void> {
  for (const table of Object.keys(tableKeys) as (keyof typeof tableKeys)[]) await makeTable(clients, names[table], tableKeys[table]);
  await makeBucket(clients, names.recordBucket, false);
  await makeBucket(clients, names.dossierBucket, true);
  await lockBucket(clients, names.dossierBucket);
  for (const key of Object.keys(ownKeys) as (keyof typeof ownKeys)[]) await makeOwnKey(clients, key, names[key], policies[key]);
}

async function makeTable({ dynamo }: Clients, TableName: string, keys: readonly string[]): Promise<void> {
  const roles = ['HASH', 'RANGE'] as const;
  await dynamo
    .send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
        KeySchema: keys.map((AttributeName, i): KeySchemaElement => ({ AttributeName, KeyType: roles[i] ?? 'RANGE' })),
      }),
    )
    .catch((error: unknown) => {
      if (!(error instanceof ResourceInUseException)) throw error;
    });
  for (;;) {
    const { Table } = await dynamo.send(new DescribeTableCommand({ TableName }));
    if (Table?.TableStatus === 'ACTIVE') return;
  }
}

async function makeBucket({ s3 }: Clients, Bucket: string, ObjectLockEnabledForBucket: boolean): Promise<void> {
  try {
    await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket }));
  } catch (error) {
    if (!(error instanceof Error) || !['BucketAlreadyOwnedByYou', 'BucketAlreadyExists'].includes(error.name)) throw error;
  }
}

/** One year of retention that whoever administers the embedded AWS can lift: enough to show what the lock does. */
async function lockBucket({ s3 }: Clients, Bucket: string): Promise<void> {
  await s3.send(
    new PutObjectLockConfigurationCommand({
      Bucket,
      ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 365 } } },
    }),
  );
}

async function makeOwnKey({ kms, kmsOnce }: Clients, role: keyof typeof ownKeys, alias: string, policy: string | undefined): Promise<void> {
  try {
    await kms.send(new DescribeKeyCommand({ KeyId: alias }));
  } catch (error) {
    if (!(error instanceof NotFoundException)) throw error;
    // An earlier set-up may have made it and not come to name it.
    const [made] = await keysTagged(kms, 'rota:own-key', role);
    const keyId = made ?? (await createOwnKey(kmsOnce, role, policy));
    if (ownKeys[role].KeySpec === 'SYMMETRIC_DEFAULT') await kms.send(new EnableKeyRotationCommand({ KeyId: keyId }));
    await kms.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: keyId }));
  }
}

async function createOwnKey(kms: KMSClient, role: keyof typeof ownKeys, policy: string | undefined): Promise<string> {
  const { KeyMetadata } = await kms.send(
    new CreateKeyCommand({ ...ownKeys[role], Tags: [{ TagKey: 'rota:own-key', TagValue: role }], ...(policy === undefined ? {} : { Policy: policy }) }),
  );
  return KeyMetadata?.KeyId ?? '';
}
