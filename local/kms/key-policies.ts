import { z } from 'zod';
import { AwsError } from '../wire/errors.ts';
import { reach } from './access.ts';
import { conditionValues } from './condition-values.ts';
import * as field from './fields.ts';
import { arnOf } from './key.ts';
import { operation } from './operation.ts';
import { checkPolicy } from './policy.ts';

const policyName = z.string().min(1).max(128).regex(/^\w+$/).default('default');

/** The policy of a key that is made without one: the account decides through IAM (KMS-DG key-policy-default). */
export const defaultPolicy = (accountId: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Id: 'key-default-1',
    Statement: [
      {
        Sid: 'Enable IAM User Permissions',
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${accountId}:root` },
        Action: 'kms:*',
        Resource: '*',
      },
    ],
  });

function requireDefault(name: string): void {
  if (name !== 'default') throw new AwsError('NotFoundException', `No such policy exists: ${name}. The only valid name is default.`);
}

const GetKeyPolicy = operation(z.strictObject({ KeyId: field.keyId, PolicyName: policyName }), (call, { KeyId, PolicyName }) => {
  const key = reach(call, KeyId);
  requireDefault(PolicyName);
  return { Policy: key.policy, PolicyName };
});

const PutKeyPolicy = operation(
  z.strictObject({ KeyId: field.keyId, PolicyName: policyName, Policy: field.policy, BypassPolicyLockoutSafetyCheck: field.flag }),
  (call, { KeyId, PolicyName, Policy, BypassPolicyLockoutSafetyCheck }) => {
    const key = reach(call, KeyId);
    requireDefault(PolicyName);
    const valuesOf = conditionValues({ call, key, reference: KeyId, action: 'PutKeyPolicy' });
    checkPolicy(Policy, { callerArn: call.caller.arn, keyArn: arnOf(key), valuesOf }, BypassPolicyLockoutSafetyCheck);
    call.store.commit({ key: { ...key, policy: Policy } });
    return {};
  },
);

const ListKeyPolicies = operation(
  z.strictObject({ KeyId: field.keyId, Limit: field.limit(1000), Marker: field.marker }),
  (call, { KeyId }) => {
    reach(call, KeyId);
    return { PolicyNames: ['default'], Truncated: false };
  },
);

export const policyOperations = { GetKeyPolicy, PutKeyPolicy, ListKeyPolicies };
