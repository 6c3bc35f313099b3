import type { EventPattern } from 'aws-cdk-lib/aws-events';
import { watchedCalls, watchedKmsEvents, watchedServiceEvents } from '../core/findings/key-event.ts';

const source = ['aws.kms'];
const eventSource = ['kms.amazonaws.com'];

/** The events of KMS that Rota looks at, by the name of their rule. Those via CloudTrail need a trail that logs management events. */
export const keyEventPatterns: Readonly<Record<string, { readonly what: string; readonly pattern: EventPattern }>> = {
  Calls: { what: 'calls after which a KMS key stands otherwise', pattern: { source, detailType: ['AWS API Call via CloudTrail'], detail: { eventSource, eventName: [...watchedCalls] } } },
  ServiceEvents: { what: 'what KMS does by itself', pattern: { source, detailType: ['AWS Service Event via CloudTrail'], detail: { eventSource, eventName: [...watchedServiceEvents] } } },
  KmsEvents: { what: 'rotation, expiry and deletion as KMS tells them', pattern: { source, detailType: [...watchedKmsEvents] } },
};
