import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { AwsError } from '../wire/errors.ts';
import { reach } from './access.ts';
import { conditionValues } from './condition-values.ts';
import * as field from './fields.ts';
import { arnOf, isReplica, metadataOf, type Key } from './key.ts';
import { defaultPolicy } from './key-policies.ts';
import { paging } from './listing.ts';
import { makeBytes, materialFrom } from './material.ts';
import { homeOf, operation, type Call, type Output } from './operation.ts';
import { checkPolicy } from './policy.ts';
import { withMissedRotation } from './rotation.ts';
import { lackingSpecs, specOf, specs, type KeyUsage, type SpecName } from './specs.ts';
import { withTags } from './tags.ts';

/** Made while the clock stood ahead of real time: such a key is no witness of when anything happened. */
const movedClockTag = { TagKey: 'rota-local:moved-clock', TagValue: 'true' };

const refuse = (code: string, message: string): AwsError => new AwsError(code, message);

const specNames = Object.keys(specs) as [SpecName, ...SpecName[]];

const createInput = z.strictObject({
  Policy: field.policy.optional(),
  Description: field.description.default(''),
  KeyUsage: z.enum(['ENCRYPT_DECRYPT', 'SIGN_VERIFY', 'GENERATE_VERIFY_MAC', 'KEY_AGREEMENT', 'ENCAPSULATE_DECAPSULATE']).optional(),
  CustomerMasterKeySpec: z.enum([...specNames, 'SM2']).optional(),
  KeySpec: z.enum([...specNames, ...lackingSpecs]).optional(),
  Origin: z.enum(['AWS_KMS', 'EXTERNAL', 'AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE']).default('AWS_KMS'),
  CustomKeyStoreId: z.string().min(1).max(64).optional(),
  BypassPolicyLockoutSafetyCheck: field.flag,
  Tags: field.tagList.default([]),
  MultiRegion: z.boolean().default(false),
  XksKeyId: z.string().min(1).max(128).optional(),
});

const CreateKey = operation(createInput, async (call, input) => {
  const { spec, usage } = checkedKind(input);
  const { accountId, region } = call.caller;
  const id = input.MultiRegion ? `mrk-${randomUUID().replaceAll('-', '')}` : randomUUID();
  const key: Key = {
    id,
    accountId,
    region,
    manager: 'CUSTOMER',
    spec,
    usage,
    origin: input.Origin === 'EXTERNAL' ? 'EXTERNAL' : 'AWS_KMS',
    description: input.Description,
    createdMs: call.nowMs,
    enabled: true,
    policy: input.Policy ?? defaultPolicy(accountId),
    tags: tagsOf(call, input.Tags),
    multiRegion: input.MultiRegion ? { primaryRegion: region } : undefined,
    materials: [],
  };
  // The tags of a key that is still to be made are the request's, not the resource's.
  call.serviceControl.check({ action: 'kms:CreateKey', callerArn: call.caller.arn, keyArn: '*', valuesOf: conditionValues({ call, key: { ...key, tags: {} }, reference: '', action: 'CreateKey' }) });
  checkNewPolicy(call, key, input.BypassPolicyLockoutSafetyCheck);
  if (key.origin === 'EXTERNAL') call.wrappingPairs.prepare();
  const whole = key.origin === 'EXTERNAL' ? key : await withFirstMaterial(call, key);
  call.store.commit({ key: whole });
  return { KeyMetadata: metadataOf(whole, []) };
});

/** The tags of a new key, with a mark when the clock has been moved. */
export const tagsOf = (call: Call, tags: z.output<typeof field.tagList>): Key['tags'] =>
  withTags(withTags({}, tags), call.clockMoved ? [movedClockTag] : []);

/** `checkPolicy` for a key that is about to be made. */
export function checkNewPolicy(call: Call, key: Key, bypass: boolean | undefined): void {
  const valuesOf = conditionValues({ call, key, reference: key.id, action: 'PutKeyPolicy' });
  checkPolicy(key.policy, { callerArn: call.caller.arn, keyArn: arnOf(key), valuesOf }, bypass);
}

