import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { keptOnceMade } from './kept-once-made.ts';
import { tableKeys } from '../store/set-up.ts';

export type TableName = keyof typeof tableKeys;

export interface Retention {
  /** `GOVERNANCE`: who has `s3:BypassGovernanceRetention` may lift it. `COMPLIANCE`: nobody may, the account's root neither. */
  readonly mode: 'GOVERNANCE' | 'COMPLIANCE';
  readonly years: number;
}

/**
 * What Rota keeps: its tables, the bucket of dossiers, and that of the records of sweeps. All of it outlives the stack.
 *
 * Tables are encrypted with the key that DynamoDB owns, the bucket with S3's own. Neither holds a secret: task tokens are ciphertext of
 * `alias/rota-task-tokens`, of sessions and links there is a hash, of passkeys the public half, wrapped material opens only inside KMS, escrow is CMS to people's certificates. A key of ours would add a
 * right to decrypt to each of Rota's roles, and its loss would take the ledger and the evidence with it.
 */
export class Tables extends Construct {
  readonly byName: Readonly<Record<TableName, dynamodb.Table>>;
  readonly dossiers: s3.Bucket;
  readonly records: s3.Bucket;

  constructor(scope: Construct, id: string, retention: Retention) {
    super(scope, id);
    this.byName = {
      registryTable: this.#table('Registry', tableKeys.registryTable),
      ledgerTable: this.#table('Ledger', tableKeys.ledgerTable),
      approvalTable: this.#table('Approvals', tableKeys.approvalTable),
      publicationTable: this.#table('Publications', tableKeys.publicationTable),
      acknowledgementTable: this.#table('Acknowledgements', tableKeys.acknowledgementTable),
      waitTable: this.#table('Waits', tableKeys.waitTable),
      findingTable: this.#table('Findings', tableKeys.findingTable),
      passkeyTable: this.#table('Passkeys', tableKeys.passkeyTable),
      sessionTable: this.#table('Sessions', tableKeys.sessionTable, 'removeAtSeconds'),
      waveTable: this.#table('Waves', tableKeys.waveTable),
      paceTable: this.#table('Paces', tableKeys.paceTable),
    };
    this.dossiers = this.#bucket('Dossiers', { objectLockEnabled: true, objectLockDefaultRetention: lockOf(retention) });
    this.records = this.#bucket('Records', { lifecycleRules: [{ prefix: 'pieces/', expiration: Duration.days(1), noncurrentVersionExpiration: Duration.days(1) }] });
  }

  #bucket(id: string, props: s3.BucketProps): s3.Bucket {
    return new s3.Bucket(this, id, {
      ...props,
      versioned: true,
      encryption: s3.BucketEncryption.S3_MANAGED,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      removalPolicy: keptOnceMade,
    });
  }

  #table(id: string, [partitionKey, sortKey]: readonly [string, string?], timeToLiveAttribute?: string): dynamodb.Table {
    const text = (name: string): dynamodb.Attribute => ({ name, type: dynamodb.AttributeType.STRING });
    return new dynamodb.Table(this, id, {
      partitionKey: text(partitionKey),
      ...(sortKey === undefined ? {} : { sortKey: text(sortKey) }),
      ...(timeToLiveAttribute === undefined ? {} : { timeToLiveAttribute }),
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      encryption: dynamodb.TableEncryption.DEFAULT,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      // A table under deletion protection cannot go with a first deployment that fails: it stays, empty, under a name that nothing takes again.
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }
}

/** Years as days, each fourth one leap: 7 years are 2557 days, never a day short. */
function lockOf({ mode, years }: Retention): s3.ObjectLockRetention {
  const duration = Duration.days(years * 365 + Math.ceil(years / 4));
  return mode === 'COMPLIANCE' ? s3.ObjectLockRetention.compliance(duration) : s3.ObjectLockRetention.governance(duration);
}
