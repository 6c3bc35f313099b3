/** What the role is called by which Rota looks at another account, unless somebody decides otherwise. */
export const sweepRoleName = 'rota-sweep';

/** The actions of IAM by which the keys of an account and Region are looked at: by a sweep, an event or an inventory. */
export const lookingActions = ['kms:ListKeys', 'kms:ListAliases', 'kms:DescribeKey', 'kms:GetKeyRotationStatus', 'kms:ListKeyRotations', 'kms:ListResourceTags', 'tag:GetResources'] as const;

/** What remedy `enable` of the registry, and `rota enable-rotation`, take beside them. */
export const enablingAction = 'kms:EnableKeyRotation';

/** What `rota inventory --last-use` takes beside them. */
export const lastUseAction = 'kms:GetKeyLastUsage';
