import {
  DescribeKeyCommand,
  GetKeyPolicyCommand,
  GetPublicKeyCommand,
  NotFoundException,
  paginateListAliases,
  paginateListGrants,
  paginateListResourceTags,
  type GrantListEntry,
  type KeyMetadata,
  type KMSClient,
} from '@aws-sdk/client-kms';
import type { Json } from '../core/canonical-json.ts';
import { RotaError } from '../core/errors.ts';
import type { KeySnapshot } from '../core/dossier/statement.ts';
import { policyDigest } from '../core/plan/key-policy.ts';
import type { GrantFacts, KeyFacts } from '../core/plan/key-facts.ts';

/** What reading a key's facts calls. */
export const keyFactsActions = ['kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:ListAliases', 'kms:ListGrants', 'kms:ListResourceTags'] as const;

/** DescribeKey by key id, ARN or alias. Throws `AliasUnknown` for an alias that is not there. */
export async function describeKey(kms: KMSClient, key: string): Promise<KeyMetadata & { KeyId: string; Arn: string }> {
  try {
    const { KeyMetadata: metadata } = await kms.send(new DescribeKeyCommand({ KeyId: key }));
    return metadata as KeyMetadata & { KeyId: string; Arn: string };
  } catch (error) {
    if (error instanceof NotFoundException && key.startsWith('alias/'))
      throw new RotaError('AliasUnknown', { alias: key, region: await kms.config.region() });
    throw error;
  }
}

/** Every alias of a key, sorted. */
export async function aliasesOf(kms: KMSClient, keyId: string): Promise<string[]> {
  const names: string[] = [];
  for await (const page of paginateListAliases({ client: kms }, { KeyId: keyId }))
    for (const alias of page.Aliases ?? []) if (alias.AliasName !== undefined) names.push(alias.AliasName);
  return names.sort();
}

export async function tagsOf(kms: KMSClient, keyId: string): Promise<Record<string, string>> {
  const tags: Record<string, string> = {};
  for await (const page of paginateListResourceTags({ client: kms }, { KeyId: keyId }))
    for (const tag of page.Tags ?? []) if (tag.TagKey !== undefined) tags[tag.TagKey] = tag.TagValue ?? '';
  return tags;
}

/** The public key of a key pair, SPKI DER. */
export async function publicKeyOf(kms: KMSClient, key: string): Promise<Buffer> {
  const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId: key }));
  return Buffer.from(PublicKey ?? []);
}

export async function policyOf(kms: KMSClient, keyId: string): Promise<Json> {
  const { Policy } = await kms.send(new GetKeyPolicyCommand({ KeyId: keyId, PolicyName: 'default' }));
  return JSON.parse(Policy ?? '{}') as Json;
}

export async function grantsOf(kms: KMSClient, keyId: string): Promise<GrantFacts[]> {
  const grants: GrantFacts[] = [];
  for await (const page of paginateListGrants({ client: kms }, { KeyId: keyId })) grants.push(...(page.Grants ?? []).map(grantFacts));
  return grants.sort((a, b) => a.grantId.localeCompare(b.grantId));
}

function grantFacts(grant: GrantListEntry): GrantFacts {
  return {
    grantId: grant.GrantId ?? '',
    ...(grant.Name === undefined ? {} : { name: grant.Name }),
    ...(grant.GranteePrincipal === undefined ? {} : { granteePrincipal: grant.GranteePrincipal }),
    ...(grant.RetiringPrincipal === undefined ? {} : { retiringPrincipal: grant.RetiringPrincipal }),
    operations: [...(grant.Operations ?? [])].sort(),
    ...(grant.Constraints === undefined ? {} : { constraints: JSON.parse(JSON.stringify(grant.Constraints)) as Json }),
  };
}

/** All that a plan is made from. An AWS managed key answers with what DescribeKey says of it and no more. */
export async function readKeyFacts(kms: KMSClient, key: string): Promise<KeyFacts> {
  const metadata = await describeKey(kms, key);
  const [, , , region = '', accountId = ''] = metadata.Arn.split(':');
  const customers = metadata.KeyManager === 'CUSTOMER';
  const keyId = metadata.KeyId;
  const nothing = { policy: {}, tags: {}, grants: [], aliases: [] };
  return {
    keyId,
    arn: metadata.Arn,
    accountId,
    region,
    spec: metadata.KeySpec ?? '',
    usage: metadata.KeyUsage ?? '',
    origin: metadata.Origin ?? '',
    keyManager: metadata.KeyManager ?? '',
    state: metadata.KeyState ?? '',
    multiRegion: metadata.MultiRegion ?? false,
    description: metadata.Description ?? '',
    ...(metadata.CurrentKeyMaterialId === undefined ? {} : { currentMaterialId: metadata.CurrentKeyMaterialId }),
    ...(customers ? await readSurroundings(kms, keyId) : nothing),
  };
}

async function readSurroundings(kms: KMSClient, keyId: string): Promise<Pick<KeyFacts, 'policy' | 'tags' | 'grants' | 'aliases'>> {
  const [policy, tags, grants, aliases] = await Promise.all([policyOf(kms, keyId), tagsOf(kms, keyId), grantsOf(kms, keyId), aliasesOf(kms, keyId)]);
  return { policy, tags, grants, aliases };
}

/** How a key stands at one instant, for the dossier. */
export async function snapshotKey(kms: KMSClient, keyId: string): Promise<KeySnapshot> {
  const facts = await readKeyFacts(kms, keyId);
  return { keyId, state: facts.state, aliases: [...facts.aliases], policyDigest: policyDigest(facts.policy), tags: { ...facts.tags } };
}
