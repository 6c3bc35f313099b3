import { Duration, RemovalPolicy, Tags } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';

/** Marks a key that KMS itself rotates. */
export const rotatesByItselfTag = { key: 'rota:rotates', value: 'automatic' } as const;

export interface RotatedKeyProps extends Omit<kms.KeyProps, 'enableKeyRotation' | 'keySpec' | 'keyUsage' | 'rotationPeriod' | 'pendingWindow'> {
  /** Whole days between rotations, 90 to 2560; 365 when left out. KMS API, EnableKeyRotation, RotationPeriodInDays. */
  readonly rotationPeriodDays?: number;
}

/**
 * A symmetric encryption key that KMS rotates from its first day. It stays when its stack goes, and a deletion that somebody asks for
 * waits the longest that KMS allows: what was encrypted under it is lost with it. Throws for a period that KMS would refuse.
 */
export class RotatedKey extends kms.Key {
  constructor(scope: Construct, id: string, { rotationPeriodDays = 365, ...props }: RotatedKeyProps = {}) {
    if (!Number.isInteger(rotationPeriodDays) || rotationPeriodDays < 90 || rotationPeriodDays > 2560)
      throw new Error(`rotationPeriodDays is ${rotationPeriodDays}: KMS rotates every 90 to 2560 whole days`);
    super(scope, id, { removalPolicy: RemovalPolicy.RETAIN, ...props, enableKeyRotation: true, rotationPeriod: Duration.days(rotationPeriodDays), pendingWindow: Duration.days(30) });
    Tags.of(this).add(rotatesByItselfTag.key, rotatesByItselfTag.value);
  }
}
