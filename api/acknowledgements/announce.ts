import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { RotaError } from '../../core/errors.ts';
import type { RotationHead } from '../../store/ledger-table.ts';
import type { ApiDeps } from '../deps.ts';

/** The facts that the API announces; the tasks have theirs in tasks/events.ts. */
type DetailType = 'Rota Acknowledgement Given' | 'Rota Acknowledgement Refused' | 'Rota Approval Requested';

/** Announces a fact on EventBridge, source `rota`. */
export async function announce({ clients, names }: ApiDeps, { rotationId, alias, requestedBy }: RotationHead, detailType: DetailType, detail: Readonly<Record<string, unknown>>): Promise<void> {
  const entry = { EventBusName: names.eventBus, Source: 'rota', DetailType: detailType, Detail: JSON.stringify({ rotationId, alias, requestedBy, ...detail }) };
  const { FailedEntryCount = 0, Entries = [] } = await clients.events.send(new PutEventsCommand({ Entries: [entry] }));
  if (FailedEntryCount > 0) throw new RotaError('ConnectionLost', { service: 'EventBridge', code: Entries[0]?.ErrorCode ?? 'unknown' });
}
