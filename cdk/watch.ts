import { Aws } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { undeliveredQueue } from './undelivered-queue.ts';
import { watchedFacts } from '../core/findings/key-event.ts';
import { keyEventPatterns } from './key-event-patterns.ts';
import type { TaskFunctions } from './task-functions.ts';

/**
 * The rules by which events of KMS, and of Rota about keys, reach `judge-event`. An account that is swept by a role forwards its own to this bus (swept-account.ts; EventBridge
 * User Guide, "Sending and receiving events between AWS accounts").
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
    for (const [name, { what, pattern }] of Object.entries(keyEventPatterns)) rule(name, `Rota: ${what}`, pattern);
    // Facts are Rota's own, and no other account's.
    rule('RotationsEnded', 'Rota: rotations that move nothing any more', { account: [Aws.ACCOUNT_ID], source: ['rota'], detailType: [...watchedFacts] });
  }
}
