import { CfnPolicy } from 'aws-cdk-lib/aws-organizations';
import { Construct } from 'constructs';

export interface GuardrailsProps {
  /** ARNs of the roles that may do the forbidden in an emergency; `*` stands for any account. At least one. */
  readonly breakGlassArns: readonly string[];
  /** ARNs of Rota's task roles, which tag keys and disable the retired; `*` stands for any account. */
  readonly rotaArns: readonly string[];
  /** The longest rotation period allowed, in days. */
  readonly longestPeriodDays?: number;
  /** The tag that names the owner of a key with imported material. */
  readonly ownerTag?: string;
}

/** One service control policy: its name in the organisation, what it says, the document. */
export interface ServiceControlPolicy {
  readonly name: string;
  readonly description: string;
  readonly document: { readonly Version: '2012-10-17'; readonly Statement: readonly Denial[] };
}

interface Denial {
  readonly Sid: string;
  readonly Effect: 'Deny';
  readonly Action: readonly string[];
  readonly Resource: '*';
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** AWS Organizations User Guide, "Quotas": the longest service control policy, in characters. */
const longestPolicy = 5120;

/**
 * What nobody in an account may do with its keys, whatever its own administrators allow. Each document stands alone, so that an
 * organisation can take one and leave another. Condition keys: KMS Developer Guide, "Condition keys for AWS KMS".
 * Throws when there is no way left to break the glass, or when a document would be longer than Organizations takes.
 */
export function keyServiceControlPolicies({ breakGlassArns, rotaArns, longestPeriodDays = 365, ownerTag = 'owner' }: GuardrailsProps): ServiceControlPolicy[] {
  if (breakGlassArns.length === 0) throw new Error('breakGlassArns is empty: a compromised key could then not be taken out of use by anybody');
  const but = (...allowed: (readonly string[])[]) => ({ ArnNotLike: { 'aws:PrincipalArn': allowed.flat() } });
  const deny = (Sid: string, Action: readonly string[], Condition: Denial['Condition']): Denial => ({ Sid, Effect: 'Deny', Action, Resource: '*', ...(Condition === undefined ? {} : { Condition }) });
  const policy = (name: string, description: string, ...Statement: Denial[]): ServiceControlPolicy => ({ name, description, document: { Version: '2012-10-17', Statement } });

  const policies = [
    policy(
      'rota-rotation-stays-on',
      'Automatic rotation of KMS keys is not switched off, nor made slower than allowed',
      deny('RotationStaysOn', ['kms:DisableKeyRotation'], but(breakGlassArns)),
      deny('RotationOftenEnough', ['kms:EnableKeyRotation'], { ...but(breakGlassArns), NumericGreaterThan: { 'kms:RotationPeriodInDays': String(longestPeriodDays) } }),
    ),
    policy(
      'rota-retained-keys-stay',
      'Keys that a rotation has put aside are not deleted or disabled, nor is their mark taken off',
      deny('RetainedKeysAreNotDeleted', ['kms:ScheduleKeyDeletion'], { ...but(breakGlassArns), ...retained }),
      deny('RetainedKeysAreNotDisabled', ['kms:DisableKey'], { ...but(breakGlassArns, rotaArns), ...retained }),
      deny('RotaAloneMarksKeys', ['kms:TagResource', 'kms:UntagResource'], { ...but(breakGlassArns, rotaArns), 'ForAnyValue:StringEquals': { 'aws:TagKeys': marks } }),
      deny('NoShortNotice', ['kms:ScheduleKeyDeletion'], { NumericLessThan: { 'kms:ScheduleKeyDeletionPendingWindowInDays': '30' } }),
    ),
    policy(
      'rota-imported-material-stays',
      'Imported key material is not deleted: without its copy the data under it is lost',
      deny('ImportedMaterialStays', ['kms:DeleteImportedKeyMaterial'], but(breakGlassArns)),
    ),
    policy(
      'rota-imported-keys-have-owners',
      'No key for imported material without the tag that names its owner',
      deny('ImportedKeysHaveOwners', ['kms:CreateKey'], { ...but(rotaArns), StringEquals: { 'kms:KeyOrigin': 'EXTERNAL' }, Null: { [`aws:RequestTag/${ownerTag}`]: 'true' } }),
    ),
  ];
  for (const { name, document } of policies) {
    const { length } = JSON.stringify(document);
    if (length > longestPolicy) throw new Error(`${name} has ${length} characters, more than the ${longestPolicy} that Organizations takes: name fewer ARNs, with *`);
  }
  return policies;
}

/**
 * The tags that rotations go by. Not every tag of Rota's: whoever deploys Rota itself, or a RotatedKey, sets those of the keys that CloudFormation makes, and under a policy that
 * denied it no stack with such a key could be deployed any more.
 */
const marks = ['rota:retained-for', 'rota:successor', 'rota:predecessor', 'rota:rotation'];

/** A key that carries the mark of what a rotation has put aside. */
const retained = { Null: { 'aws:ResourceTag/rota:retained-for': 'false' } } as const;

export interface KeyGuardrailsProps extends GuardrailsProps {
  /** Root, organisational units or accounts that the policies are attached to. */
  readonly targetIds: readonly string[];
}

/** Attaches the policies; it is for a stack in the organisation's management or delegated administrator account. */
export class KeyGuardrails extends Construct {
  constructor(scope: Construct, id: string, { targetIds, ...props }: KeyGuardrailsProps) {
    super(scope, id);
    for (const { name, description, document } of keyServiceControlPolicies(props))
      new CfnPolicy(this, name, { name, description, type: 'SERVICE_CONTROL_POLICY', content: document, targetIds: [...targetIds] });
  }
}
