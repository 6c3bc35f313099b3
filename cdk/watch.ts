import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { undeliveredQueue } from './undelivered-queue.ts';
import { watchedCalls, watchedFacts, watchedKmsEvents, watchedServiceEvents } from '../core/findings/key-event.ts';
import type { TaskFunctions } from './task-functions.ts';

/**
 * The rules by which events of KMS, and of Rota about keys, reach `judge-event`. Those via CloudTrail need a trail that logs management events; an account that is swept by a
 * role sends its own to this bus (EventBridge User Guide, "Sending and receiving events between AWS accounts").
 */
export class Watch extends Construct {
  readonly undelivered: sqs.Queue;

  constructor(scope: Construct, id: string, functions: TaskFunctions) {
    super(scope, id);
    this.undelivered = undeliveredQueue(this);
    const judge = functions.of('judge-event');
    judge.keepFailedEvents(this.undelivered);
    const rule = (name: string, description: string, eventPattern: events.EventPattern): void => {
      new events.Rule(this, name, { description, eventPattern, targets: [new targets.LambdaFunction(judge.lambda, { retryAttempts: 3, deadLetterQueue: this.undelivered })] });
    };
    const eventSource = ['kms.amazonaws.com'];
    rule('Calls', 'Rota: calls after which a KMS key stands otherwise', { source: ['aws.kms'], detailType: ['AWS API Call via CloudTrail'], detail: { eventSource, eventName: [...watchedCalls] } });
    rule('ServiceEvents', 'Rota: what KMS does by itself', { source: ['aws.kms'], detailType: ['AWS Service Event via CloudTrail'], detail: { eventSource, eventName: [...watchedServiceEvents] } });
    rule('KmsEvents', 'Rota: rotation, expiry and deletion as KMS tells them', { source: ['aws.kms'], detailType: [...watchedKmsEvents] });
    rule('RotationsEnded', 'Rota: rotations that move nothing any more', { source: ['rota'], detailType: [...watchedFacts] });
  }
}
