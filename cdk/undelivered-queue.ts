import { Duration } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { keptOnceMade } from './kept-once-made.ts';

/** Where an event waits, for two weeks, that reached no function or that a function failed at. An alarm looks at each of these. */
export const undeliveredQueue = (scope: Construct): sqs.Queue =>
  new sqs.Queue(scope, 'Undelivered', { enforceSSL: true, encryption: sqs.QueueEncryption.SQS_MANAGED, retentionPeriod: Duration.days(14), removalPolicy: keptOnceMade });