async function withFirstMaterial(call: Call, key: Key): Promise<Key> {
  const bytes = await makeBytes(key.spec);
  try {
    return { ...key, materials: [materialFrom(key, bytes, call.store.seal, { state: 'CURRENT' })] };
  } finally {
    bytes.fill(0);
  }
}

/** What kind of key a request asks for. Refuses what this KMS lacks, and usages that a spec does not take (aws-facts 1.1, 1.2). */
function checkedKind(input: z.output<typeof createInput>): { spec: SpecName; usage: KeyUsage } {
  const { Origin, KeySpec, CustomerMasterKeySpec, KeyUsage } = input;
  if (Origin === 'AWS_CLOUDHSM' || Origin === 'EXTERNAL_KEY_STORE' || input.CustomKeyStoreId !== undefined || input.XksKeyId !== undefined) {
    throw refuse('UnsupportedOperationException', 'The embedded KMS has no custom key stores: use Origin AWS_KMS or EXTERNAL.');
  }
  if (KeySpec !== undefined && CustomerMasterKeySpec !== undefined) {
    throw refuse('ValidationException', 'You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.');
  }
  const spec = KeySpec ?? CustomerMasterKeySpec ?? 'SYMMETRIC_DEFAULT';
  if (!isSpecName(spec)) throw refuse('UnsupportedOperationException', `The embedded KMS lacks the key spec ${spec}.`);
  const usage = KeyUsage ?? (spec === 'SYMMETRIC_DEFAULT' ? 'ENCRYPT_DECRYPT' : undefined);
  if (usage === undefined) {
    throw refuse('ValidationException', 'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.');
  }
  if (usage === 'ENCAPSULATE_DECAPSULATE' || !Object.hasOwn(specOf(spec).usages, usage)) {
    throw refuse('ValidationException', `KeyUsage ${usage} is not compatible with KeySpec ${spec}.`);
  }
  return { spec, usage };
}

const isSpecName = (name: string): name is SpecName => Object.hasOwn(specs, name);

/** KeyMetadata with the replicas that exist now. */
export const describe = (call: Call, key: Key): Output =>
  metadataOf(
    key,
    key.multiRegion === undefined
      ? []
      : call.store
          .family(key)
          .filter(isReplica)
          .map((replica) => replica.region),
  );

const DescribeKey = operation(z.strictObject({ KeyId: field.keyId, GrantTokens: field.grantTokens }), (call, { KeyId }) => ({
  KeyMetadata: describe(call, reach(call, KeyId)),
}));

const ListKeys = operation(z.strictObject({ Limit: field.limit(1000), Marker: field.marker }), (call, { Limit = 100, Marker }) => {
  const page = homeOf(call).keys.page(Marker, Limit);
  return { Keys: page.items.map((key) => ({ KeyId: key.id, KeyArn: arnOf(key) })), ...paging(page) };
});

const EnableKey = operation(z.strictObject({ KeyId: field.keyId }), (call, { KeyId }) => {
  const key = reach(call, KeyId);
  if (!key.enabled) call.store.commit({ key: withMissedRotation({ ...key, enabled: true }, call.nowMs) });
  return {};
});

const DisableKey = operation(z.strictObject({ KeyId: field.keyId }), (call, { KeyId }) => {
  const key = reach(call, KeyId);
  if (key.enabled) call.store.commit({ key: { ...key, enabled: false } });
  return {};
});

const UpdateKeyDescription = operation(z.strictObject({ KeyId: field.keyId, Description: field.description }), (call, { KeyId, Description }) => {
  const key = reach(call, KeyId);
  call.store.commit({ key: { ...key, description: Description } });
  return {};
});

export const keyOperations = { CreateKey, DescribeKey, ListKeys, EnableKey, DisableKey, UpdateKeyDescription };
