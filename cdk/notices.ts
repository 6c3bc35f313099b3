import { ArnFormat, Aws, Duration, SecretValue, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as subscriptions from 'aws-cdk-lib/aws-sns-subscriptions';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { defaultNames } from '../store/clients.ts';
import { RotaFunction } from './rota-function.ts';
import { undeliveredQueue } from './undelivered-queue.ts';

/** Who is told of what Rota announces. */
export interface Recipients {
  /** E-mail addresses; each confirms its subscription once. */
  readonly mailTo: readonly string[];
  /** Gets each notice as JSON by POST, with the secret in the header `x-rota-secret`. */
  readonly webhook?: { readonly url: string; readonly secretName: string };
}

/**
 * Facts in words: a rule for Rota's events, a function that words them, an SNS topic for mail and for alarms, and an API destination for a webhook. The
 * webhook's secret goes from Secrets Manager into the connection and nowhere else. What cannot be delivered waits in a queue for two weeks.
 */
export class Notices extends Construct {
  readonly topic: sns.Topic;
  readonly fn: RotaFunction;
  readonly undelivered: sqs.Queue;

  constructor(scope: Construct, id: string, consoleUrl: string, { mailTo, webhook }: Recipients) {
    super(scope, id);
    this.topic = new sns.Topic(this, 'Topic', { displayName: 'Rota', enforceSSL: true });
    for (const address of mailTo) this.topic.addSubscription(new subscriptions.EmailSubscription(address));
    this.undelivered = undeliveredQueue(this);

    this.fn = new RotaFunction(this, 'PassOn', { description: 'Rota notices: mail and webhook', bundle: 'notices', timeout: Duration.seconds(30) });
    this.fn.keepFailedEvents(this.undelivered);
    this.fn.setEnvironment({ ROTA_NOTICE_TOPIC: this.topic.topicArn, ROTA_CONSOLE_URL: consoleUrl });
    this.fn.allow([new iam.PolicyStatement({ actions: ['sns:Publish'], resources: [this.topic.topicArn] })]);
    this.#rule('Facts', 'rota', 'Rota: what it announces, put into words', new targets.LambdaFunction(this.fn.lambda, { deadLetterQueue: this.undelivered, retryAttempts: 10, maxEventAge: Duration.hours(24) }));
    if (webhook !== undefined) this.#webhook(webhook);
  }

  #webhook({ url, secretName }: NonNullable<Recipients['webhook']>): void {
    const bus = Stack.of(this).formatArn({ service: 'events', resource: 'event-bus', resourceName: defaultNames.eventBus, arnFormat: ArnFormat.SLASH_RESOURCE_NAME });
    this.fn.setEnvironment({ ROTA_WEBHOOK_BUS: defaultNames.eventBus });
    this.fn.allow([new iam.PolicyStatement({ actions: ['events:PutEvents'], resources: [bus] })]);
    const connection = new events.Connection(this, 'Connection', { authorization: events.Authorization.apiKey('x-rota-secret', SecretValue.secretsManager(secretName)) });
    const destination = new events.ApiDestination(this, 'Webhook', { connection, endpoint: url, httpMethod: events.HttpMethod.POST, rateLimitPerSecond: 10 });
    const target = new targets.ApiDestination(destination as events.IApiDestination, { event: events.RuleTargetInput.fromEventPath('$.detail'), deadLetterQueue: this.undelivered, retryAttempts: 50, maxEventAge: Duration.hours(24) });
    this.#rule('Notices', 'rota.notices', 'Rota: notices to the webhook', target);
  }

  /** Of this account: who may send events of KMS to this bus tells nobody anything in Rota's name. */
  #rule(id: string, source: string, description: string, target: events.IRuleTarget): void {
    new events.Rule(this, id, { description, eventPattern: { account: [Aws.ACCOUNT_ID], source: [source] }, targets: [target] });
  }
}
