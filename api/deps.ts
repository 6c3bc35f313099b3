import type { Clock } from '../core/clock.ts';
import type { Mail } from '../core/notice/outbox.ts';
import type { KmsRates } from '../core/pace/kms-rates.ts';
import type { Clients, Names } from '../store/clients.ts';
import type { Store } from '../store/store.ts';

/** What the API works with. */
export interface ApiDeps {
  readonly clock: Clock;
  readonly clients: Clients;
  readonly store: Store;
  readonly names: Names;
  /** What KMS allows the account a second. */
  readonly kmsQuotas: KmsRates;
  readonly stateMachineArnOf: (workflow: string) => string;
  /** Identities that may apply a registry before any person stands in one, and after. */
  readonly platformArns: readonly string[];
  /** What people would have been mailed, oldest first, where this process keeps it: the embedded AWS. */
  readonly outbox?: () => readonly Mail[];
  /** Where people open the console, with a slash at its end. Passkeys belong to its host name: another one makes all of them useless. */
  readonly consoleUrl: string;
  /** Of what the API answers, how many bytes go at once; left out, as many as Lambda gives. What is longer is fetched in pieces. */
  readonly largestAnswerBytes?: number;
  /** Four random hex digits, for rotation ids. */
  readonly randomSuffix: () => string;
}

/** Who signed a request: the embedded AWS proved it by its own SigV4 check, API Gateway by its IAM authoriser. */
export interface SignedBy {
  readonly arn: string;
  readonly requestId: string;
}

export interface ApiEnv {
  Variables: { signedBy: SignedBy };
  Bindings: Bindings;
}

/** What is known of a request from outside it. */
export interface Bindings {
  readonly signedBy?: SignedBy;
  readonly requestId?: string;
  /** The address it came from. */
  readonly sourceIp?: string;
}

/** The IAM actions of the API's role. It alone answers task tokens, and it alone signs decisions. */
export const apiActions = [
  'dynamodb:BatchGetItem',
  'dynamodb:GetItem',
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
  'dynamodb:Query',
  'dynamodb:Scan',
  'dynamodb:DeleteItem',
  'events:PutEvents',
  'kms:Decrypt',
  'kms:Sign',
  'kms:GetPublicKey',
  'kms:DescribeKey',
  'kms:GetKeyPolicy',
  'kms:ListAliases',
  'kms:ListGrants',
  'kms:ListKeyRotations',
  'kms:ListResourceTags',
  'kms:GetKeyLastUsage',
  'cloudtrail:LookupEvents',
  's3:GetObject',
  's3:PutObject',
  's3:ListBucket',
  'states:StartExecution',
  'states:DescribeExecution',
  'states:GetExecutionHistory',
  'states:DescribeStateMachineForExecution',
  'states:SendTaskSuccess',
  'states:SendTaskFailure',
  'states:SendTaskHeartbeat',
] as const;
