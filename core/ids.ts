import { z } from 'zod';

/** A KMS key id, plain (UUID) or multi-Region (`mrk-` and 32 hex). AWS KMS API Reference, KeyMetadata. */
export const KeyId = z.string().regex(/^(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/, 'is no key id');
export type KeyId = z.infer<typeof KeyId>;

export const KeyArn = z.string().regex(/^arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key\/[0-9a-z-]+$/, 'is no key ARN');

/** An alias of a customer key; `alias/aws/` belongs to AWS. AWS KMS API Reference, CreateAlias. */
export const AliasName = z
  .string()
  .max(256)
  .regex(/^alias\/(?!aws\/)[a-zA-Z0-9/_-]+$/, 'must be "alias/" and letters, digits, "/", "_", "-"; "alias/aws/" belongs to AWS');
export type AliasName = z.infer<typeof AliasName>;

/** Names the rotation everywhere: execution name, tag value, ledger key. Step Functions allows 80 such characters. */
export const RotationId = z.string().regex(/^[0-9A-Za-z_-]{1,80}$/, 'is no rotation id');
export type RotationId = z.infer<typeof RotationId>;

export const Sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256 digest in hex');

export const IamArn = z
  .string()
  .regex(/^arn:[a-z-]+:(iam|sts)::\d{12}:(user|role|assumed-role)\/[\w+=,.@/-]+$/, 'must be the ARN of an IAM user, role or session');

export const RoleArn = z.string().regex(/^arn:[a-z-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/, 'must be the ARN of an IAM role');

/** The Region that an ARN names. */
export const regionOfArn = (arn: string): string => arn.split(':')[3] ?? '';

/** The account that an ARN names. */
export const accountOfArn = (arn: string): string => arn.split(':')[4] ?? '';

/** An alias as a part of a rotation id; two aliases may share one. */
export const slugOf = (alias: string): string => alias.replace(/^alias\//, '').replace(/[^0-9A-Za-z_-]/g, '-').slice(0, 56);

/** Builds a rotation id that sorts by alias and time: `payments-20261124T145423-9f3c`. `suffix` is 4 random hex digits. */
export const makeRotationId = (alias: string, epochMs: number, suffix: string): RotationId => {
  const time = new Date(epochMs).toISOString().slice(0, 19).replace(/[-:]/g, '');
  return `${slugOf(alias)}-${time}-${suffix}`;
};
