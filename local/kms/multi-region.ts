import { z } from 'zod';
import { AwsError } from '../wire/errors.ts';
import { reach } from './access.ts';
import * as field from './fields.ts';
import { arnOf, isReplica, type Key } from './key.ts';
import { defaultPolicy } from './key-policies.ts';
import { checkNewPolicy, describe, tagsOf } from './keys.ts';
import { operation } from './operation.ts';

const replicateInput = z.strictObject({
  KeyId: field.keyId,
  ReplicaRegion: field.region,
  Policy: field.policy.optional(),
  BypassPolicyLockoutSafetyCheck: field.flag,
  Description: field.description.default(''),
  Tags: field.tagList.default([]),
});

/**
 * Makes a replica at once, where AWS shows `Creating` for seconds. Bytes that KMS made go along; imported bytes do not, so
 * such a replica is PendingImport until it gets its own import (aws-facts 1.5, 1.11).
 */
const ReplicateKey = operation(replicateInput, (call, input) => {
  const primary = reach(call, input.KeyId);
  if (primary.multiRegion === undefined || isReplica(primary)) {
    throw new AwsError('UnsupportedOperationException', `${arnOf(primary)} is not a multi-Region primary key.`);
  }
  if (input.ReplicaRegion === primary.region) throw new AwsError('ValidationException', 'ReplicaRegion must differ from the Region of the primary key.');
  const { store } = call;
  if (store.key(primary.accountId, input.ReplicaRegion, primary.id) !== undefined) {
    throw new AwsError('AlreadyExistsException', `${arnOf({ ...primary, region: input.ReplicaRegion })} already exists.`);
  }
  const replica: Key = {
    ...primary,
    region: input.ReplicaRegion,
    description: input.Description,
    createdMs: call.nowMs,
    enabled: true,
    policy: input.Policy ?? defaultPolicy(primary.accountId),
    tags: tagsOf(call, input.Tags),
    rotation: undefined,
    materials:
      primary.origin === 'AWS_KMS' ? primary.materials : primary.materials.map((material) => ({ ...material, sealed: undefined, validToMs: undefined })),
  };
  checkNewPolicy(call, replica, input.BypassPolicyLockoutSafetyCheck);
  store.commit({ key: replica });
  return {
    ReplicaKeyMetadata: describe(call, replica),
    ReplicaPolicy: replica.policy,
    ReplicaTags: Object.entries(replica.tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
  };
});

export const multiRegionOperations = { ReplicateKey };
