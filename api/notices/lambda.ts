import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SNSClient } from '@aws-sdk/client-sns';
import { factMetric } from '../../core/kpi/metrics.ts';
import { tellMetrics } from '../../store/tell-metrics.ts';
import { passOn, type FactEvent, type Post } from './pass-on.ts';

let post: Post | undefined;

function postFromEnvironment(): Post {
  const { ROTA_NOTICE_TOPIC: topicArn = '', ROTA_CONSOLE_URL: consoleUrl = '', ROTA_WEBHOOK_BUS: webhookBus } = process.env;
  return { sns: new SNSClient({}), events: new EventBridgeClient({}), topicArn, consoleUrl, ...(webhookBus === undefined ? {} : { webhookBus }) };
}

/** The function behind the rule for Rota's events. It reads no table: what it says, and counts, stands in the event. */
export async function handler(event: FactEvent): Promise<void> {
  const metric = factMetric({ type: event['detail-type'], detail: event.detail }, Date.parse(event.time));
  if (metric !== undefined) tellMetrics(metric);
  post ??= postFromEnvironment();
  await passOn(post, event);
}
