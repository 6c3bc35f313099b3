import { randomBytes, randomUUID } from 'node:crypto';
import { arnOf, type Key } from './key.ts';
import { materialFrom } from './material.ts';
import type { Alias, Change } from './records.ts';
import type { Seal } from '../seal.ts';

/** A few of the services that keep a key of their own in each account and Region. */
const services = ['acm', 'dynamodb', 'ebs', 'lambda', 'rds', 's3', 'secretsmanager', 'sns', 'sqs', 'ssm'];

export const awsAliasNames = services.map((service) => `alias/aws/${service}`);

/** Makes the AWS managed key behind `alias/aws/...`, as AWS does when a service first needs it. */
export function makeAwsManagedKey(alias: Alias, nowMs: number, seal: Seal): { key: Key; changes: Change[] } {
  const service = alias.name.slice('alias/aws/'.length);
  const id = randomUUID();
  const bytes = randomBytes(32);
  try {
    const key: Key = {
      id,
      accountId: alias.accountId,
      region: alias.region,
      manager: 'AWS',
      spec: 'SYMMETRIC_DEFAULT',
      usage: 'ENCRYPT_DECRYPT',
      origin: 'AWS_KMS',
      description: `Default key that protects my ${service} data when no other key is defined`,
      createdMs: nowMs,
      enabled: true,
      policy: servicePolicy(service, alias),
      tags: {},
      materials: [materialFrom({ id, spec: 'SYMMETRIC_DEFAULT' }, bytes, seal, { state: 'CURRENT' })],
      rotation: { periodDays: 365, sinceMs: nowMs },
    };
    return { key, changes: [{ key }, { alias: { ...alias, targetKeyId: id, createdMs: nowMs, updatedMs: nowMs } }] };
  } finally {
    bytes.fill(0);
  }
}

/** What anyone in the account may ask of an AWS managed key; everything else belongs to the service (aws-facts 1.2). */
export const openToAll: ReadonlySet<string> = new Set([
  'DescribeKey',
  'GetKeyPolicy',
  'ListKeyPolicies',
  'ListGrants',
  'ListAliases',
  'ListResourceTags',
  'ListKeyRotations',
  'GetKeyRotationStatus',
  'GetKeyLastUsage',
]);

function servicePolicy(service: string, { accountId, region }: Alias): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Id: `auto-${service}`,
    Statement: [
      {
        Sid: `Use through ${service}`,
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:CreateGrant', 'kms:DescribeKey'],
        Resource: '*',
        Condition: { StringEquals: { 'kms:CallerAccount': accountId, 'kms:ViaService': `${service}.${region}.amazonaws.com` } },
      },
      {
        Sid: 'Look at the key',
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${accountId}:root` },
        Action: ['kms:Describe*', 'kms:Get*', 'kms:List*'],
        Resource: '*',
      },
    ],
  });
}

/** How AWS words that the key's own policy does not let anyone do this. */
export const notOpenMessage = (callerArn: string, action: string, key: Key): string =>
  `User: ${callerArn} is not authorized to perform: ${action} on resource: ${arnOf(key)} because no resource-based policy allows the ${action} action`;
