import { PutEventsCommand, type EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { wordsOf } from '../../core/notice/words.ts';

/** An event of EventBridge, source `rota`. */
export interface FactEvent {
  readonly 'detail-type': string;
  readonly time: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface Post {
  readonly sns: SNSClient;
  readonly events: EventBridgeClient;
  readonly topicArn: string;
  readonly consoleUrl: string;
  /** Where a webhook hangs on a rule, if there is one: the words go there as an event, source `rota.notices`. */
  readonly webhookBus?: string;
}

/** Passes a fact on in words: by mail, and to the webhook. At least once each, since EventBridge delivers at least once. */
export async function passOn({ sns, events, topicArn, consoleUrl, webhookBus }: Post, fact: FactEvent): Promise<void> {
  const words = wordsOf({ type: fact['detail-type'], detail: fact.detail }, consoleUrl);
  if (words === undefined) return;
  if (webhookBus !== undefined) {
    const entry = { EventBusName: webhookBus, Source: 'rota.notices', DetailType: fact['detail-type'], Detail: JSON.stringify({ ...words, type: fact['detail-type'], at: fact.time }) };
    const { FailedEntryCount = 0, Entries = [] } = await events.send(new PutEventsCommand({ Entries: [entry] }));
    if (FailedEntryCount > 0) throw new Error(`EventBridge did not take the notice: ${Entries[0]?.ErrorCode ?? 'unknown'}`);
  }
  await sns.send(new PublishCommand({ TopicArn: topicArn, Subject: words.subject, Message: words.text }));
}
